"""The front desk: commands of a principal go to the writer, questions to a reader of its tenant."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any

from app import ledger, store, telemetry
from app.services import clock
from app.services.access import Principal, Scope, demanded, denial
from app.services.almanac import Almanac
from app.services.backtests import Backtester
from app.services.batch import BatchRunner
from app.services.budget import Budget, Budgets
from app.services.faults import Fault, Forbidden, Unavailable
from app.services.key_desk import KeyDesk
from app.services.key_uses import KeyUses
from app.services.keys import KeyRecord
from app.services.reader import Reader, reaching
from app.services.simulation import Prospect, Simulation, simulate
from app.services.sweeper import Sweeper
from app.services.tenant_clock import TenantClock
from app.services.writer import Writer, WriterLimits
from app.values import value

Answers = list[ledger.Decision]


@value
class GatewayLimits:
    """Bounds of the services, in commands and seconds; `sweep_interval_seconds` None leaves the sweeper off.

    `backtest_interval_seconds` is how often one looks for back-tests that another process left; None is never.
    """

    writer: WriterLimits = field(default_factory=WriterLimits)
    read_seconds_max: float = 8.0
    drain_seconds_max: float = 20.0
    sweep_interval_seconds: float | None = 1.0
    backtest_interval_seconds: float | None = None
    budget_points_max: int = 100_000
    budget_points_per_second: int = 10_000


class Gateway:
    """One for each process. Start it before use, and drain it before the database is closed."""

    def __init__(
        self,
        database: store.Database,
        limits: GatewayLimits | None = None,
        *,
        new_id: clock.IdSource = clock.new_id,
    ) -> None:
        self._database = database
        self._limits = limits or GatewayLimits()
        self._new_id = new_id
        self._currencies: Mapping[str, ledger.Currency] = MappingProxyType({})
        self._runner = BatchRunner(database)
        self._writer = Writer(self._runner.run, database.lanes, self._limits.writer)
        self._budgets = Budgets(self._limits.budget_points_max, self._limits.budget_points_per_second)
        self._sweeper: Sweeper | None = None
        self._backtester = Backtester(
            database,
            self._writer,
            lambda: self._runner.almanac,
            new_id,
            interval_seconds=self._limits.backtest_interval_seconds,
        )
        self._key_uses = KeyUses(database, self._writer)
        self._draining = False

    @property
    def currencies(self) -> Mapping[str, ledger.Currency]:
        """Every currency that may be used, by code."""
        return self._currencies

    @property
    def almanac(self) -> Almanac:
        """The calendars of the world, and policies by their documents."""
        return self._runner.almanac

    @property
    def writer(self) -> Writer:
        """The writer, for what submits commands of its own accord."""
        return self._writer

    async def start(self) -> None:
        """Read what never changes and begin to serve; raises Unavailable where the database cannot be used."""
        try:
            await store.require_migrated(self._database)
            async with self._database.read() as session:
                found = await store.find_currencies(session)
        except store.StoreError as error:
            # Nobody drains what never started, and an open connection would keep the process alive.
            await self._database.close()
            raise Unavailable(_sentence(error)) from error
        self._currencies = MappingProxyType({currency.code: currency for currency in found})
        self._runner.currencies = {currency.code: currency.exponent for currency in found}
        self._runner.almanac = Almanac(self._runner.currencies)
        await asyncio.to_thread(self._runner.almanac.learn)
        self._writer.start()
        self._key_uses.start()
        self._backtester.start()
        if self._limits.sweep_interval_seconds is not None:
            self._sweeper = Sweeper(
                self._database,
                self._writer,
                self._new_id,
                interval_seconds=self._limits.sweep_interval_seconds,
            )
            self._sweeper.start()

    async def drain(self) -> None:
        """Refuse new commands, finish those accepted, stop, and close the database."""
        self._draining = True
        if self._sweeper is not None:
            await self._sweeper.stop()
        await self._backtester.stop()
        await self._key_uses.stop()
        await self._writer.drain(self._limits.drain_seconds_max)
        await self._database.close()

    async def ready(self) -> list[str]:
        """Return the reasons why this process should get no requests; empty where there are none."""
        reasons = ["it is stopping"] if self._draining else []
        if self._writer.full:
            reasons.append("the writer's queues are full")
        if self._runner.clock_suspect:
            reasons.append("the database's clock has jumped ahead")
        try:
            await store.require_migrated(self._database)
        except store.Unmigrated:
            reasons.append("the database is not migrated")
        except store.StoreError:
            reasons.append("the database cannot be reached")
        return reasons

    async def find_key(self, key_id: str) -> KeyRecord | None:
        """Return a stored API key by its public id, revoked and expired ones included; raises Unavailable."""
        with reaching():
            async with self._database.read() as session:
                found = await store.find_key(session, key_id)
        if found is None:
            return None
        return KeyRecord(
            key_id=found.id,
            tenant_id=found.tenant_id,
            tenant=found.tenant,
            organisation=found.organisation,
            mode=found.mode,
            scopes=found.scopes,
            secret_hash=found.secret_hash,
            expires_at=found.expires_at,
            revoked_at=found.revoked_at,
            allowed=None if found.allowed_addresses is None else tuple(map(ip_network, found.allowed_addresses)),
        )

    async def find_tenant(self, name: str) -> store.Tenant | None:
        """Return the tenant of a name, which a token names; raises Unavailable."""
        with reaching():
            async with self._database.read() as session:
                return await store.find_tenant(session, name)

    def note_key_use(self, key: KeyRecord) -> None:
        """Note that a key is used now; that is written in the background."""
        self._key_uses.note(key.tenant_id, key.key_id)

    def key_desk(self, principal: Principal) -> KeyDesk:
        """Return what makes and ends keys of the principal's tenant; raises Forbidden."""
        principal.demand(Scope.KEYS_MANAGE)
        return KeyDesk(self._database, principal, self._writer.run)

    @property
    def backtester(self) -> Backtester:
        """Who keeps back-tests and works them off."""
        return self._backtester

    def budget(self, bearer: str) -> Budget:
        """Return the budget of a bearer, by its public id; it is this process's own."""
        return self._budgets.of(bearer)

    def reader(self, principal: Principal, *, at_least: int | None = None, once: bool = False) -> Reader:
        """Return a reader of the principal's tenant, for one operation; it connects when first asked.

        `once` tells that nothing will be read but `funds`, and that but once.
        """
        seconds = self._limits.read_seconds_max
        return Reader(self._database, principal.tenant_id, at_least=at_least, once=once, seconds_max=seconds)

    def tenant_clock(self, principal: Principal) -> TenantClock:
        """Return what moves the clock of the principal's tenant; raises Forbidden where it has none of its own."""
        principal.demand(Scope.CLOCK_MOVE)
        if principal.mode != "TEST":
            raise Forbidden("Only a TEST tenant has a clock that can be moved.")
        return TenantClock(
            self._database,
            self._runner,
            self._writer,
            principal.tenant_id,
            new_id=self._new_id,
            batch_commands_max=self._limits.writer.batch_commands_max,
        )

    def request(self, principal: Principal, command: ledger.Command, key: str) -> ledger.Request:
        """Return a command ready to be submitted under its idempotency key; raises Forbidden."""
        for scope in demanded(command):
            principal.demand(scope)
        fingerprint, digests = ledger.fingerprint(command)
        return ledger.Request(
            command,
            key,
            self._new_id(),
            principal.key_id,
            fingerprint=fingerprint,
            digests=digests,
            may_advance=principal.may(Scope.MONEY_ADVANCE),
            address=principal.address,
        )

    async def record(self, principal: Principal, operation: str, code: str | None) -> None:
        """Add to the audit log what had no effect of its own to be written with; None for a code is a success.

        Never raises: what was asked is answered all the same, and the log of the process tells what is missing.
        """
        record = store.AuditRecord(
            id=self._new_id(),
            principal=principal.key_id,
            operation=operation,
            outcome="ACCEPTED" if code is None else "REFUSED",
            code=code,
            address=principal.address,
        )

        async def work(lane: int) -> None:
            async with self._database.write(lane, principal.tenant_id) as unit:
                await store.insert_audit_record(unit, principal.tenant_id, record)
                await unit.commit()

        try:
            await self._writer.run(principal.tenant_id, work)
        except Fault as fault:
            telemetry.warn(telemetry.WRITER, "an audit record was not written", error=telemetry.class_of(fault))

    async def submit(
        self, principal: Principal, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> list[Answers]:
        """Have groups decided and return the decisions of each, in order; raises the first fault.

        A dry run decides over one snapshot, in order, and stores nothing.
        """
        answers: list[Answers] = []
        for answer in await self.submit_each(principal, groups, dry_run=dry_run):
            if isinstance(answer, Fault):
                raise answer
            answers.append(answer)
        return answers

    async def submit_each(
        self, principal: Principal, groups: Sequence[ledger.Group], *, dry_run: bool = False
    ) -> list[Answers | Fault]:
        """Have groups decided and return, for each, its decisions or the fault that befell it alone."""
        if dry_run:
            with reaching():
                rehearsed = await self._runner.rehearse(principal.tenant_id, groups)
            return [_permitted(answer) for answer in rehearsed]
        early: dict[int, Answers] = {}
        queued: list[ledger.Group] = []
        for number, group in enumerate(groups):
            refused = self._refused_early(group)
            if refused is not None:
                early[number] = refused
            else:
                queued.append(group)
        decided = iter(await self._writer.submit(principal.tenant_id, queued) if queued else [])
        return [early[number] if number in early else _permitted(next(decided)) for number in range(len(groups))]

    async def simulate(
        self,
        reader: Reader,
        groups: Sequence[ledger.Group],
        at: int | None = None,
        prospect: Prospect | None = None,
    ) -> Simulation:
        """Tell what groups would come to now or at a later instant, and store nothing; raises BadInput.

        A group that lacks a scope which only the ledger could tell was needed has that fault for its decisions.
        """
        told = await simulate(reader, self._runner, groups, at, prospect)
        return replace(told, decisions=[_permitted(answer) for answer in told.decisions])

    async def submit_windows(self, principal: Principal, groups: Sequence[ledger.Group]) -> list[Answers | Fault]:
        """As `submit_each`, for more groups than a batch has room for: a full batch of single commands after the other.

        Where one finds no room in the queues, its groups and all those after it are told so: nothing was done of them.
        Raises that fault where it is the first.
        """
        size = self._limits.writer.batch_commands_max
        answers: list[Answers | Fault] = []
        for start in range(0, len(groups), size):
            try:
                answers += await self.submit_each(principal, groups[start : start + size])
            except Fault as fault:
                if not answers:
                    raise
                return answers + [fault] * (len(groups) - start)
        return answers

    def _refused_early(self, group: ledger.Group) -> Answers | None:
        """Return the answer to a lone command that refuses itself; it need not wait for anyone."""
        if len(group.requests) != 1:
            return None
        unsound = ledger.check(group.requests[0].command, self._runner.currencies)
        return None if unsound is None else [ledger.Rejected(unsound, stored=False)]


def open_gateway(
    url: str,
    limits: GatewayLimits | None = None,
    *,
    new_id: clock.IdSource = clock.new_id,
    **options: Any,  # noqa: ANN401 - those of store.open_database, by name
) -> Gateway:
    """Open the database at an address and return its front desk, to be started; raises Unavailable."""
    try:
        database = store.open_database(url, **options)
    except store.StoreError as error:
        raise Unavailable(_sentence(error)) from error
    return Gateway(database, limits, new_id=new_id)


def _sentence(error: store.StoreError) -> str:
    text = str(error).strip().rstrip(".") or type(error).__name__
    return f"{text[0].upper()}{text[1:]}."


def _permitted(answer: Answers | Fault) -> Answers | Fault:
    """Turn a decision that only lacked a scope into the fault it is."""
    if isinstance(answer, Fault):
        return answer
    denied = next((decision for decision in answer if isinstance(decision, ledger.Denied)), None)
    return answer if denied is None else denial(denied)
