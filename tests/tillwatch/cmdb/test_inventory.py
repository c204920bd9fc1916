"""The inventory names every host, how to reach it, and the groups that a playbook is limited to."""

import pytest
import yaml

from contract.documents import DocumentError
from tests.tillwatch.cmdb.estates import CHAIN, chain
from tillwatch.cmdb import inventory


def test_hosts_have_their_address_store_and_region_and_stand_in_their_groups() -> None:
    groups = yaml.safe_load(inventory.text(chain("  {}\n")))["all"]["children"]
    assert groups["tillwatch_agents"]["hosts"] == {
        "0001-server": {"ansible_host": "10.0.1.4", "tillwatch_store": "0001", "tillwatch_region": "north"},
        "0001-spare": {"tillwatch_store": "0001", "tillwatch_region": "north"},
        "0002-server": {"tillwatch_store": "0002", "tillwatch_region": "north"},
        "0003-server": {"tillwatch_store": "0003", "tillwatch_region": "south east"},
    }
    members = {name: set(group["hosts"]) for name, group in groups.items() if name != "tillwatch_agents"}
    assert members == {
        "store_0001": {"0001-server", "0001-spare"},
        "store_0002": {"0002-server"},
        "store_0003": {"0003-server"},
        "region_north": {"0001-server", "0001-spare", "0002-server"},
        "region_south_east": {"0003-server"},
    }


def test_agents_that_can_only_be_reached_by_name_are_told() -> None:
    assert inventory.without_address(chain("  {}\n")) == ["0001-spare", "0002-server", "0003-server"]


def test_a_text_that_the_controller_would_run_is_refused() -> None:
    hostile = CHAIN.replace("region: south east", "region: \"{{ lookup('pipe', 'id') }}\"")
    with pytest.raises(DocumentError, match=r"cmdb.yaml:4: stores\[2\].region: .* Ansible would run as a template"):
        inventory.text(chain("  {}\n", hostile))
