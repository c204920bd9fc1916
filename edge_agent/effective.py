"""A configuration as it is in force, written as agent.yaml again: every default filled, no secret in it."""

from typing import Any

import msgspec
import yaml

from contract.units import Duration, Size
from edge_agent.config import Config, name_of

HIDDEN = "(hidden)"
_SECRET = ("password", "secret", "token", "authorization", "cookie", "community", "api_key", "apikey", "credential")


def text(config: Config) -> str:
    """YAML that reads back as the same configuration, but for what is hidden."""
    document = config.document
    plain = {
        "store": document.store,
        "agent": document.agent,
        "broker": _plain(document.broker),
        "log": _plain(document.log),
        "defaults": _plain(document.defaults),
        "concurrency": document.concurrency,
        "checks": [
            {
                "ci": written.ci,
                "name": name_of(written),
                "probe": written.probe,
                "target": written.target,
                "interval": f"{check.patience.interval:g}s",
                "timeout": f"{check.timeout:g}s",
                "confirm": check.patience.confirm,
                "recover": check.patience.recover,
                "settings": _plain(check.settings),
            }
            for written, check in zip(document.checks, config.checks, strict=True)
        ],
    }
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


def _plain(value: Any, key: str = "") -> Any:
    match value:
        case msgspec.Struct():
            fields = msgspec.structs.fields(value)
            return {field.encode_name: _plain(getattr(value, field.name), field.encode_name) for field in fields}
        case dict():
            return {name: _plain(one, str(name)) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one, key) for one in value]
        case str() if value and _is_secret(key):
            return HIDDEN
        case Duration():
            return f"{value:g}s"
        case Size():
            return f"{int(value)}B"
        case _:
            return value


def _is_secret(key: str) -> bool:
    """A file or a header name that holds a secret may be shown; the secret may not."""
    lowered = key.lower().replace("-", "_")
    return any(word in lowered for word in _SECRET) and not lowered.endswith("_file")
