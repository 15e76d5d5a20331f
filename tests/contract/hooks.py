"""What Schemathesis needs to know of us: the values of our scalars, what a fault is, and what an answer must be."""

import itertools
import re
from pathlib import Path
from typing import Any, Final

import schemathesis
from graphql import build_schema, parse_value
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from tests.contract.schema_conformance import violations

SCHEMA: Final = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
FAULTS: Final = {"INTERNAL_SERVER_ERROR", "DEADLINE_EXCEEDED", "OUTCOME_UNKNOWN", "OVERLOADED"}
_EXTERNAL_ID: Final = re.compile(r'externalId: "(?:[^"\\]|\\.)*"')
_KEY: Final = re.compile(r'idempotencyKey: "(?:[^"\\]|\\.)*"')
_NAMES: Final = itertools.cycle(["alice", "bob", "bank", "alice", "nobody"])
_NUMBERS: Final = itertools.count(1)
_TEXTS: Final = {
    "BigInt": ["0", "1", "-1", "9007199254740993", "9223372036854775807", "9223372036854775808"],
    "CurrencyCode": ["USD", "EUR", "JPY", "BHD", "XQX", "usd"],
    "Date": ["2026-01-01", "2026-02-28", "9999-12-31", "2026-02-30"],
    "DateTime": ["2026-01-01T00:00:00Z", "2030-06-01T12:00:00.123456Z", "9999-12-31T23:59:59.999999Z", "2026-01-01"],
    "Decimal": ["0.01", "1.00", "10", "1234.56", "0", "-1.00", "1.005", "9999999999999999.99", "1e3"],
    "Duration": ["P1D", "PT36H", "P1M", "P0D", "P1.5D"],
}

for _name, _texts in _TEXTS.items():
    schemathesis.graphql.scalar(_name, st.sampled_from(_texts).map(nodes.String))


def _metadata(pairs: dict[str, str]) -> Any:  # noqa: ANN401 - a node of graphql-core's tree
    fields = (f"{name}: {text}" for name, text in pairs.items())
    return parse_value(f"{{{', '.join(fields)}}}")


schemathesis.graphql.scalar(
    "Metadata",
    st.dictionaries(st.sampled_from(["order", "channel"]), st.sampled_from(['"1"', '"web"', '""']), max_size=2).map(
        _metadata
    ),
)


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:  # noqa: ANN401 - Schemathesis ships no types for these
    """Name things that there are, so that more than refusals comes back."""
    case.body = _EXTERNAL_ID.sub(lambda _: f'externalId: "{next(_NAMES)}"', case.body)
    case.body = _KEY.sub(lambda _: f'idempotencyKey: "contract-{next(_NUMBERS)}"', case.body)


@schemathesis.check
def no_fault(ctx: Any, response: Any, case: Any) -> None:  # noqa: ANN401 - as above
    """Whatever was asked, no fault of ours is the answer."""
    assert response.status_code < 500, response.text
    codes = {error["extensions"]["code"] for error in response.json().get("errors", [])}
    assert not codes & FAULTS, response.text


@schemathesis.check
def answers_by_the_schema(ctx: Any, response: Any, case: Any) -> None:  # noqa: ANN401 - as above
    """What is answered is what the schema promises."""
    answer = response.json()
    assert set(answer) <= {"data", "errors", "extensions"}, response.text
    found = violations(SCHEMA, case.body, answer.get("data"))
    assert not found, found
