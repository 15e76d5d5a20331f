"""Transfers in columns: the lane for machines that post thousands in one call.

Each transfer is the same command as `transfer` makes of the same values: its key stands for the same request, whichever
way it came. A list of objects costs ten times as much to read as the columns do.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar, cast

import strawberry

from app import ledger, services
from app.graphql import bounds, wording
from app.graphql.bounds import Currencies, Path
from app.graphql.context import Context
from app.graphql.payloads import outcome_of
from app.graphql.rejections import Rejection
from app.graphql.scalars import BigInt, CurrencyCode, Instant

Item = TypeVar("Item")

TRANSFERS_MAX: Final = 5_000


@strawberry.input(description="Transfers in columns: item n of each list belongs to transfer n. All lists are as long.")
class PostTransfersInput:
    """Columns, and what all transfers have in common."""

    from_: list[strawberry.ID] = strawberry.field(
        name="from", description=f"The ids of the accounts to debit, 1 to {TRANSFERS_MAX:,}."
    )
    to: list[strawberry.ID] = strawberry.field(description="The ids of the accounts to credit.")
    amounts: list[BigInt] = strawberry.field(description="How much, in the smallest unit of the currency; above zero.")
    currency: CurrencyCode = strawberry.field(description="The currency of all amounts.")
    idempotency_keys: list[str] = strawberry.field(
        description="A key for each transfer: 1 to 255 characters of visible ASCII. The call itself has none, so that"
        " it may be split or regrouped when it is sent again."
    )
    available_at: list[Instant | None] | None = strawberry.field(
        description=f"On the lines of `to`. {wording.AVAILABLE_AT}"
    )
    external_ids: list[str | None] | None = strawberry.field(description=wording.EXTERNAL_ID)
    effective_at: Instant | None = strawberry.field(description=wording.EFFECTIVE_AT)
    kind: str | None = strawberry.field(default="TRANSFER", description=wording.TRANSACTION_KIND)
    correlation_id: str | None = strawberry.field(description=wording.CORRELATION_ID)
    description: str | None = strawberry.field(description=wording.DESCRIPTION)
    force: bool | None = strawberry.field(default=False, description=wording.FORCE)

    def keys(self, path: Path) -> list[str]:
        """Return the key of each transfer."""
        at = (*path, "idempotencyKeys")
        return [bounds.idempotency_key(key, (*at, index)) for index, key in enumerate(self.idempotency_keys)]

    def commands(self, currencies: Currencies, path: Path) -> Iterator[ledger.Transfer]:
        """Yield the commands meant, in order."""
        bounds.listed(self.from_, (*path, "from"), most=TRANSFERS_MAX)
        bounds.currency(self.currency, currencies, (*path, "currency"))
        kind = bounds.new_kind("TRANSFER" if self.kind is None else self.kind, (*path, "kind"))
        correlation_id = bounds.label(self.correlation_id, (*path, "correlationId"))
        description = bounds.description(self.description, path)
        columns = zip(
            _accounts(self.from_, (*path, "from")),
            _accounts(self._column(self.to, "to", path), (*path, "to")),
            self._column(self.amounts, "amounts", path),
            self._column(self.available_at, "availableAt", path),
            self._column(self.external_ids, "externalIds", path),
            self._column(self.idempotency_keys, "idempotencyKeys", path),
            strict=True,
        )
        for index, (source, target, minor, available_at, external_id, _) in enumerate(columns):
            if abs(minor) >= _AMOUNT_END:
                raise services.BadInput(_TOO_LONG, (*path, "amounts", index))
            yield ledger.Transfer(
                source,
                target,
                ledger.Amount(minor, self.currency),
                available_at,
                self.effective_at,
                kind,
                bounds.label(external_id, (*path, "externalIds", index)),
                correlation_id,
                description,
                force=bool(self.force),
            )

    def _column(self, given: Sequence[Item] | None, name: str, path: Path) -> Sequence[Item | None]:
        """Return a column that is as long as the first; one that was left out is empty all the way."""
        count = len(self.from_)
        if given is None:
            return [None] * count
        if len(given) != count:
            raise services.BadInput(f"{name} has {len(given)} items and from has {count}.", (*path, name))
        return given


_AMOUNT_END: Final = 10**ledger.money.DIGITS_MAX
_TOO_LONG: Final = f"An amount has at most {ledger.money.DIGITS_MAX} digits."


def _accounts(ids: Sequence[str | None], path: Path) -> Iterator[ledger.Reference]:
    # The same account comes again and again where there is a hot one.
    known: dict[str, ledger.Reference] = {}
    for index, id_ in enumerate(ids):
        text = str(id_)
        found = known.get(text)
        if found is None:
            found = known[text] = ledger.Reference(bounds.identifier(ledger.identifier.ACCOUNT, text, (*path, index)))
        yield found


@strawberry.type(description="A transfer that was refused.")
class TransferRejection:
    """Which one, and why."""

    index: int = strawberry.field(description="Its place in the columns, from 0.")
    rejection: Rejection = strawberry.field(description="Why it was refused.")


@strawberry.type(
    description=(
        "What became of transfers, in columns as they were given. A null in `transactions` and `sequences` is a refusal"
        " if `rejections` tells of it, else a fault whose error has its path."
    )
)
class PostTransfersPayload:
    """One item for each transfer in each list but the last."""

    transactions: list[strawberry.ID | None] = strawberry.field(description="The ids of the transactions made.")
    sequences: list[BigInt | None] = strawberry.field(
        description="The places of the commands in the tenant's order: give the last as atLeast to read what they did."
    )
    replayed: list[bool] = strawberry.field(
        description="Whether each key had been used before, and this is the answer of then."
    )
    rejections: list[TransferRejection] = strawberry.field(description="Those that were refused, in order.")


async def post_transfers(context: Context, given: PostTransfersInput, path: Path) -> PostTransfersPayload:
    """Have transfers decided, each by itself, a batch after the other, and answer in columns."""
    commands = list(given.commands(context.gateway.currencies, path))
    make, principal = context.gateway.request, context.principal
    groups = [
        ledger.Group((make(principal, command, key),)) for command, key in zip(commands, given.keys(path), strict=True)
    ]
    await context.forget()
    transactions: list[Any] = []
    sequences: list[Any] = []
    replayed: list[bool] = []
    rejections: list[TransferRejection] = []
    for answer in await context.gateway.submit_windows(principal, groups):
        if isinstance(answer, services.Fault):
            # The executor raises an exception that it finds in a list at the index where it stands.
            transactions.append(answer)
            sequences.append(answer)
            replayed.append(False)
            continue
        decision = answer[0]
        if isinstance(decision, ledger.Accepted):
            context.reached(decision.sequence)
            transactions.append(_transaction_id(decision))
            sequences.append(decision.sequence)
            replayed.append(decision.replayed)
            continue
        outcome = outcome_of(decision, dry_run=False, may_read=context.may_read)
        transactions.append(None)
        sequences.append(None)
        replayed.append(outcome.replayed)
        rejections.append(TransferRejection(index=len(replayed) - 1, rejection=cast("Rejection", outcome.rejection)))
    return PostTransfersPayload(
        transactions=transactions, sequences=sequences, replayed=replayed, rejections=rejections
    )


def _transaction_id(decision: ledger.Accepted) -> str | None:
    made = decision.transaction_id
    return None if made is None else ledger.identifier.encode(ledger.identifier.TRANSACTION, made)
