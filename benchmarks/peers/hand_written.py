"""The read floor: a Starlette endpoint written by hand for one question, with our SQL and our JSON.

It does: the same statements in the same kind of snapshot over asyncpg, the same answer to the byte. It does not: keys,
limits, GraphQL, fields to choose from, or anything else that a caller could get wrong. Told by the environment where.
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


async def funds(request: Request) -> Response:
    """Answer what the accounts of a list have."""
    asked = orjson.loads(await request.body())
    ids = [ledger.identifier.decode("acct", text) for text in asked["accounts"]]
    async with state["pool"].acquire() as connection:
        await connection.execute(_BEGIN)
        [moment] = await connection.fetch(_READ, _TENANT)
        at = clock.moment_of(moment).at
        rows = await connection.fetch(_FUNDS, _TENANT, at, list(range(len(ids))), ids, [None] * len(ids))
        await connection.execute("COMMIT")
    made: list[Any] = [None] * len(ids)
    for row in rows:
        made[row["place"]] = _shown(row, at, moment["sequence"])
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


app = Starlette(routes=[Route("/funds", funds, methods=["POST"])], lifespan=lifespan)
