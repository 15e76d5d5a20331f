"""What is asked and ordered of the product: documents and their variables, as requests ready to be sent."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final
from uuid import UUID

from app import ledger
from benchmarks.installation import HOST, Books
from benchmarks.load import post

_MONEY: Final = "{ amount minorUnits currency }"
FUNDS: Final = (
    "query ($accounts: [AccountBy!]!) { availableFunds(accounts: $accounts) { account { id name } balance {"
    f" ledger {_MONEY} maturing {_MONEY} held {_MONEY} available {_MONEY} asOf sequence version }} }} }}"
)
ONE: Final = (
    "query ($by: AccountBy!) { account(by: $by) { id name balance {"
    f" ledger {_MONEY} maturing {_MONEY} held {_MONEY} available {_MONEY} asOf sequence version }} }} }}"
)
POSTGRAPHILE: Final = (
    "query ($ids: [UUID]) { availableFunds(accounts: $ids) { nodes { accountId name"
    f" ledger {_MONEY} maturing {_MONEY} held {_MONEY} available {_MONEY} asOf sequence version }} }} }}"
)
TYPENAME: Final = "{ __typename }"
TRANSFER: Final = (
    "mutation ($input: TransferInput!) { transfer(input: $input) { transaction { id } sequence rejection { code } } }"
)
SUBMIT: Final = "mutation ($input: SubmitInput!) { submit(input: $input) { results { sequence rejection { code } } } }"
COLUMNS: Final = (
    "mutation ($input: PostTransfersInput!) { postTransfers(input: $input) {"
    " transactions sequences rejections { index rejection { code } } } }"
)

_numbers: Final = count()


def text_of(account: UUID) -> str:
    """Return the id of an account as the API writes it."""
    return ledger.identifier.encode(ledger.identifier.ACCOUNT, account)


class Asker:
    """Makes requests of one tenant's books for a server on a port; accounts are drawn by seed."""

    def __init__(self, books: Books, port: int, seed: str) -> None:
        self._books = books
        self._port = port
        self._chance = random.Random(seed)  # noqa: S311 - a seed that can be repeated

    def request(self, document: str, variables: object) -> bytes:
        """Return a GraphQL request."""
        return post(HOST, self._port, "/graphql", {"query": document, "variables": variables}, self._books.key)

    def pair(self, hot: UUID | None = None) -> tuple[UUID, UUID]:
        """Draw who pays and who is paid; a hot account is always one of them, in turns."""
        if hot is None:
            first, second = self._chance.sample(self._books.accounts, 2)
            return first, second
        other = self._chance.choice(self._books.accounts[1:])
        return (hot, other) if next(_numbers) % 2 else (other, hot)

    def transfers(self, many: int) -> Iterator[bytes]:
        """Yield single mutations."""
        for _ in range(many):
            yield self.request(TRANSFER, {"input": self._transfer(*self.pair())})

    def batches(self, calls: int, size: int, hot: UUID | None = None) -> Iterator[bytes]:
        """Yield batches of transfers as objects."""
        for _ in range(calls):
            commands = [{"transfer": self._transfer(*self.pair(hot))} for _ in range(size)]
            yield self.request(SUBMIT, {"input": {"mode": "INDEPENDENT", "commands": commands}})

    def columns(self, calls: int, size: int, hot: UUID | None = None) -> Iterator[bytes]:
        """Yield batches of transfers as columns."""
        for _ in range(calls):
            pairs = [self.pair(hot) for _ in range(size)]
            given = {
                "from": [text_of(source) for source, _ in pairs],
                "to": [text_of(target) for _, target in pairs],
                "amounts": ["1"] * size,
                "currency": "USD",
                "idempotencyKeys": [self._key() for _ in pairs],
            }
            yield self.request(COLUMNS, {"input": given})

    def funds(self, many: int, accounts: int) -> Iterator[bytes]:
        """Yield questions for the funds of accounts."""
        for _ in range(many):
            yield self.request(FUNDS, {"accounts": [{"id": id_} for id_ in self.ids(accounts)]})

    def ones(self, many: int) -> Iterator[bytes]:
        """Yield questions for one account."""
        for _ in range(many):
            [id_] = self.ids(1)
            yield self.request(ONE, {"by": {"id": id_}})

    def hold(self) -> dict[str, object]:
        """Return the variables of a hold that is placed and captured at once."""
        account, destination = self.pair()
        key = self._key()
        place = {
            "idempotencyKey": key,
            "account": {"id": text_of(account)},
            "amount": {"amount": "0.01", "currency": "USD"},
            "destination": {"id": text_of(destination)},
            "externalId": key,
        }
        return {"place": place, "capture": {"idempotencyKey": key, "hold": {"externalId": key}}}

    @property
    def instant(self) -> str:
        """A moment ago, as the API reads it."""
        return f"{datetime.now(tz=UTC) - timedelta(seconds=5):%Y-%m-%dT%H:%M:%SZ}"

    def ids(self, accounts: int) -> Sequence[str]:
        """Draw accounts."""
        return [text_of(account) for account in self._chance.sample(self._books.accounts, accounts)]

    def uuids(self, accounts: int) -> Sequence[str]:
        """Draw accounts, as the database names them."""
        return [str(account) for account in self._chance.sample(self._books.accounts, accounts)]

    def _transfer(self, source: UUID, target: UUID) -> dict[str, object]:
        return {
            "idempotencyKey": self._key(),
            "from": {"id": text_of(source)},
            "to": {"id": text_of(target)},
            "amount": {"amount": "0.01", "currency": "USD"},
        }

    def _key(self) -> str:
        return f"bench-{next(_numbers)}"
