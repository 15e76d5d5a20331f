"""Schemathesis asks and changes whatever the schema offers: no fault, and no answer but what the schema promises.

`SPENDABLE_TEST_CONTRACT_SECONDS` lets it go on for so long, in place of a few examples of each field.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from graphql import build_schema

from tests.conftest import FreshDatabase
from tests.contract.schema_conformance import violations
from tests.edge.conftest import serve
from tests.faults.server import ROOT

EXAMPLES = 6
SECONDS = os.environ.get("SPENDABLE_TEST_CONTRACT_SECONDS")
PROGRAM = str(Path(sys.executable).with_name("schemathesis"))


@pytest.fixture
def url(fresh_database: FreshDatabase) -> str:
    """The URL of a migrated database on SQLite."""
    return fresh_database("sqlite")


async def test_no_field_answers_with_a_fault_or_against_the_schema(url: str, tmp_path: Path) -> None:
    bound = ("--max-time", SECONDS) if SECONDS else ("--max-examples", str(EXAMPLES))
    async with serve(url, tmp_path, budget_points_max=1 << 30, budget_points_per_second=1 << 30) as served:
        process = await asyncio.create_subprocess_exec(
            *(PROGRAM, "run", f"{served.url}/graphql", "--header", f"Authorization: Bearer {served.key}"),
            *("--checks", "no_fault,answers_by_the_schema", "--phases", "fuzzing", "--seed", "1", "--no-color", *bound),
            cwd=tmp_path,
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.hooks", "PYTHONPATH": str(ROOT)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
        told = out.decode()
        print(told[-600:])  # noqa: T201 - figures for whoever asks with -s
        assert process.returncode == 0, told
        assert "unexpected error" not in served.server.log(), served.server.log()[-4_000:]
    assert " generated, " in told


SCHEMA = build_schema("""
    type Query { thing: Thing!, things: [Thing!], any: Any, color: Color, count: Int }
    interface Any { name: String }
    type Thing implements Any { name: String, id: ID! }
    enum Color { RED }
""")

ANSWERS: list[tuple[str, object, list[str]]] = [
    ("{ thing { id n: name } }", {"thing": {"id": "1", "n": None}}, []),
    ("{ things { id } color count }", {"things": [{"id": "1"}], "color": "RED", "count": 1}, []),
    ("{ any { __typename name ... on Thing { id } } }", {"any": {"__typename": "Thing", "name": "x", "id": "1"}}, []),
    ("{ any { name ... on Thing { id } } }", {"any": {"name": "x"}}, []),
    ("{ thing { id } }", None, []),
    ("{ thing { id } }", {"thing": None}, ["data.thing is null"]),
    ("{ thing { id } }", {}, ["data.thing is missing"]),
    ("{ thing { id } }", {"thing": {"id": 1}}, ["data.thing.id is 1 for a ID"]),
    ("{ thing { id } }", {"thing": []}, ["data.thing is no object"]),
    ("{ things { id } }", {"things": {}}, ["data.things is no list"]),
    ("{ things { id } }", {"things": [None]}, ["data.things.0 is null"]),
    ("{ color }", {"color": "BLUE"}, ["data.color is 'BLUE', which Color does not have"]),
    ("{ count }", {"count": "1"}, ["data.count is '1' for a Int"]),
    ("{ count }", {"count": 1, "more": 2}, ["data.more was not asked for"]),
]


@pytest.mark.parametrize(("document", "data", "found"), ANSWERS)
def test_what_breaks_a_schema_is_seen(document: str, data: object, found: list[str]) -> None:
    assert violations(SCHEMA, document, data) == found
