"""The read floor: a Starlette endpoint written by hand for one question, with our SQL and our JSON.

It does: the same answer to the byte over asyncpg, at `/funds` by our two statements in a snapshot, which the goals of
the table are measured beside, and at `/glance` by our one statement without a transaction, which is what the product
asks. It does not: keys, limits, GraphQL, fields to choose from, tenants kept apart by the database, or anything else
that a caller could get wrong. Told by the environment where.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app import graphql, ledger
from app.store import balances, clock

_FUNDS: Final = balances._FUNDS.sql("postgresql")  # noqa: SLF001 - the same SQL is the point
_GLANCE: Final = balances._FUNDS_NOW.sql("postgresql")  # noqa: SLF001 - as above
_READ: Final = clock._READ.sql("postgresql")  # noqa: SLF001 - as above
_BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_TENANT: Final = UUID(os.environ["BENCH_TENANT"])
_PRINT: Final = {kind.name: kind.serialize for kind in graphql.SCALARS.values()}

state: dict[str, Any] = {}


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    """Hold connections as the product does."""
    state["pool"] = await asyncpg.create_pool(os.environ["BENCH_URL"], min_size=8, max_size=8)
    yield
    await state["pool"].close()


async def glance(request: Request) -> Response:
    """Answer what the accounts of a list have, by one statement."""
    ids = await _ids(request)
    async with state["pool"].acquire() as connection:
        rows = await connection.fetch(_GLANCE, _TENANT, list(range(len(ids))), ids, [None] * len(ids))
    return _answer(len(ids), [(row, row["at"], row["reached"]) for row in rows])


async def funds(request: Request) -> Response:
    """Answer what the accounts of a list have, in a snapshot."""
    ids = await _ids(request)
    async with state["pool"].acquire() as connection:
        await connection.execute(_BEGIN)
        [moment] = await connection.fetch(_READ, _TENANT)
        at = clock.moment_of(moment).at
        rows = await connection.fetch(_FUNDS, _TENANT, at, list(range(len(ids))), ids, [None] * len(ids))
        await connection.execute("COMMIT")
    return _answer(len(ids), [(row, at, moment["sequence"]) for row in rows])


async def _ids(request: Request) -> list[UUID | None]:
    asked = orjson.loads(await request.body())
    return [ledger.identifier.decode("acct", text) for text in asked["accounts"]]


def _answer(many: int, rows: list[tuple[Any, int, int]]) -> Response:
    made: list[Any] = [None] * many
    for row, at, sequence in rows:
        made[row["place"]] = _shown(row, at, sequence)
    return Response(orjson.dumps({"data": {"availableFunds": made}}), media_type="application/json")


def _shown(row: Any, at: int, sequence: int) -> dict[str, Any]:  # noqa: ANN401 - asyncpg ships no types
    held, maturing = row["held"] - row["lapsed"], row["maturing"] - row["matured"]
    exponent, currency = row["exponent"], row["currency"]

    def money(minor: int) -> dict[str, str]:
        return {"amount": ledger.money.text_of(minor, exponent), "minorUnits": str(minor), "currency": currency}

    return {
        "account": {"id": ledger.identifier.encode("acct", row["account_id"]), "name": row["name"]},
        "balance": {
            "ledger": money(row["ledger"]),
            "maturing": money(maturing),
            "held": money(held),
            "available": money(row["ledger"] - maturing - held),
            "asOf": _print_instant(at),
            "sequence": str(sequence),
            "version": str(row["version"]),
        },
    }


def _print_instant(at: int) -> str:
    return str(_PRINT["DateTime"](at))  # type: ignore[misc]  # DateTime is printed by a function


app = Starlette(routes=[Route(f"/{ask.__name__}", ask, methods=["POST"]) for ask in (funds, glance)], lifespan=lifespan)
