"""Back-tests: asked for, worked off in the background a little at a time, and told of however far they are."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson

from app import ledger, store, telemetry
from app.services import clock
from app.services.access import Principal
from app.services.almanac import Almanac
from app.services.faults import BadInput, Fault, Overloaded
from app.services.reader import reaching
from app.services.writer import Writer
from app.values import value

DEPOSITS_MAX: Final = 100_000
"""Deposits that one back-test looks at."""
BACKTEST_DAYS_MAX: Final = 366
"""Days that it spans."""
RUNNING_MAX: Final = 4
"""Back-tests of one tenant that are not done."""
_PAGE: Final = 1_000
_TOGETHER: Final = 100
"""Deposits between two moments at which others have their turn."""
_TOUCH_SECONDS: Final = 1.0
_LEASE_MICROSECONDS: Final = 60_000_000
"""After so long somebody else goes on with a back-test whose process is no more."""


@value
class Question:
    """What is to be back-tested: a published version, or a document of terms that are not; and which deposits.

    `accounts` None is every account of the currency, and `until_at` None is now.
    """

    document: str
    published: ledger.PolicyVersion | None
    currency: str
    accounts: tuple[UUID, ...] | None
    from_at: int
    until_at: int | None

    @property
    def digest(self) -> str:
        """A short text that only an equal question has."""
        asked = [self.document, self.currency, self.accounts, self.from_at, self.until_at]
        return hashlib.sha256(orjson.dumps(asked, default=str)).hexdigest()


@value
class AskedBacktest:
    """A back-test that was asked for, or why it was not."""

    backtest: store.StoredBacktest | None = None
    replayed: bool = False
    rejection: ledger.Rejection | None = None


class Backtester:
    """Works off the back-tests of this process, one after the other, and those that another process left."""

    def __init__(
        self,
        database: store.Database,
        writer: Writer,
        almanac: Callable[[], Almanac],
        new_id: Callable[[], UUID],
        *,
        interval_seconds: float | None,
    ) -> None:
        self._database = database
        self._writer = writer
        self._almanac = almanac
        self._new_id = new_id
        self._interval_seconds = interval_seconds
        self._waiting: asyncio.Queue[tuple[UUID, UUID]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name="backtester")

    async def stop(self) -> None:
        """Stop working; what is not done is begun again by whoever looks next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask(self, principal: Principal, question: Question, key: str) -> AskedBacktest:
        """Keep a question under an idempotency key, to be worked on at once; the answer of then where it was used.

        Raises BadInput for a stretch or a number of deposits beyond what one back-test looks at, and Overloaded.
        """
        tenant_id, id_ = principal.tenant_id, self._new_id()
        with reaching():
            async with self._database.read(tenant_id) as session:
                known = await store.find_backtest(session, tenant_id, key)
                if known is not None:
                    return _replay(known, question, id_)
                # Counting may take a while, and must not keep the tenant's commands waiting.
                placed = await _placed(session, tenant_id, question)
        made = replace(placed, id=id_, created_under=key, principal=principal.key_id)

        async def work(lane: int) -> AskedBacktest:
            async with self._database.write(lane, tenant_id) as unit:
                await store.lock_head(unit, tenant_id)
                known = await store.find_backtest(unit, tenant_id, key)
                if known is not None:
                    return _replay(known, question, id_)
                if await store.count_running_backtests(unit, tenant_id) >= RUNNING_MAX:
                    raise Overloaded("Back-tests of this tenant are still running.", retry_after_seconds=5.0)
                await store.insert_backtest(unit, tenant_id, made)
                await store.insert_audit_record(unit, tenant_id, _record(made, principal, key))
                await unit.commit()
            return AskedBacktest(made)

        answer = await self._writer.run(tenant_id, work)
        if answer.backtest is not None and not answer.replayed:
            self._waiting.put_nowait((tenant_id, answer.backtest.id))
        return answer

    async def find(self, principal: Principal, by: UUID | str) -> store.StoredBacktest | None:
        """Return a back-test by its id or its idempotency key; raises Unavailable."""
        with reaching():
            async with self._database.read(principal.tenant_id) as session:
                return await store.find_backtest(session, principal.tenant_id, by)

    async def _run(self) -> None:
        while True:
            try:
                found = await self._next()
                if found is not None:
                    await self._work_off(*found)
            except (Fault, store.StoreError) as error:
                telemetry.note(telemetry.WRITER, "a back-test is put off", error=telemetry.class_of(error))
            except Exception as error:  # noqa: BLE001 - the next one may be sound
                telemetry.unexpected(error, where="backtester")

    async def _next(self) -> tuple[UUID, UUID] | None:
        """Wait for a back-test that was asked for here; now and then look whether another process left one."""
        try:
            async with asyncio.timeout(self._interval_seconds):
                return await self._waiting.get()
        except TimeoutError:
            pass
        before = clock.now_microseconds() - _LEASE_MICROSECONDS
        async with self._database.read() as session:
            left = await store.find_left_backtest(session, before)
        if left is None:
            return None
        tenant_id, id_ = left

        async def work(lane: int) -> bool:
            async with self._database.write(lane, tenant_id) as unit:
                await store.lock_head(unit, tenant_id)
                found = await store.find_backtest(unit, tenant_id, id_)
                if found is None or found.status != "RUNNING" or found.touched_at >= before:
                    return False
                await store.touch_backtest(unit, tenant_id, _touched(found, 0))
                await unit.commit()
            return True

        return left if await self._writer.run(tenant_id, work) else None

    async def _work_off(self, tenant_id: UUID, id_: UUID) -> None:
        """Look at all of its deposits, from the first on, and keep what came of it."""
        async with self._database.read(tenant_id) as session:
            found = await store.find_backtest(session, tenant_id, id_)
        if found is None or found.status != "RUNNING":
            return
        try:
            result = await self._result(tenant_id, found)
        except (Fault, store.StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - it would fail again for ever
            telemetry.unexpected(error, where="backtester")
            await self._touch(tenant_id, replace(_touched(found, found.done), status="FAILED"))
        else:
            await self._touch(tenant_id, replace(_touched(found, found.total), status="DONE", result=result))

    async def _result(self, tenant_id: UUID, found: store.StoredBacktest) -> Mapping[str, Any]:
        policy = await self._almanac().recall(found.document)
        async with self._database.read(tenant_id) as session:
            days, _ = await store.find_deposit_days(session, tenant_id, [], found.from_at)
        calendar = self._almanac().own_calendar(policy, days)
        if calendar is None:
            message = f"there is no calendar {policy.calendar} any more"
            raise LookupError(message)
        backtest = ledger.Backtest(policy, calendar)
        done, touched = 0, asyncio.get_running_loop().time()
        for place in _places(found):
            here = place
            while deposits := await self._page(tenant_id, here):
                for first in range(0, len(deposits), _TOGETHER):
                    for deposit in deposits[first : first + _TOGETHER]:
                        backtest.add(deposit)
                    await asyncio.sleep(0)
                done += len(deposits)
                here = replace(here, after=deposits[-1].record.sequence)
                if asyncio.get_running_loop().time() - touched > _TOUCH_SECONDS:
                    await self._touch(tenant_id, _touched(found, min(done, found.total)))
                    touched = asyncio.get_running_loop().time()
        return _mapping_of(backtest)

    async def _page(self, tenant_id: UUID, place: store.DepositPlace) -> list[ledger.PastDeposit]:
        async with self._database.read(tenant_id) as session:
            return list(await store.find_deposits(session, tenant_id, place, _PAGE))

    async def _touch(self, tenant_id: UUID, backtest: store.StoredBacktest) -> None:
        async def work(lane: int) -> None:
            async with self._database.write(lane, tenant_id) as unit:
                await store.touch_backtest(unit, tenant_id, backtest)
                await unit.commit()

        await self._writer.run(tenant_id, work)


def _record(made: store.StoredBacktest, principal: Principal, key: str) -> store.AuditRecord:
    return store.AuditRecord(
        id=made.id,
        principal=principal.key_id,
        operation="backtestPolicy",
        outcome="ACCEPTED",
        key_hash=store.hash_of_key(key),
        subject=ledger.identifier.encode(ledger.identifier.BACKTEST, made.id),
        address=principal.address,
    )


def _replay(known: store.StoredBacktest, question: Question, id_: UUID) -> AskedBacktest:
    if known.asked == question.digest:
        return AskedBacktest(known, replayed=known.id != id_)
    rejection = ledger.Rejection(ledger.RejectionCode.IDEMPOTENCY_KEY_REUSED)
    return AskedBacktest(rejection=rejection)


async def _placed(session: store.Session, tenant_id: UUID, question: Question) -> store.StoredBacktest:
    """Return what is to be looked at; raises BadInput."""
    now = (await store.read_moment(session, tenant_id)).at
    # What was deposited at this very instant is looked at too.
    until_at = now + 1 if question.until_at is None else min(question.until_at, now + 1)
    if not 0 <= question.from_at < until_at:
        raise BadInput("from must lie before to, and before now.", ("from",))
    if until_at - question.from_at > BACKTEST_DAYS_MAX * ledger.DAY:
        raise BadInput(f"A back-test spans {BACKTEST_DAYS_MAX} days at most.", ("from",))
    published = question.published
    made = store.StoredBacktest(
        id=tenant_id,
        created_under="",
        asked=question.digest,
        principal="",
        document=question.document,
        policy_id=None if published is None else published.id,
        version=None if published is None else published.version,
        currency=question.currency,
        accounts=question.accounts,
        from_at=question.from_at,
        until_at=until_at,
        after_sequence=await store.find_sequence_at(session, tenant_id, question.from_at - 1),
        through_sequence=await store.find_sequence_at(session, tenant_id, until_at - 1),
        total=0,
        created_at=clock.now_microseconds(),
        touched_at=clock.now_microseconds(),
    )
    total = 0
    for place in _places(made):
        total += await store.count_deposits(session, tenant_id, place, DEPOSITS_MAX + 1 - total)
        if total > DEPOSITS_MAX:
            raise BadInput(f"A back-test looks at {DEPOSITS_MAX:,} deposits at most: ask for less.", ("from",))
    return replace(made, total=total)


def _places(backtest: store.StoredBacktest) -> Iterator[store.DepositPlace]:
    for account_id in (None,) if backtest.accounts is None else backtest.accounts:
        yield store.DepositPlace(backtest.after_sequence, backtest.through_sequence, account_id, backtest.currency)


def _touched(backtest: store.StoredBacktest, done: int) -> store.StoredBacktest:
    return replace(backtest, done=done, touched_at=clock.now_microseconds())


def _mapping_of(backtest: ledger.Backtest) -> Mapping[str, Any]:
    """Return what was found in a form that can be stored: amounts in minor units, times in microseconds."""
    return {
        "compared": [backtest.compared.deposits, backtest.compared.amount],
        "unanswered": [backtest.unanswered.deposits, backtest.unanswered.amount],
        "overridden": [backtest.overridden.deposits, backtest.overridden.amount],
        "earlier": [backtest.earlier.amount, backtest.earlier.money_time],
        "later": [backtest.later.amount, backtest.later.money_time],
        "same": backtest.same,
        "letGo": backtest.let_go,
        "setAside": backtest.set_aside,
        "days": backtest.exposure(),
    }
