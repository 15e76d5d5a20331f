"""Random valid queries of the whole schema, by seed: fragments, aliases, arguments and variables included."""

import random
from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

_LEVELS = 6
_FIELDS = 6
# An instant before the ledger's, its own, and one when all has matured.
_INSTANTS = ("2023-11-14T22:13:20.000000Z", "2023-11-15T00:00:00.000000Z", "2024-06-01T00:00:00.000000Z")


class RandomDocuments:
    """Makes queries out of a schema; ids and names are those that a ledger knows."""

    def __init__(
        self, schema: strawberry.Schema, chance: random.Random, ids: Sequence[str], names: Sequence[str]
    ) -> None:
        self._schema = schema._schema
        self._chance = chance
        self._ids = ids
        self._names = names
        self._fragments: list[str] = []

    def next(self) -> tuple[str, dict[str, Any]]:
        """Return a document and its variables."""
        self._fragments = []
        query = self._schema.query_type
        assert query is not None
        body = self._selection(query, _LEVELS, most=2)
        head = "query ($yes: Boolean = true)" if "$yes" in body + "".join(self._fragments) else "query"
        return "\n".join([f"{head} {body}", *self._fragments]), {}

    def _selection(self, kind: GraphQLObjectType | GraphQLInterfaceType, levels: int, most: int = _FIELDS) -> str:
        chosen = self._chance.sample(sorted(kind.fields), min(len(kind.fields), self._chance.randint(1, most)))
        parts = [part for name in chosen if (part := self._field(name, kind.fields[name], levels))]
        if isinstance(kind, GraphQLInterfaceType):
            parts += [f"... on {one.name} {self._selection(one, levels - 1)}" for one in self._some_of(kind)]
        if not parts or self._chance.random() < 0.2:
            parts.append("__typename")
        if self._chance.random() < 0.15:
            part = parts.pop()
            parts.append(f"... on {kind.name} {{ {part} }}" if self._chance.random() < 0.5 else f"... {{ {part} }}")
        if self._chance.random() < 0.15:
            name = f"F{len(self._fragments)}"
            self._fragments.append("")
            self._fragments[int(name[1:])] = f"fragment {name} on {kind.name} {{ {parts.pop()} }}"
            parts.append(f"...{name}")
        return f"{{ {' '.join(parts)} }}"

    def _some_of(self, kind: GraphQLInterfaceType) -> list[GraphQLObjectType]:
        possible = sorted(self._schema.get_possible_types(kind), key=lambda one: one.name)
        return self._chance.sample(possible, self._chance.randint(0, min(2, len(possible))))

    def _field(self, name: str, field: GraphQLField, levels: int) -> str | None:
        inner = get_named_type(field.type)
        if not levels and not is_leaf_type(inner):
            return None
        arguments = self._arguments(field)
        if arguments is None:
            return None
        # A response name of its own for each, as arguments and types differ; some stand as they are.
        alias = f"x{self._chance.randrange(10**9)}: " if arguments or self._chance.random() < 0.9 else ""
        directive = " @include(if: $yes)" if self._chance.random() < 0.03 else ""
        selection = "" if is_leaf_type(inner) else f" {self._selection(inner, levels - 1)}"  # type: ignore[arg-type]
        return f"{alias}{name}{arguments}{directive}{selection}"

    def _arguments(self, field: GraphQLField) -> str | None:
        """Return arguments, or None for a field whose required ones are not known here."""
        made = []
        for name, argument in field.args.items():
            if not is_required_argument(argument) and self._chance.random() < 0.6:
                continue
            value = self._argument(name, argument)
            if value is not None:
                made.append(f"{name}: {value}")
            elif is_required_argument(argument):
                return None
        return f"({', '.join(made)})" if made else ""

    def _argument(self, name: str, argument: GraphQLArgument) -> str | None:
        kind = str(argument.type).rstrip("!")
        by = f'{{externalId: "{self._chance.choice(self._names)}"}}'
        known = {
            "AccountBy": by,
            "HoldBy": by,
            "TransactionBy": by,
            "[AccountBy!]": f"[{by}, {by}]",
            "ID": f'"{self._chance.choice(self._ids)}"',
            "[ID!]": f'["{self._chance.choice(self._ids)}", "{self._chance.choice(self._ids)}"]',
            "DateTime": f'"{self._chance.choice(_INSTANTS)}"',
            "Boolean": "true",
            "MoneyInput": '{amount: "3.50", currency: "USD"}',
        }
        if name in {"first", "last"}:
            return str(self._chance.randint(0 if self._chance.random() < 0.05 else 1, 4))
        return known.get(kind)
