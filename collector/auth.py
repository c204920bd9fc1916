"""Who is asking and what they may do: people in a users file, their roles, their regions.

A token is 256 random bits that we make ourselves, so the file holds its plain SHA-256: nobody can guess 2^256 tokens
however fast the hash is, while a slow hash (scrypt) would let a stranger burn the collector's CPU with wrong ones.
"""

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from contract import documents

Role = Literal["view", "operate", "admin"]
ROLES: tuple[Role, ...] = ("view", "operate", "admin")
PREFIX = "tw_"  # lets secret scanners, and people, recognise one
LOCAL_ACTOR = "local"


class User(msgspec.Struct, frozen=True):
    """`regions` empty: the whole chain."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._@-]{1,64}\Z")]
    token_sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    role: Role
    regions: list[Annotated[str, msgspec.Meta(min_length=1, max_length=64)]] = []


class UsersDocument(msgspec.Struct, frozen=True):
    users: list[User]


class Person(NamedTuple):
    """Who is behind a request. `regions` None: the whole chain."""

    actor: str
    role: Role
    regions: frozenset[str] | None


LOCAL = Person(LOCAL_ACTOR, "admin", None)  # without a users file: whoever can reach the loopback


class Users:
    """The people of a users file, found by their token."""

    def __init__(self, users: Iterable[User]) -> None:
        self._by_digest = {
            user.token_sha256: Person(user.name, user.role, frozenset(user.regions) or None) for user in users
        }

    def bearer_of(self, token: str) -> Person | None:
        return self._by_digest.get(digest(token))


class ExposedError(Exception):
    """The collector would be reachable by strangers; its text is what a person gets."""


def load(path: Path) -> Users:
    """The users file at `path`. Raises contract.documents.DocumentError with every mistake."""
    document = documents.read(path, UsersDocument)
    check(document, str(path))
    return Users(document.users)


def check(document: UsersDocument, name: str) -> None:
    """Raises DocumentError for what the shape cannot say: people twice, or nobody at all."""
    mistakes = list(_doubled(document.users))
    if not document.users:
        mistakes.append(documents.Mistake(0, "users", "nobody is in it; without people leave http.users_file out"))
    if mistakes:
        raise documents.DocumentError(name, mistakes)


def _doubled(users: list[User]) -> Iterable[documents.Mistake]:
    seen: dict[str, int] = {}
    for at, user in enumerate(users):
        for field, value in (("name", user.name), ("token_sha256", user.token_sha256)):
            first = seen.setdefault(f"{field}={value}", at)
            if first != at:
                yield documents.Mistake(0, f"users[{at}].{field}", f"the same as users[{first}].{field}")


def new_token() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the users file holds in the place of `token`."""
    return hashlib.sha256(token.encode()).hexdigest()


def may(person: Person, needed: Role) -> bool:
    """Roles include the ones before them: view, operate, admin."""
    return ROLES.index(person.role) >= ROLES.index(needed)


def sees(person: Person, regions: Iterable[str]) -> bool:
    """Whether any of `regions` is theirs. A thing of no region is the chain's: only those who see it all see it."""
    return person.regions is None or not person.regions.isdisjoint(regions)


def refuse_exposure(host: str, *, tls: bool, users: bool) -> None:
    """Raises ExposedError when `host` is not a loopback address and TLS or the users file is missing."""
    missing = [name for name, given in (("http.tls", tls), ("http.users_file", users)) if not given]
    if missing and not is_loopback(host):
        raise ExposedError(
            f"http.listen {host} can be reached from other machines, which needs {' and '.join(missing)}; "
            "set them, or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
