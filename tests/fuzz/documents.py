"""Documents and variables by the schema, with chance from a seed: mostly well formed, wrong in all sorts of ways."""

import json
import random
import re
from collections import deque
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

POOL_MAX: Final = 400
TEMPLATES_MAX: Final = 300
FIELDS_MAX: Final = 30
_IDS: Final = re.compile(rb'"((acct|txn|hold|evt|pol)_[0-9a-z]{26})"')
_CURSORS: Final = re.compile(rb'"(?:endCursor|startCursor|cursor)":"([^"]{4,400})"')
_PREFIXES: Final = {"AccountBy": "acct", "HoldBy": "hold", "TransactionBy": "txn", "PolicyBy": "pol"}
_USUAL: Final = {
    "method": ("CARD", "ACH", "CHECK", "CASH"),
    "calendar": ("FED", "TARGET", "WEEKDAYS", "NONE"),
    "timeZone": ("UTC", "America/New_York", "Europe/Berlin", "Mars/Base"),
    "kind": ("FEE", "SALE", "A" * 40),
}
_SELDOM: Final = {"after", "before", "last", "atLeast", "require"}
_NAMES: Final = ("alice", "bob", "bank", *(f"fuzz-{number}" for number in range(20)))
_ODD_TEXTS: Final = (
    "", " ", "x", "x" * 300, "é", "\u202eevil", "\U0001d518\U0001f600", "a\nb", "a\tb", "\u0000", "\ud800", "{",
    '"', "\\", "null",
    "' OR 1=1 --", "${jndi:x}", "../../etc/passwd", "<script>", "%00", "%s%n", "__proto__", "4111111111111111",
)  # fmt: skip
_AMOUNTS: Final = (
    "1.00", "0.01", "5", "10.00", "100.00", "0", "-1", "-0.00", "1.005", "9999999999999999.99", "1e3", "1e999", "NaN",
    "Infinity", "1,00", "٣", "0x10", " 1", "1" * 40, ".5", "5.", "00.10", "", "+1",
)  # fmt: skip
_INSTANTS: Final = (
    "2026-01-01T00:00:00Z", "2030-06-01T12:00:00.123456Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
    "2026-02-30T00:00:00Z", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-12-31T23:59:60Z",
    "2026-01-01T00:00:00+14:00", "0000-01-01T00:00:00Z", "tomorrow", "1", "-1", "2026-01-01T00:00:00.1234567Z",
)  # fmt: skip
_INTEGERS: Final = (0, 1, 2, 5, 20, 100, 101, 1_000, -1, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63, 10**30)
_BY_SCALAR: Final = {
    "Decimal": _AMOUNTS,
    "BigInt": tuple(str(number) for number in _INTEGERS),
    "CurrencyCode": ("USD", "USD", "USD", "EUR", "JPY", "BHD", "XQX", "usd", "", "US", "USDT"),
    "DateTime": _INSTANTS,
    "Date": ("2026-01-01", "2026-12-25", "0001-01-01", "9999-12-31", "2026-02-30", "x", "2026-1-1"),
    "Duration": ("P1D", "PT36H", "P1M", "P0D", "P99999Y", "-P1D", "P", "PT", "P1.5D", "x"),
    "Boolean": (True, False, True, False, "true", 0),
    "Int": _INTEGERS,
    "Float": (0.5, 1e308, -0.0, 10**400),
}


class Documents:
    """Makes requests; what answers tell of ids and cursors is used in later ones."""

    def __init__(self, schema: GraphQLSchema, seed: int) -> None:
        self._schema = schema
        self._chance = random.Random(seed)
        self._ids = {
            prefix: deque([f"{prefix}_7zzzzzzzzzzzzzzzzzzzzzzzzz"], maxlen=POOL_MAX)
            for prefix in ("acct", "txn", "hold", "evt", "pol")
        }
        self._cursors: deque[str] = deque(["x", "AAAA"], maxlen=POOL_MAX)
        self._variables: dict[str, tuple[Any, Any]] = {}
        self._templates: deque[tuple[str, dict[str, Any]]] = deque(maxlen=TEMPLATES_MAX)
        self._fields = 0
        self._count = 0

    def learn(self, body: bytes) -> None:
        """Take ids and cursors out of an answer."""
        for found, prefix in _IDS.findall(body)[:8]:
            self._ids[prefix.decode()].append(found.decode())
        self._cursors.extend(found.decode() for found in _CURSORS.findall(body)[:4])

    def request(self) -> dict[str, Any]:
        """Return the members of a request's JSON object."""
        chance = self._chance
        self._count += 1
        if self._templates and chance.random() < 0.6:
            # The same document with other values goes deeper than another document does.
            text, kinds = chance.choice(self._templates)
            values = {name: self._value(kind, 0) for name, kind in kinds.items()}
        else:
            text, values = self._document()
        made: dict[str, Any] = {"query": text}
        if values:
            made["variables"] = {name: value for name, value in values.items() if chance.random() < 0.98}
        if chance.random() < 0.1:
            made["operationName"] = chance.choice(("Fuzz", "Other", "", None))
        return made

    def _document(self) -> tuple[str, dict[str, Any]]:
        chance = self._chance
        self._variables = {}
        self._fields = 0
        mutation = chance.random() < 0.4
        root = self._schema.mutation_type if mutation else self._schema.query_type
        assert root is not None
        selections = " ".join(self._root(root) for _ in range(1 if chance.random() < 0.85 else chance.randrange(2, 6)))
        declared = ", ".join(f"${name}: {kind}" for name, (kind, _) in self._variables.items())
        word = "mutation" if mutation else "query"
        text = f"{word} Fuzz{f'({declared})' if declared else ''} {{ {selections} }}"
        if self._variables:
            self._templates.append((text, {name: kind for name, (kind, _) in self._variables.items()}))
        return text, {name: value for name, (_, value) in self._variables.items()}

    def _root(self, root: GraphQLObjectType) -> str:
        name = self._chance.choice(list(root.fields))
        alias = f"a{self._chance.randrange(9)}: " if self._chance.random() < 0.2 else ""
        return alias + self._field(name, root.fields[name], 0)

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        chance = self._chance
        self._fields += 1
        arguments = []
        for key, argument in field.args.items():
            needed = isinstance(argument.type, GraphQLNonNull)
            if (needed and chance.random() < 0.98) or (
                not needed and chance.random() < (0.06 if key in _SELDOM else 0.35)
            ):
                arguments.append(f"{key}: {self._passed(argument.type)}")
        if chance.random() < 0.001:
            arguments.append("unknown: 1")
        kind = get_named_type(field.type)
        given = f"({', '.join(arguments)})" if arguments else ""
        directive = (
            chance.choice((" @include(if: true)", " @skip(if: false)", " @skip(if: true)", " @skip"))
            if (chance.random() < 0.02)
            else ""
        )
        return f"{name}{given}{directive}{self._selection(kind, depth + 1)}"

    def _selection(self, kind: GraphQLNamedType, depth: int) -> str:
        chance = self._chance
        if isinstance(kind, GraphQLUnionType):
            return self._of_types(kind.types, depth)
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return " { x }" if chance.random() < 0.0005 else ""
        names = list(kind.fields)
        wanted = chance.sample(names, min(len(names), chance.randrange(1, 6)))
        parts = ["__typename"] if chance.random() < 0.1 else []
        for name in wanted:
            field = kind.fields[name]
            leaf = not isinstance(
                get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
            )
            if leaf or (depth < 7 and self._fields < FIELDS_MAX):
                parts.append(self._field(name, field, depth))
        if isinstance(kind, GraphQLInterfaceType) and chance.random() < 0.5:
            parts.append(self._of_types(self._schema.get_possible_types(kind), depth)[2:-1])
        return f" {{ {' '.join(parts) or '__typename'} }}"

    def _of_types(self, types: Any, depth: int) -> str:  # noqa: ANN401 - whatever list graphql-core gives
        kind = self._chance.choice(list(types))
        return f" {{ ... on {kind.name}{self._selection(kind, depth + 1)} }}"

    def _passed(self, kind: Any) -> str:  # noqa: ANN401 - graphql-core's input types have no common one
        value = self._value(kind, 0)
        if self._chance.random() < 0.6:
            name = f"v{len(self._variables)}"
            self._variables[name] = (kind, value)
            return f"${name}"
        return self._literal(value, kind)

    def _value(self, kind: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
        chance = self._chance
        if isinstance(kind, GraphQLNonNull):
            return None if chance.random() < 0.01 else self._value(kind.of_type, depth)
        if chance.random() < 0.01:
            return chance.choice((None, 1, "x", [], {}, True, 1.5, [[1]], {"a": {"b": 1}}))
        if isinstance(kind, GraphQLList):
            size = chance.choice((0, 1, 1, 2, 2, 3, 5)) if chance.random() < 0.99 else chance.choice((60, 101, 300))
            return [self._value(kind.of_type, depth + 1) for _ in range(size if depth < 4 else 1)]
        if isinstance(kind, GraphQLEnumType):
            return chance.choice(list(kind.values)) if chance.random() < 0.98 else "NONE_SUCH"
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, depth)
        return self._scalar(kind.name)

    def _object(self, kind: GraphQLInputObjectType, depth: int) -> dict[str, Any]:
        chance = self._chance
        if kind.is_one_of:
            count = 1 if chance.random() < 0.97 else chance.choice((0, 2))
            names = chance.sample(list(kind.fields), min(count, len(kind.fields)))
        else:
            names = [
                name
                for name, field in kind.fields.items()
                if chance.random()
                < (
                    0.99
                    if isinstance(field.type, GraphQLNonNull)
                    else 0.04
                    if name in _SELDOM
                    else 0.25
                    if depth < 3
                    else 0.08
                )
            ]
        made = {}
        for name in names:
            made[name] = self._named(name, kind.name) if chance.random() < 0.95 else None
            if made[name] is None:
                made[name] = self._value(kind.fields[name].type, depth + 1)
        if chance.random() < 0.003:
            made["unknown"] = 1
        return made

    def _named(self, name: str, kind: str) -> Any:  # noqa: ANN401 - any JSON, None where the name tells nothing
        chance = self._chance
        if name == "idempotencyKey":
            return f"fuzz-{self._count if chance.random() < 0.9 else chance.randrange(1, self._count + 1)}"
        if name in {"externalId", "correlationId"}:
            return chance.choice(_NAMES)
        if name == "id" and kind in _PREFIXES:
            return chance.choice(self._ids[_PREFIXES[kind]])
        if name in _USUAL and kind != "EntryFilter":
            return chance.choice(_USUAL[name])
        return None

    def _scalar(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        chance = self._chance
        if name in _BY_SCALAR:
            values: Any = _BY_SCALAR[name]
            # The first third of each list is what is usual.
            return values[chance.randrange(max(1, len(values) // 3) if chance.random() < 0.94 else len(values))]
        if name == "Metadata":
            return {
                chance.choice(("a", "b", "")): chance.choice(("1", *_ODD_TEXTS)) for _ in range(chance.randrange(3))
            }
        if name == "ID":
            return chance.choice(self._ids[chance.choice(list(self._ids))])
        pool: Any = self._cursors if chance.random() < 0.3 else _NAMES
        return chance.choice(pool) if chance.random() < 0.9 else chance.choice(_ODD_TEXTS)

    def _literal(self, value: Any, kind: Any) -> str:  # noqa: ANN401 - any JSON
        while isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if isinstance(value, dict):
            fields = kind.fields if isinstance(kind, GraphQLInputObjectType) else {}
            inner = (
                f"{name or 'x'}: {self._literal(each, fields[name].type if name in fields else None)}"
                for name, each in value.items()
            )
            return f"{{{', '.join(inner)}}}"
        if isinstance(value, list):
            of = kind.of_type if isinstance(kind, GraphQLList) else None
            return f"[{', '.join(self._literal(each, of) for each in value)}]"
        if isinstance(kind, GraphQLEnumType) and isinstance(value, str):
            return value
        return json.dumps(value)
