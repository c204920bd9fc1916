"""Asks an SNMP agent (v1, v2c or v3) for single values, for the ports of a switch or firewall, or for a UPS.

`values` are judged by limits, or by a map from what is read to a status. Times come as seconds, whatever the device
counts in. `profile: if` judges the ports named in `ports` and no others: elsewhere a port that is down is mostly an
unused socket. `profile: ups` reads the UPS-MIB and what APC, CyberPower and Eaton say in their own words.

Without a profile and values, it only matters that the agent answers. With v1 and v2c a wrong community looks exactly
like a dead device; with v3 a refused login is unknown. Secrets are in files. When an agent falls silent half-way, what
it said before is judged: keep `wait` times one more than `retries` below the check's timeout.
"""

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from contract.status import Status
from contract.units import Duration
from probes import interfaces, snmp_client, ups
from probes.address import Endpoint, checked_host, endpoint
from probes.findings import Finding, verdict
from probes.probe import Probe, Verdict
from probes.secret_file import secret
from probes.snmp_client import Community, User
from probes.snmp_session import aclose
from probes.snmp_values import Reading, Value, number
from probes.text import cleaned
from probes.trouble import Trouble, silence
from probes.ups_dialects import OIDS as UPS_OIDS

UPTIME = "1.3.6.1.2.1.1.3.0"
PORT = 161
MAX_ASKED = 128  # values of one check

_OID = re.compile(r"1\.\d{1,10}(\.\d{1,10}){1,100}", re.ASCII)
Word = Literal["ok", "warning", "critical", "unknown"]
Percent = Annotated[float, Meta(ge=0, le=100)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value and what it should be."""

    oid: Annotated[str, Meta(description="the value's numeric OID, as in `1.3.6.1.2.1.25.1.5.0`")]
    name: Annotated[str, Meta(max_length=40, description="what people call it; empty: the OID")] = ""
    unit: Annotated[str, Meta(max_length=10, description="the unit after `scale`, for texts")] = ""
    scale: Annotated[float, Meta(description="what the number is multiplied with: 0.1 for tenths")] = 1
    warning_below: Annotated[float | None, Meta(description="a lower number is a warning")] = None
    warning_above: Annotated[float | None, Meta(description="a higher number is a warning")] = None
    critical_below: Annotated[float | None, Meta(description="a lower number is critical")] = None
    critical_above: Annotated[float | None, Meta(description="a higher number is critical")] = None
    states: Annotated[dict[str, Word], Meta(description="what values mean; any other value is unknown")] = {}
    words: Annotated[dict[str, str], Meta(description="what values are called in texts")] = {}
    missing: Annotated[Word, Meta(description="what it is when the device does not have it")] = "unknown"

    def __post_init__(self) -> None:
        if not _OID.fullmatch(self.oid):
            raise ValueError(f"found oid {self.oid[:80]!r}, expected numbers such as 1.3.6.1.2.1.25.1.5.0")

    @property
    def label(self) -> str:
        return cleaned(self.name or self.oid, 60)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Annotated[Literal[1, "2c", 3], Meta(description="version of the protocol")] = "2c"
    community_file: Annotated[str, Meta(description="file with the community of v1 and v2c; unset: `public`")] = ""
    user: Annotated[str, Meta(max_length=32, description="user of v3")] = ""
    auth: Annotated[
        Literal["md5", "sha", "sha224", "sha256", "sha384", "sha512"], Meta(description="how v3 authenticates")
    ] = "sha"
    auth_file: Annotated[str, Meta(description="file with the passphrase; unset: nothing is authenticated")] = ""
    priv: Annotated[Literal["des", "aes", "aes192", "aes256"], Meta(description="how v3 encrypts")] = "aes"
    priv_file: Annotated[str, Meta(description="file with the passphrase; unset: nothing is encrypted")] = ""
    context: Annotated[str, Meta(max_length=32, description="context of v3")] = ""
    wait: Annotated[Duration, Meta(description="how long an answer is waited for")] = Duration(1)
    retries: Annotated[int, Meta(ge=0, le=10, description="how often a request is repeated")] = 1
    values: Annotated[list[Wanted], Meta(max_length=MAX_ASKED, description="values to judge")] = []
    profile: Annotated[Literal["if", "ups"] | None, Meta(description="what else to read: ports, or a UPS")] = None
    ports: Annotated[
        list[str], Meta(max_length=MAX_ASKED, description="ports to judge, by name, description, alias or index")
    ] = []
    switched_off: Annotated[Word, Meta(description="what a port is that is watched and configured to be off")] = (
        "warning"
    )
    charge_warning: Annotated[Percent | None, Meta(description="a charge below this is a warning, in %")] = 50
    charge_critical: Annotated[Percent | None, Meta(description="a charge below this is critical, in %")] = 20
    runtime_warning: Annotated[Duration | None, Meta(description="lasting shorter is a warning")] = Duration(300)
    runtime_critical: Annotated[Duration | None, Meta(description="lasting shorter is critical")] = None
    load_warning: Annotated[float | None, Meta(description="a load above this is a warning, in %")] = 90
    load_critical: Annotated[float | None, Meta(description="a load above this is critical, in %")] = None

    def __post_init__(self) -> None:
        if self.profile == "if" and not self.ports:
            raise ValueError("profile if needs ports: name those that matter")
        if self.ports and self.profile != "if":
            raise ValueError("ports are judged by profile if: set it")
        if (self.version == 3) != bool(self.user):
            raise ValueError("version 3 and user belong together")
        if self.priv_file and not self.auth_file:
            raise ValueError("priv_file needs auth_file: v3 does not encrypt for a user whom it does not know")
        if self.version == 3 and self.community_file:
            raise ValueError("community_file is for version 1 and 2c")
        if self.wait <= 0:
            raise ValueError("found a wait of 0s, expected longer")


class Observation(msgspec.Struct, frozen=True):
    """`values` by OID as far as they were read; `trouble` is why there are no more of them."""

    values: dict[str, Value] = {}
    trouble: Trouble | None = None


def check(target: str) -> Endpoint:
    """Raises Unusable for anything but a host or `host:port`."""
    if target.count(":") == 1 or "]:" in target:
        return endpoint(target)
    bare = target[1:-1] if target.startswith("[") and target.endswith("]") else target
    return Endpoint(checked_host(bare), PORT)


async def probe(target: str, settings: Settings) -> Observation:
    end = check(target)
    try:
        login = _login(settings)
    except (OSError, ValueError) as error:
        return Observation(trouble=Trouble("local", str(error)))
    line = await snmp_client.line(end, login, settings.wait, settings.retries + 1)
    if isinstance(line, Trouble):
        return Observation(trouble=line)
    wanted = [UPTIME, *(one.oid for one in settings.values), *(UPS_OIDS if settings.profile == "ups" else ())]
    read = await snmp_client.get(line, list(dict.fromkeys(wanted)))
    if settings.profile == "if" and read.trouble is None:
        table = await snmp_client.walk(line, interfaces.COLUMNS)
        read = Reading(read.values | table.values, table.trouble)
    return Observation(read.values, read.trouble)


def silent(seconds: float) -> Observation:
    return Observation(trouble=silence(seconds))


def judge(observation: Observation, settings: Settings) -> Verdict:
    """
    >>> cabinet = Wanted(oid="1.3.6.1.4.1.9.1.0", name="cabinet", unit="°C", scale=0.1, critical_above=8)
    >>> judge(Observation({"1.3.6.1.4.1.9.1.0": 93}), Settings(values=[cabinet]))
    Verdict(status=<Status.CRITICAL: 2>, text='cabinet is 9.3 °C, more than 8 °C', values={'cabinet': 9.3})
    >>> judge(silent(3), Settings()).text
    'timed out: no answer within 3 s (a wrong community looks the same)'
    """
    trouble = observation.trouble
    if trouble is not None and not observation.values:
        hint = " (a wrong community looks the same)" if trouble.how == "timed out" and settings.version != 3 else ""
        return Verdict(trouble.status, trouble.text + hint)
    incomplete = f"it stopped answering ({trouble.text})" if trouble is not None else ""
    uptime = number(observation.values.get(UPTIME))
    values = {} if uptime is None else {"uptime_s": uptime}
    findings: list[Finding] = []
    for wanted in settings.values:
        findings += _wanted(wanted, observation.values.get(wanted.oid), incomplete, values)
    if settings.profile == "if":
        findings += _ports(observation, settings, incomplete, values)
    if settings.profile == "ups":
        findings += _ups(observation, settings, incomplete, values)
    return verdict(findings, values)


def _wanted(wanted: Wanted, found: Value | None, incomplete: str, values: dict[str, float]) -> list[Finding]:
    """Adds the value, where it is a number, to `values`."""
    if found is None:
        if incomplete:
            return [Finding(Status.UNKNOWN, f"{wanted.label} was not read: {incomplete}")]
        return _unless_ok(wanted.missing, f"{wanted.label}: the device has no such value")
    as_number = number(found)
    if as_number is not None:
        as_number = values[wanted.label] = float(f"{as_number * wanted.scale:.12g}")
    if wanted.states:
        called = cleaned(wanted.words.get(str(found), str(found)), 60)
        return _unless_ok(wanted.states.get(str(found), "unknown"), f"{wanted.label} is {called}")
    return _ranged(wanted, found, as_number)


def _ranged(wanted: Wanted, found: Value, as_number: float | None) -> list[Finding]:
    limits = (
        (Status.CRITICAL, wanted.critical_below, wanted.critical_above),
        (Status.WARNING, wanted.warning_below, wanted.warning_above),
    )
    if all(limit is None for _, *both in limits for limit in both):
        return []
    if as_number is None:
        return [Finding(Status.UNKNOWN, f"{wanted.label} is {cleaned(str(found), 60)!r}, expected a number")]
    unit = f" {wanted.unit}" if wanted.unit else ""
    for status, least, most in limits:
        if least is not None and as_number < least:
            return [Finding(status, f"{wanted.label} is {as_number:g}{unit}, less than {least:g}{unit}")]
        if most is not None and as_number > most:
            return [Finding(status, f"{wanted.label} is {as_number:g}{unit}, more than {most:g}{unit}")]
    return []


def _ports(observation: Observation, settings: Settings, incomplete: str, values: dict[str, float]) -> list[Finding]:
    found = interfaces.ports(observation.values)
    for name in settings.ports:
        matching = [port for port in found if name == port.index or name in port.names]
        if matching:
            values[f"port_up[{cleaned(name, 40)}]"] = float(all(port.oper == interfaces.UP for port in matching))
    return interfaces.findings(found, settings.ports, Status[settings.switched_off.upper()], incomplete)


def _ups(observation: Observation, settings: Settings, incomplete: str, values: dict[str, float]) -> list[Finding]:
    found = ups.facts(observation.values)
    values |= found.values
    limits = ups.Limits(
        charge_warning=settings.charge_warning,
        charge_critical=settings.charge_critical,
        runtime_warning=settings.runtime_warning,
        runtime_critical=settings.runtime_critical,
        load_warning=settings.load_warning,
        load_critical=settings.load_critical,
    )
    unread = [Finding(Status.UNKNOWN, f"not all was read: {incomplete}")] if incomplete else []
    return [*ups.findings(found, limits), *unread]


def _unless_ok(word: Word, text: str) -> list[Finding]:
    return [] if word == "ok" else [Finding(Status[word.upper()], text)]


def _login(settings: Settings) -> Community | User:
    """Raises OSError or ValueError for a secret that cannot be read."""
    if settings.version == 3:
        return User(
            name=settings.user,
            auth=settings.auth,
            auth_key=secret(settings.auth_file) if settings.auth_file else "",
            priv=settings.priv,
            priv_key=secret(settings.priv_file) if settings.priv_file else "",
            context=settings.context,
        )
    community = secret(settings.community_file) if settings.community_file else "public"
    return Community(community, "1" if settings.version == 1 else "2c")


PROBE = Probe(
    settings=Settings,
    target="host, or host:port",
    check=check,
    probe=probe,
    silent=silent,
    judge=judge,
    aclose=aclose,
)
