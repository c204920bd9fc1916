"""agent.yaml: what it means, and what a person is told about each mistake."""

from pathlib import Path

import pytest

from contract.documents import DocumentError
from edge_agent import effective
from edge_agent.config import Config, parse, read, unreadable

INVALID = sorted((Path(__file__).parent / "invalid").glob("*.yaml"))

GOOD = """
store: "0042"
agent: 0042-server
broker: {url: mqtts://broker.example:8883, username: 0042-server, password_file: /etc/tillwatch/broker.password}
log: {path: /var/lib/tillwatch/agent.db, keep: 72h, max_size: 256MiB}
defaults: {interval: 15s, timeout: 3s, confirm: 2}
checks:
  - {ci: pos-01, probe: tcp, target: "10.0.42.11:8443"}
  - {ci: acquirer-a, name: echo, probe: http, target: "https://10.9.0.5/health", interval: 30s,
     settings: {expect_status: 200}}
"""


def good(text: str = GOOD) -> Config:
    return parse(text, "agent.yaml")


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_mistake_is_told_with_its_line_its_path_and_what_was_expected(path: Path) -> None:
    with pytest.raises(DocumentError) as told:
        parse(path.read_text(encoding="utf-8"), "agent.yaml")
    assert str(told.value) == path.with_suffix(".txt").read_text(encoding="utf-8").rstrip("\n")


def test_there_is_a_message_for_every_invalid_file() -> None:
    assert len(INVALID) >= 12


def test_a_check_has_what_it_says_and_else_the_defaults() -> None:
    till, acquirer = good().checks
    assert (till.key, till.timeout, till.patience) == ("pos-01/tcp", 3.0, (15.0, 2, 1, 2.0))
    assert (acquirer.key, acquirer.patience.interval) == ("acquirer-a/echo", 30.0)


def test_the_fingerprint_changes_with_what_the_agent_does_and_not_with_how_it_is_laid_out() -> None:
    assert good().fingerprint == good(GOOD.replace("72h", "3d") + "# a comment\n").fingerprint
    assert good().fingerprint != good(GOOD.replace("confirm: 2", "confirm: 3")).fingerprint


def test_a_default_that_is_written_out_does_not_change_the_fingerprint() -> None:
    """So a release with a new setting, which has a default, does not make every agent look as if it had drifted."""
    written = GOOD.replace("confirm: 2}", "confirm: 2, recover: 1}") + "concurrency: 32\n"
    assert good(written).fingerprint == good().fingerprint
    assert good(written.replace("recover: 1", "recover: 2")).fingerprint != good().fingerprint


def test_what_is_in_force_reads_back_as_the_same() -> None:
    text = effective.text(good())
    again = parse(text, "agent.yaml")
    assert effective.text(again) == text
    assert [check.patience for check in again.checks] == [check.patience for check in good().checks]


def test_secrets_in_settings_are_not_shown() -> None:
    secret = GOOD.replace("expect_status: 200", 'headers: {Authorization: "Bearer s3cret", Accept: text/plain}')
    text = effective.text(good(secret))
    assert "s3cret" not in text
    assert "Authorization: (hidden)" in text
    assert "Accept: text/plain" in text
    assert "password_file: /etc/tillwatch/broker.password" in text


def test_files_of_the_broker_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing = good(GOOD.replace("/etc/tillwatch/broker.password", str(tmp_path / "none")))
    assert list(unreadable(missing.document)) == [
        ("broker.password_file", f"{tmp_path / 'none'} cannot be read: No such file or directory")
    ]


def test_a_file_that_is_not_there_is_a_mistake_like_any_other(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="No such file"):
        read(tmp_path / "agent.yaml")
