"""Promises of tokens: what an issuer signed for us is believed within its bounds, and all else is refused alike."""

import asyncio
import json
import threading
import time
from http.client import IncompleteRead
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from joserfc.jwk import ECKey, KeySet
from starlette.applications import Starlette

from app import services
from app.http import issuers
from app.http.issuers import Issuer, KeyRing, read_issuers
from app.settings import SettingsError
from tests.http.bad_bearers import BAD_TOKENS, ISSUER, MALFORMED_KEYS, SECONDS, House, open_house
from tests.http.example import KEY, Context, Desk, client, make_app, record

TENANT = services.Tenant(UUID(int=9), "Acme Ltd", "acme", "LIVE", 1)
HELLO = {"query": "{ hello }"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """An issuer whose tokens are believed."""
    return open_house(tmp_path_factory.mktemp("house"))


def an_app(house: House, **chosen: object) -> tuple[Starlette, Desk]:
    desk = Desk(keys={KEY.key_id: record()}, tenants={"acme": TENANT})
    return make_app(desk, jwt_issuers_file=house.file, **chosen)


async def asked(app: Starlette, bearer: str) -> httpx.Response:
    async with client(app, key=None) as speaking:
        header = (b"authorization", b"Bearer " + bearer.encode())
        return await speaking.post("/graphql", json=HELLO, headers=[header])


async def bearer_of(house: House, monkeypatch: pytest.MonkeyPatch, token: str) -> services.KeyRecord:
    seen: list[services.KeyRecord] = []
    monkeypatch.setattr(Context, "__post_init__", lambda self: seen.append(self.key))
    app, _ = an_app(house)
    assert (await asked(app, token)).status_code == 200
    return seen[0]


async def test_a_token_stands_for_its_subject_in_its_tenant_with_what_the_issuer_may_grant(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await bearer_of(house, monkeypatch, house.token())
    assert (found.key_id, found.tenant_id, found.mode) == ("jwt:house:somebody@example", TENANT.id, "LIVE")
    assert found.scopes == {"balances:read"}, "money:force is beyond the issuer, print:money is no scope"
    assert "somebody" not in found.public_id


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"aud": ["other", "spendable"]}, {"balances:read"}),
        ({"exp": SECONDS - 29}, {"balances:read"}),
        ({"nbf": SECONDS + 29}, {"balances:read"}),
        ({"exp": SECONDS + 60.5}, {"balances:read"}),
        ({"scope": ["history:read", "balances:read", 7]}, {"balances:read", "history:read"}),
        ({"scope": None}, set()),
        ({"scope": 7}, set()),
    ],
)
async def test_what_a_token_may_say(
    house: House, monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any], scopes: set[str]
) -> None:
    assert (await bearer_of(house, monkeypatch, house.token(**claims))).scopes == scopes


async def test_any_of_the_issuers_keys_signs(house: House) -> None:
    app, _ = an_app(house)
    assert (await asked(app, house.token({"alg": "RS256", "kid": "two"}, house.second))).status_code == 200


async def test_every_bad_bearer_is_refused_and_none_can_be_told_from_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(BAD_TOKENS) >= 30
    assert len(MALFORMED_KEYS) == 20
    app, _ = an_app(house, refusal_milliseconds=20)
    waited: list[float] = []
    monkeypatch.setattr("app.http.auth._sleep_until", lambda moment: waited.append(moment - time.monotonic()))
    told = set()
    for name, bearer in [*((name, make(house)) for name, make in BAD_TOKENS.items()), *MALFORMED_KEYS.items()]:
        response = await asked(app, bearer)
        assert response.status_code == 401, name
        headers = {key: value for key, value in response.headers.items() if key != "x-request-id"}
        told.add((response.content, json.dumps(headers)))
    assert len(told) == 1
    # Each waited for the same moment after its beginning, having done whatever it had to do before.
    assert len(waited) == len(BAD_TOKENS) + len(MALFORMED_KEYS)
    assert all(seconds <= 0.02 for seconds in waited)
    assert (await asked(app, house.token())).status_code == 200
    assert len(waited) == len(BAD_TOKENS) + len(MALFORMED_KEYS), "who is let in does not wait"


async def test_a_token_is_remembered_for_a_moment_and_not_beyond_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, desk = an_app(house, key_cache_seconds=5.0)
    token = house.token(exp=SECONDS + 10)
    for _ in range(3):
        assert (await asked(app, token)).status_code == 200
    assert desk.looked_up == ["acme"]
    monkeypatch.setattr(services.KeyRecord, "expires_at", 1, raising=False)
    assert (await asked(app, token)).status_code == 401


async def test_without_issuers_no_token_is_believed(house: House) -> None:
    app, desk = make_app(Desk(tenants={"acme": TENANT}))
    assert (await asked(app, house.token())).status_code == 401
    assert desk.looked_up == []


def issuer_at(keys: str) -> Issuer:
    return Issuer(
        name="house",
        issuer=ISSUER,
        audience="spendable",
        algorithms=("ES256",),
        keys=keys,
        tenant="acme",
        scopes=(services.Scope.BALANCES_READ,),
    )


def written(*kids: str) -> bytes:
    keys: list[Any] = [ECKey.generate_key("P-256", {"kid": kid}) for kid in kids]
    return json.dumps(KeySet(keys).as_dict(private=False)).encode()


async def test_keys_are_read_once_and_again_for_a_new_one_but_not_at_anyones_will(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, read = [written("a")], list[str]()
    clock = [1_000.0]
    monkeypatch.setattr(issuers, "monotonic", lambda: clock[0])

    def reading(place: str) -> bytes:
        read.append(place)
        return answers[-1]

    monkeypatch.setattr(issuers, "_read", reading)
    ring = KeyRing(issuer_at("https://id.example/keys"))
    found = await asyncio.gather(*(ring.find("a") for _ in range(50)))
    assert None not in found
    assert len(read) == 1
    answers.append(written("a", "b"))
    assert [await ring.find("b") for _ in range(50)] == [None] * 50
    assert len(read) == 1, "somebody who makes up names does not make us ask"
    clock[0] += issuers.AGAIN_SECONDS
    assert await ring.find("b") is not None
    assert len(read) == 2
    clock[0] += issuers.KEYS_SECONDS + 1
    answers.append(written("b"))
    assert await ring.find("a") is None, "a key that was withdrawn is not used for long"


async def test_keys_are_asked_for_again_before_anybody_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked, answer = [1_000.0], threading.Event(), threading.Event()
    monkeypatch.setattr(issuers, "monotonic", lambda: clock[0])
    monkeypatch.setattr(issuers, "_read", lambda _: written("a"))
    ring = KeyRing(issuer_at("https://id.example/keys"))
    first = await ring.find("a")

    def slow(_: str) -> bytes:
        asked.set()
        answer.wait(10)
        return written("a")

    monkeypatch.setattr(issuers, "_read", slow)
    clock[0] += issuers.KEYS_SECONDS_FRESH + 1
    assert [await ring.find("a") for _ in range(20)] == [first] * 20, "the keys stand while they are asked for"
    assert await asyncio.to_thread(asked.wait, 10)
    answer.set()
    assert ring._ahead is not None
    await ring._ahead
    later = await ring.find("a")
    assert later is not None
    assert later is not first


async def test_keys_stand_while_they_cannot_be_asked_for_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(issuers, "monotonic", lambda: clock[0])
    monkeypatch.setattr(issuers, "_read", lambda _: written("a"))
    ring = KeyRing(issuer_at("https://id.example/keys"))
    assert await ring.find("a") is not None

    def away(_: str) -> bytes:
        raise OSError("away")

    monkeypatch.setattr(issuers, "_read", away)
    clock[0] += issuers.KEYS_SECONDS + 1
    assert await ring.find("a") is not None
    assert [line.message for line in caplog.records] == ["an issuer's keys cannot be read"]
    clock[0] += issuers.KEYS_SECONDS_MAX
    assert await ring.find("a") is None


async def test_a_key_that_is_not_understood_costs_the_others_nothing(tmp_path: Path) -> None:
    keys = json.loads(written("a"))["keys"]
    odd = [{"kty": "EC", "crv": "P-192", "x": "AA", "y": "AA", "kid": "b"}, {"kty": "OKP", "crv": "new", "kid": "c"}]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [odd[0], *keys, odd[1]]}), encoding="utf-8")
    ring = KeyRing(issuer_at(str(tmp_path / "keys.json")))
    assert await ring.find("a") is not None
    assert [await ring.find("b"), await ring.find("c")] == [None, None]


async def test_an_answer_that_breaks_off_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> bytes:
        raise IncompleteRead(b"")

    monkeypatch.setattr(issuers, "_read", broken)
    assert await KeyRing(issuer_at("https://id.example/keys")).find("a") is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"keys": 7}',
        b'{"keys": [7]}',
        b'{"keys": [{"kty": "EC", "kid": "a"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "a"}]}',
        json.dumps({"keys": [{"kty": "EC"}] * 65}).encode(),
        b" " * 300_000,
    ],
)
async def test_a_set_of_keys_that_is_none_brings_none(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(text)
    assert await KeyRing(issuer_at(str(tmp_path / "keys.json"))).find("a") is None


GOOD = {
    "name": '"house"',
    "issuer": '"https://id.example"',
    "audience": '"spendable"',
    "algorithms": '["ES256"]',
    "keys": '"https://id.example/keys"',
    "tenant": '"acme"',
    "scopes": '["balances:read"]',
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"algorithms": '["HS256"]'}, "algorithms"),
        ({"algorithms": '["none"]'}, "algorithms"),
        ({"algorithms": "[]"}, "algorithms"),
        ({"keys": '"http://id.example/keys"'}, "https only"),
        ({"keys": '"https://id.example:bad/keys"'}, "https only"),
        ({"keys": '"https://id.example/a b"'}, "https only"),
        ({"tenant_claim": '"tenant"'}, "one of them"),
        ({"tenant": None}, "one of them"),
        ({"scopes": '["money:print"]'}, "scopes"),
        ({"scopes": "[]"}, "scopes"),
        ({"name": '"A House"'}, "name"),
        ({"colour": '"red"'}, "colour"),
        ({"audience": None}, "audience"),
        ({"issuer": "7"}, "issuer"),
        ({"name": "nonsense"}, "cannot be read"),
    ],
)
def test_a_file_of_issuers_that_is_wrong_is_told_in_a_sentence(
    changes: dict[str, str | None], told: str, tmp_path: Path
) -> None:
    lines = [f"{name} = {value}" for name, value in (GOOD | changes).items() if value is not None]
    file = tmp_path / "issuers.toml"
    file.write_text("[[issuer]]\n" + "\n".join(lines), encoding="utf-8")
    with pytest.raises(SettingsError, match=told):
        read_issuers(str(file))


def test_two_issuers_of_one_name_are_refused_and_a_good_file_is_read(tmp_path: Path) -> None:
    one = "[[issuer]]\n" + "\n".join(f"{name} = {value}" for name, value in GOOD.items()) + "\n"
    file = tmp_path / "issuers.toml"
    file.write_text(one, encoding="utf-8")
    (issuer,) = read_issuers(str(file))
    assert issuer.scopes == (services.Scope.BALANCES_READ,)
    file.write_text(one + one, encoding="utf-8")
    with pytest.raises(SettingsError, match="two of the same name"):
        read_issuers(str(file))
    with pytest.raises(SettingsError, match="cannot be read"):
        read_issuers(str(tmp_path / "none.toml"))
