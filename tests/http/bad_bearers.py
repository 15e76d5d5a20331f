"""Tokens and keys that somebody might try, and the issuer whose own tokens are to be told from them."""

import base64
import hmac
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from app import services
from tests.http.example import KEY, NOW, OTHER

SECONDS: Final = NOW // 1_000_000
ISSUER: Final = "https://id.example"


@dataclass(frozen=True, slots=True)
class House:
    """An issuer with two keys, and somebody else's key."""

    first: ECKey
    second: RSAKey
    stranger: ECKey
    weak: RSAKey
    folder: Path

    @property
    def file(self) -> str:
        """The operator's file of issuers."""
        return str(self.folder / "issuers.toml")

    def token(self, header: dict[str, Any] | None = None, key: Any = None, **claims: object) -> str:  # noqa: ANN401 - a key of any kind
        """A token that is good but for what is given; a claim of None is left out."""
        all_claims = good_claims() | claims
        kept = {name: value for name, value in all_claims.items() if value is not None}
        full = {"alg": "ES256", "kid": "one"} | (header or {})
        return jwt.encode(full, kept, key or self.first, algorithms=[full["alg"]])


def good_claims() -> dict[str, Any]:
    """What a good token claims, of the kind that grants one scope that it may and two that it may not."""
    return {
        "iss": ISSUER,
        "aud": "spendable",
        "sub": "somebody@example",
        "nbf": SECONDS - 60,
        "exp": SECONDS + 600,
        "tenant": "acme",
        "scope": "balances:read money:force print:money",
    }


def open_house(folder: Path) -> House:
    """Make the keys and write what the operator would."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        weak = RSAKey.generate_key(1024, {"kid": "weak"})
    house = House(
        ECKey.generate_key("P-256", {"kid": "one"}),
        RSAKey.generate_key(2048, {"kid": "two"}),
        ECKey.generate_key("P-256", {"kid": "one"}),
        weak,
        folder,
    )
    shared = OctKey.import_key("a shared secret of at least thirty-two bytes", {"kid": "shared"})
    keys = KeySet([house.first, house.second, house.weak]).as_dict(private=False)["keys"]
    listed = [*keys, shared.as_dict(private=True), {"kty": "new", "kid": "future"}]
    (folder / "keys.json").write_text(json.dumps({"keys": listed}), encoding="utf-8")
    Path(house.file).write_text(
        f"""[[issuer]]
name = "house"
issuer = "{ISSUER}"
audience = "spendable"
algorithms = ["ES256", "RS256"]
keys = "{folder}/keys.json"
tenant_claim = "tenant"
scopes = ["balances:read", "history:read"]
""",
        encoding="utf-8",
    )
    return house


def _part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def _unsigned(house: House, header: object) -> str:
    return f"{_part(header)}.{house.token().split('.')[1]}."


def _with_payload(house: House, payload: bytes) -> str:
    head, _, signature = house.token().split(".")
    return f"{head}.{_part(payload)}.{signature}"


def _signed_under(house: House, more: dict[str, object]) -> str:
    """A token under a header that no library would write."""
    text = f"{_part({'alg': 'ES256', 'kid': 'one'} | more)}.{house.token().split('.')[1]}"
    return f"{text}.{_part(jws.JWSRegistry.algorithms['ES256'].sign(text.encode(), house.first))}"


def _hashed(house: House, secret: bytes) -> str:
    text = f"{_part({'alg': 'HS256', 'kid': 'two'})}.{house.token().split('.')[1]}"
    return f"{text}.{_part(hmac.digest(secret, text.encode(), 'sha256'))}"


def _signed_raw(house: House, payload: bytes) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": "one"}, payload, house.first)


BAD_TOKENS: Final[dict[str, Callable[[House], str]]] = {
    "no algorithm": lambda house: _unsigned(house, {"alg": "none"}),
    "no algorithm, in capitals": lambda house: _unsigned(house, {"alg": "NONE", "kid": "one"}),
    "a shared secret": lambda house: house.token(
        {"alg": "HS256", "kid": "shared"}, OctKey.import_key("a shared secret of at least thirty-two bytes")
    ),
    "signed with the public key as a secret": lambda house: _hashed(house, house.second.as_pem(private=False)),
    "signed by somebody else under the same name": lambda house: house.token(key=house.stranger),
    "a key that is not known": lambda house: house.token({"kid": "three"}),
    "no key named where there are two": lambda house: jwt.encode({"alg": "ES256"}, good_claims(), house.first),
    "a key's name that is no text": lambda house: _unsigned(house, {"alg": "ES256", "kid": 1}) + "x",
    "another key's name": lambda house: house.token({"kid": "two"}),
    "a weak key": lambda house: house.token({"alg": "RS256", "kid": "weak"}, house.weak),
    "an algorithm that is not allowed": lambda house: house.token({"alg": "PS256", "kid": "two"}, house.second),
    "its own key in the header": lambda house: house.token(
        {"jwk": house.stranger.as_dict(private=False)}, house.stranger
    ),
    "an address of keys in the header": lambda house: house.token({"jku": "https://evil.example"}, house.stranger),
    "something critical": lambda house: _signed_under(house, {"crit": ["exp"], "exp": 1}),
    "another issuer": lambda house: house.token(iss="https://evil.example"),
    "another audience": lambda house: house.token(aud="somebody else"),
    "a list of other audiences": lambda house: house.token(aud=["a", "b"]),
    "expired": lambda house: house.token(exp=SECONDS - 31),
    "not yet valid": lambda house: house.token(nbf=SECONDS + 31),
    "valid for too long": lambda house: house.token(exp=SECONDS + 25 * 3_600),
    "no issuer": lambda house: house.token(iss=None),
    "no audience": lambda house: house.token(aud=None),
    "no end": lambda house: house.token(exp=None),
    "no beginning": lambda house: house.token(nbf=None),
    "no subject": lambda house: house.token(sub=None),
    "an end that is a text": lambda house: house.token(exp=str(SECONDS + 600)),
    "an end that is true": lambda house: house.token(exp=True),
    "an end beyond all numbers": lambda house: house.token(exp=10**400),
    "an end before all beginnings": lambda house: house.token(exp=-(10**400), nbf=-(10**401)),
    "an end that is no number": lambda house: _signed_raw(
        house, json.dumps(good_claims() | {"exp": 0}).replace('"exp": 0', '"exp": NaN').encode()
    ),
    "an end that never comes": lambda house: _signed_raw(
        house, json.dumps(good_claims() | {"exp": 0}).replace('"exp": 0', '"exp": Infinity').encode()
    ),
    "a claim twice": lambda house: _signed_raw(
        house, json.dumps(good_claims()).replace("{", '{"tenant": "other", ', 1).encode()
    ),
    "a tenant that there is not": lambda house: house.token(tenant="nobody"),
    "a tenant that is no text": lambda house: house.token(tenant=["acme"]),
    "a signature cut short": lambda house: house.token()[:-4],
    "the signature of another token": lambda house: ".".join(
        [*house.token(sub="a").split(".")[:2], house.token(sub="b").split(".")[2]]
    ),
    "a signature of zeros": lambda house: ".".join([*house.token().split(".")[:2], _part(b"\0" * 64)]),
    "claims that are no JSON": lambda house: _with_payload(house, b"nonsense"),
    "claims that are a list": lambda house: _with_payload(house, b"[]"),
    "claims nested too deep": lambda house: _with_payload(house, b"[" * 1_000),
    "four parts": lambda house: house.token() + ".x",
    "two parts": lambda house: house.token().rpartition(".")[0],
    "five parts, as what is encrypted has": lambda house: house.token() + ".x.y",
    "an empty part": lambda house: house.token().split(".")[0] + ".." + house.token().split(".")[2],
    "padding": lambda house: house.token() + "==",
    "over four thousand characters": lambda house: house.token(more="x" * 4_096),
}

_WRONG_SECRET = services.make_key("TEST", UUID(int=7)).text
MALFORMED_KEYS: Final[dict[str, str]] = {
    "nothing": "",
    "a word": "x",
    "the prefix alone": "spd_",
    "another prefix": KEY.text.replace("spd_", "sk_", 1),
    "the prefix in capitals": KEY.text.replace("spd", "SPD", 1),
    "no mode": KEY.text.replace("_test", "", 1),
    "another mode": KEY.text.replace("_test_", "_prod_", 1),
    "the live mode": KEY.text.replace("_test_", "_live_", 1),
    "one letter less": KEY.text[:-1],
    "one letter more": KEY.text + "a",
    "one letter off": KEY.text[:-1] + ("a" if KEY.text[-1] != "a" else "b"),
    "the other case": KEY.text.swapcase().replace("SPD_TEST", "spd_test"),
    "no id": "_".join([*KEY.text.split("_")[:2], "", KEY.text.split("_")[3]]),
    "an id too large": KEY.text.replace("00000000", "zzzzzzzz", 1),
    "a dash in it": KEY.text[:-5] + "-" + KEY.text[-4:],
    "letters beyond ASCII": KEY.text[:-2] + "\u0430" + KEY.text[-1],
    "the id of one and the secret of another": "_".join([*KEY.text.split("_")[:3], OTHER.text.split("_")[3]]),
    "an unknown one": OTHER.text,
    "a wrong secret": _WRONG_SECRET,
    "two at once": f"{KEY.text}{KEY.text}",
}
