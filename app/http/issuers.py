"""Issuers: whose tokens are believed, for which tenant and scopes, and the keys that they sign with."""

import asyncio
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from socket import SHUT_RDWR
from threading import Timer
from time import monotonic
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app import services, telemetry
from app.settings import SettingsError

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
SigningKey = RSAKey | ECKey | OKPKey

ISSUERS_MAX: Final = 32
KEYS_MAX: Final = 64
"""Keys of one issuer."""
KEYS_BYTES_MAX: Final = 262_144
"""Bytes of an issuer's set of keys."""
RSA_BITS_MIN: Final = 2_048
_BITS_OF_A_LETTER: Final = 6
FETCH_SECONDS_MAX: Final = 5.0
"""How long connecting may take, and how long the answer may from then on."""
KEYS_SECONDS: Final = 600.0
"""How long an issuer's keys are used at most before they are asked for again."""
KEYS_SECONDS_FRESH: Final = 300.0
"""How long they are used before they are asked for again in the background, so that no bearer waits for that."""
KEYS_SECONDS_MAX: Final = 86_400.0
"""How long they are used at most where they cannot be asked for."""
AGAIN_SECONDS: Final = 30.0
"""How long a key that is not known, or an issuer that could not be asked, waits for the next try."""
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[!-~]*)?", re.ASCII)
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
_Text = Annotated[str, Field(min_length=1, max_length=512)]


class Issuer(BaseModel):
    """One issuer as its operator describes it; tokens grant no more than `scopes`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: _Name
    issuer: _Text
    audience: _Text
    algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1)]
    keys: _Text
    tenant: _Text | None = None
    tenant_claim: _Text | None = None
    scope_claim: _Text = "scope"
    scopes: Annotated[tuple[services.Scope, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> "Issuer":
        if (self.tenant is None) == (self.tenant_claim is None):
            raise ValueError("give tenant or tenant_claim, one of them")
        if "://" in self.keys and not _HTTPS.fullmatch(self.keys):
            raise ValueError("keys are fetched by https only, from an address without blanks, or read from a file")
        return self


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: Annotated[tuple[Issuer, ...], Field(min_length=1, max_length=ISSUERS_MAX)]


def read_issuers(path: str | None) -> Sequence[Issuer]:
    """Read the file of issuers, none where there is none; raises SettingsError with one sentence."""
    if path is None:
        return ()
    try:
        found = _File.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8"))).issuer
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The file of issuers cannot be read: {error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"The file of issuers is wrong at {place}: {first['msg']}.") from None
    for what in ("name", "issuer"):
        if len({getattr(one, what) for one in found}) != len(found):
            raise SettingsError(f"The file of issuers has two of the same {what}.")
    return found


@dataclass(slots=True)
class _Kept:
    keys: Mapping[str | None, SigningKey]
    at: float


class KeyRing:
    """The keys of one issuer: read when first needed and now and then, by one at a time, never from anywhere else."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._kept: _Kept | None = None
        self._tried_at = -AGAIN_SECONDS
        self._lock = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None

    async def find(self, kid: str | None) -> SigningKey | None:
        """Return the key of this id, or the only one where a token names none; None where there is none."""
        if self._known(kid, KEYS_SECONDS) is None:
            await self._renew(kid, KEYS_SECONDS)
        elif self._known(kid, KEYS_SECONDS_FRESH) is None and (self._ahead is None or self._ahead.done()):
            self._ahead = asyncio.create_task(self._renew(kid, KEYS_SECONDS_FRESH))
        return self._known(kid, KEYS_SECONDS_MAX)

    def _known(self, kid: str | None, seconds_max: float) -> SigningKey | None:
        """Return the key that is known, where it was read no longer ago than that."""
        kept = self._kept
        if kept is None or monotonic() - kept.at > seconds_max:
            return None
        return _pick(kept.keys, kid)

    async def _renew(self, kid: str | None, seconds_max: float) -> None:
        """Read the keys where they are older than that or have none of this id, unless that was tried just now."""
        async with self._lock:
            now = monotonic()
            if self._known(kid, seconds_max) is not None or now - self._tried_at < AGAIN_SECONDS:
                return
            self._tried_at = now
            try:
                async with asyncio.timeout(2 * FETCH_SECONDS_MAX):
                    text = await asyncio.to_thread(_read, self._issuer.keys)
                self._kept = _Kept(_keys_in(text), now)
            except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
                # Those known before stand, for a day at most.
                telemetry.warn(
                    telemetry.SERVER,
                    "an issuer's keys cannot be read",
                    issuer=self._issuer.name,
                    error=telemetry.class_of(error),
                )


def _pick(keys: Mapping[str | None, SigningKey], kid: str | None) -> SigningKey | None:
    if kid is None:
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(kid)


def _read(place: str) -> bytes:
    if not place.startswith("https://"):
        with Path(place).open("rb") as file:
            return _bounded(file.read(KEYS_BYTES_MAX + 1))
    return _fetch(place)


def _fetch(place: str) -> bytes:
    """Read from an address of https, in bounded time however slowly it answers.

    It is led nowhere else: the operator said where the keys are.
    """
    parts = urlsplit(place)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    with closing(HTTPSConnection(parts.hostname or "", parts.port, timeout=FETCH_SECONDS_MAX)) as connection:
        connection.connect()
        # The timeout is of each read by itself: who sends a byte now and then would hold the thread for ever.
        cut = Timer(FETCH_SECONDS_MAX, connection.sock.shutdown, (SHUT_RDWR,))
        cut.daemon = True
        cut.start()
        try:
            connection.request("GET", target, headers={"Accept": "application/json"})
            response = connection.getresponse()
            if response.status != 200:  # noqa: PLR2004 - the one status that brings keys
                raise ValueError("the answer is no set of keys")
            return _bounded(response.read(KEYS_BYTES_MAX + 1))
        finally:
            cut.cancel()


def _bounded(text: bytes) -> bytes:
    if len(text) > KEYS_BYTES_MAX:
        raise ValueError("the set of keys is too large")
    return text


def _keys_in(text: bytes) -> dict[str | None, SigningKey]:
    """Return the public keys of a set that sign, by id; symmetric and weak ones are left out."""
    given = orjson.loads(text)["keys"]
    if not isinstance(given, list) or len(given) > KEYS_MAX:
        raise ValueError("this is no list of keys, or there are too many")
    made: dict[str | None, SigningKey] = {}
    for data in given:
        if not isinstance(data, dict):
            raise TypeError("a key is an object")
        if data.get("kty") in {"RSA", "EC", "OKP"} and data.get("use", "sig") == "sig" and _is_strong(data):
            # A key of a sort that we do not know stands for none; those beside it are as good as before.
            with suppress(JoseError, ValueError, KeyError, TypeError):
                (key,) = KeySet.import_key_set({"keys": [data]}).keys
                if isinstance(key, RSAKey | ECKey | OKPKey):
                    made[data.get("kid")] = key
    return made


def _is_strong(data: Mapping[str, object]) -> bool:
    return data["kty"] != "RSA" or len(str(data.get("n"))) * _BITS_OF_A_LETTER >= RSA_BITS_MIN
