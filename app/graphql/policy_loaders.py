"""Loaders of policies, and of what commands did to them: batched as all reads of an operation are."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from app import ledger, services
from app.graphql.loader import Loader
from app.graphql.policy import EntryRule, Policy, PolicyVersion, entry_rule_of, policy_of, policy_version_of

if TYPE_CHECKING:
    from app.graphql.loaders import Loaders, Read


class PolicyLoaders:
    """What one operation has read of policies."""

    def __init__(
        self, loaders: "Loaders", read: "Read", start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    ) -> None:
        self._loaders = loaders
        self._read = read
        self.ids: Loader[str, UUID] = Loader(self._ids, start)
        self.named: Loader[UUID, Policy] = Loader(self._named, start)
        self.versions: Loader[tuple[UUID, int | None], PolicyVersion] = Loader(self._versions, start)
        self.histories: Loader[tuple[UUID, int], Sequence[PolicyVersion]] = Loader(self._histories, start)
        self.followed: Loader[UUID, UUID] = Loader(self._followed, start)
        self.published: Loader[int, tuple[UUID, int]] = Loader(self._published, start)
        self.assignments: Loader[int, ledger.PolicyAssignment] = Loader(self._assignments, start)
        self.calendar_changes: Loader[int, ledger.CalendarChange] = Loader(self._calendar_changes, start)
        self.rules: Loader[ledger.EntryKey, EntryRule] = Loader(self._rules, start)

    def keep(self, rows: Sequence[ledger.PolicyVersion]) -> list[Policy]:
        """Return policies by their first versions, and remember them."""
        made = [policy_of(row) for row in rows]
        self.named.prime({policy.row.id: policy for policy in made})
        return made

    async def _ids(self, names: Sequence[str]) -> Mapping[str, UUID]:
        return await self._read(services.Reader.policy_names, names)

    async def _named(self, ids: Sequence[UUID]) -> Mapping[UUID, Policy]:
        found = await self.versions.all((id_, None) for id_ in ids)
        return {version.row.id: policy_of(version.row) for version in found}

    async def _versions(
        self, keys: Sequence[tuple[UUID, int | None]]
    ) -> Mapping[tuple[UUID, int | None], PolicyVersion]:
        rows = await self._read(services.Reader.policies, keys)
        return {key: policy_version_of(row) for key, row in rows.items()}

    async def _histories(self, keys: Sequence[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], Sequence[PolicyVersion]]:
        made: dict[tuple[UUID, int], Sequence[PolicyVersion]] = {}
        for most in {most for _, most in keys}:
            ids = [id_ for id_, wanted in keys if wanted == most]
            histories = await self._read(services.Reader.policy_versions, ids, most)
            made |= {(id_, most): [policy_version_of(row) for row in rows] for id_, rows in histories.items()}
        return made

    async def _followed(self, account_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
        accounts = await self._loaders.accounts.all(account_ids)
        return await self._read(services.Reader.followed, [account.row for account in accounts])

    async def _published(self, sequences: Sequence[int]) -> Mapping[int, tuple[UUID, int]]:
        return await self._read(services.Reader.published, sequences)

    async def _assignments(self, sequences: Sequence[int]) -> Mapping[int, ledger.PolicyAssignment]:
        return await self._read(services.Reader.assignments, sequences)

    async def _calendar_changes(self, sequences: Sequence[int]) -> Mapping[int, ledger.CalendarChange]:
        return await self._read(services.Reader.calendar_changes, sequences)

    async def _rules(self, keys: Sequence[ledger.EntryKey]) -> Mapping[ledger.EntryKey, EntryRule]:
        rows = await self._read(services.Reader.entry_rules, keys)
        return {key: entry_rule_of(row) for key, row in rows.items()}
