"""What a UPS says in trouble, which no recording shows: values as the makers' MIBs define them."""

import pytest

from contract.status import Status
from probes.kinds.snmp import Observation, Settings, judge
from probes.snmp_values import Value
from probes.ups_dialects import DIALECTS, OIDS

RFC = "1.3.6.1.2.1.33.1"
APC = "1.3.6.1.4.1.318.1.1.1"
CYBERPOWER = "1.3.6.1.4.1.3808.1.1.1"
EATON = "1.3.6.1.4.1.534.1"


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({f"{RFC}.4.1.0": 5, f"{RFC}.2.3.0": 12}, Status.CRITICAL, "no mains: running on its battery"),
        ({f"{APC}.4.1.1.0": 3, f"{APC}.2.2.4.0": 1}, Status.CRITICAL, "no mains: running on its battery"),
        ({f"{APC}.4.1.1.0": 15}, Status.OK, ""),  # a test of the battery
        ({f"{APC}.4.1.1.0": 4}, Status.OK, ""),  # corrects a low mains voltage
        ({f"{APC}.4.1.1.0": 9}, Status.WARNING, "on bypass: the load is not protected"),
        ({f"{RFC}.4.1.0": 4}, Status.WARNING, "on bypass: the load is not protected"),
        ({f"{EATON}.4.5.0": 11}, Status.WARNING, "on bypass: the load is not protected"),
        ({f"{CYBERPOWER}.4.1.1.0": 11}, Status.CRITICAL, "overloaded"),
        ({f"{RFC}.4.1.0": 2}, Status.CRITICAL, "its output is off"),
        ({f"{RFC}.4.1.0": 3, f"{RFC}.2.1.0": 3}, Status.CRITICAL, "the battery is low"),
        ({f"{EATON}.4.5.0": 3, f"{EATON}.2.5.0": 6}, Status.CRITICAL, "the battery is missing or faulty"),
        ({f"{APC}.4.1.1.0": 2, f"{APC}.2.2.4.0": 2}, Status.WARNING, "the battery needs to be replaced"),
        ({f"{RFC}.4.1.0": 3, f"{RFC}.6.1.0": 2}, Status.WARNING, "it reports 2 conditions of its own"),
        ({f"{APC}.4.1.1.0": 99}, Status.UNKNOWN, "it does not know what feeds its output"),
        # a card that leaves the output's source out, but counts
        ({f"{RFC}.2.2.0": 40, f"{RFC}.2.4.0": 90}, Status.CRITICAL, "no mains: running on its battery"),
        ({f"{RFC}.2.2.0": 0, f"{RFC}.2.4.0": 90}, Status.OK, ""),
        ({f"{RFC}.2.4.0": 15}, Status.CRITICAL, "the charge is 15 %, less than 20 %"),
        ({f"{RFC}.4.1.0": 3, f"{RFC}.4.4.1.5.1": 97}, Status.WARNING, "the load is 97 %, more than 90 %"),
    ],
)
def test_a_state_is_what_a_technician_would_say(values: dict[str, Value], status: Status, text: str) -> None:
    verdict = judge(Observation(values), Settings(profile="ups"))
    assert (verdict.status, verdict.text) == (status, text)


def test_where_two_dialects_differ_the_worse_one_is_believed() -> None:
    values: dict[str, Value] = {f"{RFC}.4.1.0": 3, f"{APC}.4.1.1.0": 3}
    assert judge(Observation(values), Settings(profile="ups")).status is Status.CRITICAL
    unsure: dict[str, Value] = {f"{RFC}.4.1.0": 1, f"{APC}.4.1.1.0": 2}
    assert judge(Observation(unsure), Settings(profile="ups")).status is Status.OK


@pytest.mark.parametrize(
    ("values", "name", "value"),
    [
        ({f"{RFC}.2.4.0": 870}, "charge_percent", 87),  # tenths, where the standard asks for whole percents
        ({f"{APC}.2.3.1.0": 870}, "charge_percent", 87),
        ({f"{APC}.2.2.1.0": 87}, "charge_percent", 87),
        ({f"{RFC}.2.3.0": 31}, "runtime_s", 1860),
        ({f"{RFC}.2.3.0": 1860.0}, "runtime_s", 1860),  # came as TimeTicks
        ({f"{RFC}.2.4.0": -1, f"{EATON}.2.4.0": 50}, "charge_percent", 50),
    ],
)
def test_numbers_are_in_one_unit_whatever_a_card_counts_in(values: dict[str, Value], name: str, value: float) -> None:
    assert judge(Observation(values), Settings(profile="ups")).values[name] == value


def test_a_negative_load_of_a_phase_is_not_known_rather_than_judged() -> None:
    values: dict[str, Value] = {f"{RFC}.4.1.0": 3, f"{RFC}.4.4.1.5.1": -4}
    verdict = judge(Observation(values), Settings(profile="ups"))
    assert (verdict.status, "load_percent" in verdict.values) == (Status.OK, False)


def test_no_oid_means_two_things() -> None:
    assert len(OIDS) == len(set(OIDS))
    assert all(dialect.oids for dialect in DIALECTS)
