"""People, roles, regions, and where the collector may listen."""

from pathlib import Path

import pytest

from collector import auth
from contract.documents import DocumentError

HASH = "a" * 64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("users: []", "users: nobody is in it; without people leave http.users_file out"),
        ("users: [{name: a, role: viewer, token_sha256: %s}]", "users[0].role: found 'viewer'"),
        ("users: [{name: a, role: view, token: secret}]", "users[0].token: unknown key; did you mean 'token_sha256'?"),
        ("users: [{name: a, role: view, token_sha256: tw_secret}]", "users[0].token_sha256: found 'tw_secret'"),
        (
            "users: [{name: a, role: view, token_sha256: %s}, {name: b, role: view, token_sha256: %s}]",
            "users[1].token_sha256: the same as users[0].token_sha256",
        ),
    ],
)
def test_a_bad_users_file_is_refused_with_the_path_of_each_mistake(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(text.replace("%s", HASH))
    with pytest.raises(DocumentError) as error:
        auth.load(path)
    assert message in str(error.value)


def test_a_token_is_never_kept_and_two_are_never_alike() -> None:
    token = auth.new_token()
    assert token.startswith("tw_")
    assert len(token) >= 46
    assert token != auth.new_token()
    people = auth.Users([auth.User("a", auth.digest(token), "view")])
    assert people.bearer_of(token) == auth.Person("a", "view", None)
    assert people.bearer_of(auth.digest(token)) is None


@pytest.mark.parametrize(
    ("role", "allowed"), [("view", ["view"]), ("operate", ["view", "operate"]), ("admin", ["view", "operate", "admin"])]
)
def test_roles_include_the_ones_before_them(role: auth.Role, allowed: list[str]) -> None:
    assert [needed for needed in auth.ROLES if auth.may(auth.Person("a", role, None), needed)] == allowed


def test_a_region_sees_its_own_and_nothing_of_the_chain() -> None:
    person = auth.Person("a", "view", frozenset({"north"}))
    assert [auth.sees(person, (region,)) for region in ("north", "south", "")] == [True, False, False]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]", "localhost", "127.8.8.8"])
def test_the_loopback_needs_neither_tls_nor_users(host: str) -> None:
    auth.refuse_exposure(host, tls=False, users=False)


@pytest.mark.parametrize(
    ("tls", "users", "missing"),
    [(False, False, "http.tls and http.users_file"), (True, False, "http.users_file"), (False, True, "http.tls")],
)
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "collector.example", ""])
def test_strangers_must_find_tls_and_users(host: str, tls: bool, users: bool, missing: str) -> None:
    with pytest.raises(auth.ExposedError, match=f"which needs {missing}; set them, or listen on 127.0.0.1"):
        auth.refuse_exposure(host, tls=tls, users=users)


def test_with_both_any_address_will_do() -> None:
    auth.refuse_exposure("0.0.0.0", tls=True, users=True)
