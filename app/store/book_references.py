"""What the commands of a batch name: the pages to load before they can be decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from app import ledger

_NOBODY = UUID(int=0)


@dataclass(slots=True)
class Wanted:
    """References of a batch, gathered once; external ids are resolved later.

    `dated` are lines with an `availableAt`, which may take from a bucket; `captures` may too, once their hold is known.
    Where `about_policies`, `depositing` are accounts that follow one, `policies` named ones, `opened` the currencies of
    accounts that the batch opens. Where `about_advances`, `advancing` are accounts that ask for a quote, `quotes`
    those to be accepted, and `quote_names` external ids, named or about to be claimed.
    """

    keys: dict[tuple[str, str], None] = field(default_factory=dict)
    claimed: dict[tuple[str, str], None] = field(default_factory=dict)
    accounts: dict[ledger.Reference, None] = field(default_factory=dict)
    holds: dict[ledger.Reference, None] = field(default_factory=dict)
    transactions: dict[ledger.Reference, None] = field(default_factory=dict)
    dated: list[tuple[ledger.Reference, ledger.Side, int]] = field(default_factory=list)
    captures: list[ledger.CaptureHold] = field(default_factory=list)
    placed: dict[str, ledger.PlaceHold] = field(default_factory=dict)
    expiring: dict[ledger.Reference, None] = field(default_factory=dict)
    about_policies: bool = False
    depositing: dict[ledger.Reference, None] = field(default_factory=dict)
    policies: dict[ledger.Reference, None] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    about_advances: bool = False
    advancing: dict[ledger.Reference, None] = field(default_factory=dict)
    quotes: dict[ledger.Reference, None] = field(default_factory=dict)
    quote_names: dict[str, None] = field(default_factory=dict)

    def external_ids(self) -> list[tuple[str, str]]:
        """Every (kind, external id) that is named or about to be claimed."""
        found = dict(self.claimed)
        for kind, references in (
            (ledger.ACCOUNT_KIND, self.accounts),
            (ledger.HOLD_KIND, self.holds),
            (ledger.TRANSACTION_KIND, self.transactions),
        ):
            for reference in references:
                if reference.id is None and reference.external_id is not None:
                    found[kind, reference.external_id] = None
        return list(found)


def gather(groups: Iterable[ledger.Group]) -> Wanted:
    """Return everything that the commands of these groups name."""
    wanted = Wanted()
    for group in groups:
        for request in group.requests:
            command = request.command
            if request.key is not None:
                wanted.keys[command.operation, request.key] = None
            _add(wanted, command)
            if not isinstance(command, ledger.OpenAccount):
                for condition in command.require:
                    wanted.accounts[condition.account] = None
    return wanted


def resolved(
    kind: str, references: Iterable[ledger.Reference], found: Mapping[tuple[str, str], UUID]
) -> dict[ledger.Reference, UUID]:
    """Return the ids that references of one kind mean; what is unknown is missing."""
    ids: dict[ledger.Reference, UUID] = {}
    for reference in references:
        id_ = reference.id or found.get((kind, reference.external_id or ""))
        if id_ is not None:
            ids[reference] = id_
    return ids


def _add(wanted: Wanted, command: ledger.Command) -> None:  # noqa: C901, PLR0912 - one case for each command
    match command:
        case ledger.Transfer():
            _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
            wanted.accounts[command.from_] = None
            wanted.accounts[command.to] = None
            _date(wanted, command.to, ledger.Side.CREDIT, command.available_at)
        case ledger.PostTransaction():
            _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
            for draft in command.entries:
                wanted.accounts[draft.account] = None
                _date(wanted, draft.account, draft.side, draft.available_at)
        case ledger.OpenAccount():
            _claim(wanted, ledger.ACCOUNT_KIND, command.external_id)
            wanted.opened.add(command.currency)
        case (
            ledger.UpdateAccount()
            | ledger.FreezeAccount()
            | ledger.UnfreezeAccount()
            | ledger.CloseAccount()
            | ledger.ReopenAccount()
        ):
            wanted.accounts[command.account] = None
        case ledger.ReverseTransaction():
            _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
            wanted.transactions[command.transaction] = None
        case ledger.RescheduleEntry() | ledger.ReleaseEarly() | ledger.DelayAvailability() | ledger.ForfeitReserve():
            _add_moved(wanted, command)
        case ledger.PlaceHold():
            _claim(wanted, ledger.HOLD_KIND, command.external_id)
            wanted.accounts[command.account] = None
            if command.destination is not None:
                wanted.accounts[command.destination] = None
            if command.external_id is not None:
                wanted.placed.setdefault(command.external_id, command)
        case ledger.CaptureHold() | ledger.ReleaseHold() | ledger.IncrementHold() | ledger.ExtendHold():
            _add_hold(wanted, command)
        case ledger.RecordExpiry():
            wanted.holds[command.hold] = None
            wanted.expiring[command.hold] = None
        case ledger.SetAdvancePlan() | ledger.QuoteInstantAvailability() | ledger.AcceptInstantQuote():
            _add_about_advances(wanted, command)
        case _:
            _add_about_policies(wanted, command)


def _add_hold(
    wanted: Wanted, command: ledger.CaptureHold | ledger.ReleaseHold | ledger.IncrementHold | ledger.ExtendHold
) -> None:
    wanted.holds[command.hold] = None
    if isinstance(command, ledger.CaptureHold):
        _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
        for destination in command.destinations or ():
            wanted.accounts[destination.account] = None
        wanted.captures.append(command)


def _add_about_policies(
    wanted: Wanted,
    command: ledger.Deposit | ledger.PublishPolicy | ledger.AssignPolicy | ledger.SetClosures | ledger.SetReservePlan,
) -> None:
    wanted.about_policies = True
    match command:
        case ledger.Deposit():
            _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
            wanted.accounts[command.from_] = None
            wanted.accounts[command.to] = None
            wanted.depositing[command.to] = None
        case ledger.PublishPolicy():
            wanted.policies[ledger.Reference(external_id=command.name)] = None
        case ledger.AssignPolicy():
            if command.policy is not None:
                wanted.policies[command.policy] = None
            if command.account is not None:
                wanted.accounts[command.account] = None
                wanted.depositing[command.account] = None
        case ledger.SetReservePlan():
            wanted.accounts[command.account] = None
            wanted.depositing[command.account] = None
        case ledger.SetClosures():
            pass
        case _:
            assert_never(command)


def _add_about_advances(
    wanted: Wanted, command: ledger.SetAdvancePlan | ledger.QuoteInstantAvailability | ledger.AcceptInstantQuote
) -> None:
    wanted.about_advances = True
    match command:
        case ledger.SetAdvancePlan():
            wanted.accounts[command.lender] = None
            wanted.accounts[command.fee_account] = None
        case ledger.QuoteInstantAvailability():
            wanted.accounts[command.account] = None
            wanted.advancing[command.account] = None
            if command.external_id is not None:
                wanted.quote_names[command.external_id] = None
        case ledger.AcceptInstantQuote():
            _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
            wanted.quotes[command.quote] = None
            if command.quote.external_id is not None:
                wanted.quote_names[command.quote.external_id] = None
        case _:
            assert_never(command)


def _add_moved(
    wanted: Wanted,
    command: ledger.RescheduleEntry | ledger.ReleaseEarly | ledger.DelayAvailability | ledger.ForfeitReserve,
) -> None:
    if isinstance(command, ledger.RescheduleEntry):
        wanted.transactions[command.transaction] = None
    else:
        wanted.transactions[command.entry.transaction] = None
    if isinstance(command, ledger.ForfeitReserve):
        _claim(wanted, ledger.TRANSACTION_KIND, command.external_id)
        wanted.accounts[command.to] = None


def _claim(wanted: Wanted, kind: str, external_id: str | None) -> None:
    if external_id is not None:
        wanted.claimed[kind, external_id] = None


def _date(wanted: Wanted, account: ledger.Reference, side: ledger.Side, available_at: int | None) -> None:
    if available_at is not None:
        wanted.dated.append((account, side, available_at))


def taken_buckets(
    wanted: Wanted,
    accounts: Mapping[ledger.Reference, UUID],
    holds: Mapping[ledger.Reference, UUID],
    pages: ledger.Pages,
) -> list[tuple[UUID, int]]:
    """Return the buckets that the batch may take from: pins, and entries to be reversed or moved in time.

    To be asked once accounts, holds and entries are among the pages. What the batch itself makes has no buckets yet.
    """
    buckets: dict[tuple[UUID, int], None] = {}
    for reference, side, instant in wanted.dated:
        account = pages.accounts.get(accounts.get(reference, _NOBODY))
        if account is not None and account.normal_side is not side and instant > pages.at:
            buckets[account.id, instant] = None
    for command in wanted.captures:
        for target, until in _captured(wanted, command, holds, pages):
            account_id = accounts.get(target, target.id)
            if account_id is not None and until is not None and until > pages.at:
                buckets[account_id, until] = None
    loaded: list[Sequence[ledger.Entry]] = [*pages.entries.values(), *pages.naming.values()]
    for entry in (entry for entries in loaded for entry in entries):
        if entry.available_at is not None and entry.available_at > pages.at:
            buckets[entry.account_id, entry.available_at] = None
    return list(buckets)


def _captured(
    wanted: Wanted, command: ledger.CaptureHold, holds: Mapping[ledger.Reference, UUID], pages: ledger.Pages
) -> list[tuple[ledger.Reference, int | None]]:
    """The accounts and instants of a capture's lines, of a hold that is stored or placed by the batch itself."""
    if command.destinations is not None:
        return [(destination.account, destination.available_at) for destination in command.destinations]
    hold = pages.holds.get(holds.get(command.hold, _NOBODY))
    if hold is not None:
        return [(ledger.Reference(hold.destination_id), command.available_at)]
    placed = wanted.placed.get(command.hold.external_id or "")
    if placed is not None and placed.destination is not None:
        return [(placed.destination, command.available_at)]
    return []
