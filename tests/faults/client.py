"""Clients of a real server: what they sent, what they were told, and how they find out what they were not told."""

import asyncio
import itertools
import json
import random
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

# What is told with these had no effect, and is found not to have had one; with OUTCOME_UNKNOWN it may have had one.
UNTOUCHED = frozenset({"UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED", httpx.ConnectError.__name__})
RETRIED = UNTOUCHED | {"OUTCOME_UNKNOWN"}
TRIES_MAX = 400
PAUSE_SECONDS_MAX = 0.25
REPLY_SECONDS_MAX = 60
# With it the status tells what became of a request.
ACCEPT = "application/graphql-response+json"
# To load the authorities for each client would take longer than the requests.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

_SELECTIONS = {
    "openAccount": "account { id }",
    "transfer": "transaction { id }",
    "postTransaction": "transaction { id }",
    "placeHold": "hold { id }",
    "captureHold": "transaction { id } hold { id }",
    "releaseHold": "hold { id }",
    "setAdvancePlan": "account { id }",
    "quoteInstantAvailability": "quote { id }",
    "acceptInstantQuote": "transaction { id }",
}
_FUNDS = """query Funds($accounts: [AccountBy!]!) { availableFunds(accounts: $accounts) {
  account { externalId }
  balance { sequence ledger { minorUnits } held { minorUnits } available { minorUnits } spendable { minorUnits } }
} }"""


def document(verb: str) -> str:
    """The mutation of one verb."""
    type_ = f"{verb[0].upper()}{verb[1:]}Input!"
    return (
        f"mutation Do($input: {type_}) {{ {verb}(input: $input) "
        f"{{ {_SELECTIONS[verb]} rejection {{ code }} replayed sequence }} }}"
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response with a JSON body."""

    status: int
    headers: httpx.Headers
    body: dict[str, Any]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]

    @property
    def data(self) -> dict[str, Any]:
        """The data of a reply without errors."""
        assert (self.status, self.codes) == (200, []), (self.status, self.body)
        found: dict[str, Any] = self.body["data"]
        return found


@dataclass(frozen=True, slots=True)
class Command:
    """A mutation and its input, the idempotency key included."""

    verb: str
    terms: Mapping[str, Any]


Payload = dict[str, Any]


class UncertainError(Exception):
    """Nobody told what became of a command; `seconds` is when to ask again."""

    def __init__(self, code: str, seconds: float = 0.0) -> None:
        super().__init__(code)
        self.code = code
        self.seconds = seconds


@dataclass(slots=True)
class Client:
    """Asks one or several servers in turn, with one key, over as many connections as it has requests at a time."""

    urls: Sequence[str]
    key: str
    met: Counter[str] = field(default_factory=Counter)
    """How often an outcome was not told, by code."""
    _turns: "itertools.count[int]" = field(default_factory=itertools.count)
    _lines: list[httpx.AsyncClient] = field(default_factory=list)
    _idle: list[httpx.AsyncClient] = field(default_factory=list)

    async def post(self, query: str, **variables: object) -> Reply:
        """Send one operation."""
        url = self.urls[next(self._turns) % len(self.urls)]
        line = self._idle.pop() if self._idle else self._new_line()
        try:
            response = await line.post(
                f"{url}/graphql",
                content=json.dumps({"query": query, "variables": variables}),
                headers={
                    "Authorization": f"Bearer {self.key}",
                    "Accept": ACCEPT,
                    "Content-Type": "application/json",
                },
            )
        finally:
            self._idle.append(line)
        return Reply(response.status_code, response.headers, response.json())

    def _new_line(self) -> httpx.AsyncClient:
        # One pool of many connections costs the square of their number; so each is a pool of its own.
        self._lines.append(httpx.AsyncClient(timeout=REPLY_SECONDS_MAX, trust_env=False, verify=_NO_TLS))
        return self._lines[-1]

    async def aclose(self) -> None:
        """Close all connections."""
        for line in self._lines:
            await line.aclose()

    async def send(self, command: Command) -> Payload:
        """Send a command once; raises UncertainError where its outcome is not told."""
        try:
            return await self._send(command)
        except UncertainError as unknown:
            self.met[unknown.code] += 1
            raise

    async def _send(self, command: Command) -> Payload:
        try:
            reply = await self.post(document(command.verb), input=command.terms)
        except httpx.TransportError as error:
            raise UncertainError(type(error).__name__) from error
        if reply.codes:
            code = reply.codes[0]
            assert code in RETRIED, (command, reply.status, reply.body)
            told: Payload | None = (reply.body.get("data") or {}).get(command.verb)
            if told is not None:
                # The command is told of; only what it made could not be read any more.
                return told
            seconds = reply.body["errors"][0]["extensions"].get("retryAfterSeconds", 0.0)
            raise UncertainError(code, seconds)
        payload: Payload = reply.data[command.verb]
        return payload

    async def insist(self, command: Command) -> Payload:
        """Send a command with the same key until its outcome is told."""
        for _ in range(TRIES_MAX):
            try:
                return await self.send(command)
            except UncertainError as unknown:
                await asyncio.sleep(random.uniform(0, min(max(unknown.seconds, 0.01), PAUSE_SECONDS_MAX)))
        raise AssertionError(f"no outcome of {command}")

    async def accept(self, command: Command) -> Payload:
        """Send a command that must be accepted."""
        payload = await self.insist(command)
        assert payload["rejection"] is None, (command, payload)
        return payload

    async def funds(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Read the balances of accounts, all in one snapshot."""
        reply = await self.post(_FUNDS, accounts=[{"externalId": name} for name in names])
        found: list[dict[str, Any]] = reply.data["availableFunds"]
        assert [each["account"]["externalId"] for each in found] == list(names)
        balances: list[dict[str, Any]] = [each["balance"] for each in found]
        assert len({balance["sequence"] for balance in balances}) == 1, "one query is one snapshot"
        return balances


@asynccontextmanager
async def client(key: str, *urls: str) -> AsyncIterator[Client]:
    """A client for the time of the block."""
    made = Client(urls, key)
    try:
        yield made
    finally:
        await made.aclose()


def minor(money: Mapping[str, str]) -> int:
    return int(money["minorUnits"])


def usd(cents: int) -> dict[str, str]:
    return {"amount": f"{cents // 100}.{cents % 100:02}", "currency": "USD"}


def by(name: str) -> dict[str, str]:
    return {"externalId": name}


def open_account(name: str, **terms: object) -> Command:
    return Command("openAccount", {"idempotencyKey": f"open-{name}", "externalId": name, "currency": "USD"} | terms)


def transfer(key: str, source: str, target: str, cents: int) -> Command:
    return Command("transfer", {"idempotencyKey": key, "from": by(source), "to": by(target), "amount": usd(cents)})


def place_hold(key: str, account: str, destination: str, cents: int) -> Command:
    """A hold that can be named by its key."""
    terms = {"externalId": key, "account": by(account), "destination": by(destination), "amount": usd(cents)}
    return Command("placeHold", {"idempotencyKey": key} | terms)


def capture_hold(key: str, hold: str, cents: int | None = None) -> Command:
    amount = {} if cents is None else {"amount": usd(cents)}
    return Command("captureHold", {"idempotencyKey": key, "hold": by(hold)} | amount)


def release_hold(key: str, hold: str) -> Command:
    return Command("releaseHold", {"idempotencyKey": key, "hold": by(hold)})


async def stock(teller: Client, names: Iterable[str], cents: int) -> None:
    """Open a bank without a floor, and accounts with this much money each."""
    await teller.accept(open_account("bank", unlimited=True, purpose="EXTERNAL", normalSide="DEBIT", floor=None))
    for name in names:
        await teller.accept(open_account(name))
        await teller.accept(transfer(f"stock-{name}", "bank", name, cents))
