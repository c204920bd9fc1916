"""Where a file is that systemd hands over."""

import pytest

from contract import broker, credentials
from contract.broker import Broker


@pytest.mark.parametrize(
    ("path", "environment", "expected"),
    [
        ("/etc/key", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, "/etc/key"),
        ("credential:broker.key", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, "/run/credentials/x/broker.key"),
        ("credential:broker.key", {}, "credential:broker.key"),
        ("", {"CREDENTIALS_DIRECTORY": "/run/credentials/x"}, ""),
    ],
)
def test_a_credential_is_in_the_folder_of_the_service(path: str, environment: dict[str, str], expected: str) -> None:
    assert credentials.located(path, environment) == expected


def test_a_credential_that_nobody_handed_over_says_who_would() -> None:
    assert credentials.why_missing("credential:k") == (
        "credential:k is for a service that systemd starts with LoadCredential=; $CREDENTIALS_DIRECTORY is not set here"
    )


@pytest.mark.parametrize("name", ["", "..", ".", "../other/key", "/etc/shadow"])
def test_a_credential_s_name_leads_nowhere_else(name: str) -> None:
    settings = Broker("mqtts://h", cert="c", key=f"credential:{name}")
    expected = f"found 'credential:{name}', expected credential:NAME, a name without a slash"
    assert list(broker.mistakes(settings)) == [("broker.key", expected)]


def test_only_files_that_are_given_are_looked_for_elsewhere() -> None:
    settings = Broker("mqtts://h", ca="ca", password_file="credential:p")
    assert broker.with_files(settings, str.upper) == Broker("mqtts://h", ca="CA", password_file="CREDENTIAL:P")
