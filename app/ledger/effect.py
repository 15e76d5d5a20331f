"""The net effect of a command on each account: gathered from its lines, judged as a whole, then written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from app.ledger import money
from app.ledger.account import Account
from app.ledger.balance import Balance
from app.ledger.case import Case
from app.ledger.decision import Culprit, RejectionCode
from app.ledger.transaction import Entry, Line, Transaction
from app.values import value


@dataclass(slots=True)
class Effect:
    """What one command does to one account, in its normal sign; `line` is the first that touches it.

    `increases` and `decreases` are the sums of its lines of either sign: between them lies every
    balance that one of its entries may carry. `sets_aside` is True for placing and increasing a
    hold, which a freeze of the way out refuses; `until` is when the hold lapses, from when on the
    command would be refused anyway.
    """

    account: Account
    line: int | None
    ledger: int = 0
    held: int = 0
    buckets: dict[int, int] = field(default_factory=dict)
    increases: int = 0
    decreases: int = 0
    sets_aside: bool = False
    until: int | None = None

    @property
    def available(self) -> int:
        """The change of available money at the instant of the decision: ΔL - ΔU - ΔH."""
        return self.ledger - self.held - (sum(self.buckets.values()) if self.buckets else 0)

    def available_at(self, instant: int) -> int:
        """The change of available money if the same command came at a later instant."""
        still_maturing = sum(amount for at, amount in self.buckets.items() if at > instant)
        return self.ledger - still_maturing - self.held


@value
class Licence:
    """What a command is allowed: `force` skips floor and freeze, `pins` lets it take unmatured money."""

    force: bool = False
    pins: bool = False


def gather(lines: Iterable[Line]) -> dict[UUID, Effect]:
    """Return the net effect of the lines on each account, in order of first appearance."""
    effects: dict[UUID, Effect] = {}
    for number, line in enumerate(lines, 1):
        effect = effects.get(line.account.id)
        if effect is None:
            effect = effects[line.account.id] = Effect(line.account, number)
        signed = line.signed
        effect.ledger += signed
        if signed > 0:
            effect.increases += signed
        else:
            effect.decreases += signed
        if line.available_at is not None:
            effect.buckets[line.available_at] = effect.buckets.get(line.available_at, 0) + signed
    return effects


def judge(case: Case, effects: dict[UUID, Effect], lines: Sequence[Line], licence: Licence) -> None:
    """Note all that speaks against these effects, each account taken with its net change."""
    for effect in effects.values():
        balance = case.book.balances[effect.account.id]
        case.open(effect.account, effect.line)
        if not licence.force:
            _judge_freeze(case, effect, balance)
            _judge_funds(case, effect, balance)
        if effect.buckets:
            _judge_buckets(case, effect, lines, licence)
        _judge_size(case, effect, balance)


def _judge_freeze(case: Case, effect: Effect, balance: Balance) -> None:
    if balance.out_frozen and (effect.ledger < 0 or effect.sets_aside):
        side = "OUT"
    elif balance.in_frozen and effect.ledger > 0:
        side = "IN"
    else:
        return
    case.refuse(RejectionCode.ACCOUNT_FROZEN, Culprit(account=effect.account.id, line=effect.line), actual=side)


def _judge_buckets(case: Case, effect: Effect, lines: Sequence[Line], licence: Licence) -> None:
    for instant, amount in effect.buckets.items():
        if amount >= 0:
            continue
        number, pin = next(
            (number, line)
            for number, line in enumerate(lines, 1)
            if line.account.id == effect.account.id and line.available_at == instant and line.signed < 0
        )
        culprit = Culprit(account=effect.account.id, line=number)
        if not licence.pins and not _funds_later_money(pin, lines):
            case.refuse(RejectionCode.PIN_NOT_ALLOWED, culprit)
        bucket = case.book.buckets.get((effect.account.id, instant), 0)
        if bucket + amount < 0:
            case.refuse(
                RejectionCode.SLICE_EXCEEDED,
                culprit,
                remaining=bucket,
                currency=effect.account.currency,
                exponent=effect.account.exponent,
            )


def _funds_later_money(pin: Line, lines: Iterable[Line]) -> bool:
    """Whether every opposite entry of the currency is an increase that matures no earlier than the pin."""
    return all(
        line.signed > 0 and line.available_at is not None and line.available_at >= (pin.available_at or 0)
        for line in lines
        if line.side is not pin.side and line.account.currency == pin.account.currency
    )


def _judge_funds(case: Case, effect: Effect, balance: Balance) -> None:
    change = effect.available
    if change >= 0 or balance.floor is None or balance.available + change >= balance.floor:
        return
    case.refuse(
        RejectionCode.INSUFFICIENT_FUNDS,
        Culprit(account=effect.account.id, line=effect.line),
        currency=effect.account.currency,
        exponent=effect.account.exponent,
        spendable=balance.available - balance.floor,
        shortfall=balance.floor - balance.available - change,
        earliest_at=_earliest(case, effect, balance, balance.floor),
    )


def _earliest(case: Case, effect: Effect, balance: Balance, floor: int) -> int | None:
    """Return the first of the account's next maturities and expiries at which the effect would fit.

    It fits where it leaves the floor alone, or takes nothing away any more.
    """
    futures = case.book.futures(effect.account.id)
    if futures is None:
        case.book.refused.add(effect.account.id)
        return None
    available = balance.available
    for instant, gain in futures:
        if effect.until is not None and instant >= effect.until:
            return None
        available += gain
        change = effect.available_at(instant)
        if change >= 0 or available + change >= floor:
            return instant
    return None


def _judge_size(case: Case, effect: Effect, balance: Balance) -> None:
    # Each entry carries the balance after it, and the order of entries never matters: judged at the extremes.
    ledger = max(balance.ledger + effect.increases, -balance.ledger - effect.decreases)
    maturing = balance.maturing + (sum(effect.buckets.values()) if effect.buckets else 0)
    held = balance.held + balance.lapsed + effect.held
    if ledger > money.BALANCE_MAX or maturing > money.BALANCE_MAX or held > money.BALANCE_MAX:
        case.refuse(RejectionCode.BALANCE_OVERFLOW, Culprit(account=effect.account.id, line=effect.line))


def settle(case: Case, effects: dict[UUID, Effect]) -> dict[UUID, Balance]:
    """Write the new balances, each touched account's version one higher; return them."""
    settled: dict[UUID, Balance] = {}
    for account_id, effect in effects.items():
        before = case.book.balances[account_id]
        after = Balance(
            before.ledger + effect.ledger,
            before.maturing + (sum(effect.buckets.values()) if effect.buckets else 0),
            before.held + effect.held,
            before.lapsed,
            before.floor,
            before.version + 1,
            before.out_frozen,
            before.in_frozen,
            before.closed,
        )
        for instant, amount in effect.buckets.items():
            case.book.add_to_bucket(account_id, instant, amount)
        case.book.put_balance(account_id, after)
        settled[account_id] = after
    return settled


def write(case: Case, transaction: Transaction, lines: Sequence[Line]) -> None:
    """Write a transaction and its entries, each with the balance after it. Call before `settle`."""
    running: dict[UUID, tuple[int, int]] = {}
    balances, entries = case.book.balances, []
    for number, line in enumerate(lines, 1):
        account_id, signed = line.account.id, line.signed
        balance = balances[account_id]
        ledger, maturing = running.get(account_id, (balance.ledger, balance.maturing))
        ledger += signed
        if line.available_at is not None:
            maturing += signed
        running[account_id] = (ledger, maturing)
        entries.append(
            Entry(
                transaction_id=transaction.id,
                line=number,
                account_id=account_id,
                side=line.side,
                amount=line.amount,
                kind=line.kind,
                reason=line.reason,
                of_entry=line.of_entry,
                available_at=line.available_at,
                balance_after=ledger,
                maturing_after=maturing,
                account_version=balance.version + 1,
                sequence=transaction.sequence,
                recorded_at=transaction.recorded_at,
                effective_at=transaction.effective_at,
            )
        )
    case.book.put_transaction(transaction, entries)
