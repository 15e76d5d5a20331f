"""Health: whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app import services, telemetry

FindReasons = Callable[[], Awaitable[Sequence[str]]]


def health_routes(find_reasons: FindReasons, *, check_seconds_max: float) -> Sequence[BaseRoute]:
    """`/livez`, which always answers, and `/readyz`, which names the reasons why not; neither needs a key."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_: Request) -> Response:
        reasons = await _reasons(find_reasons, check_seconds_max)
        if reasons:
            return JSONResponse({"status": "not ready", "reasons": reasons}, status_code=503)
        return JSONResponse({"status": "ready"})

    return (Route("/livez", livez), Route("/readyz", readyz))


async def _reasons(find_reasons: FindReasons, check_seconds_max: float) -> list[str]:
    try:
        async with asyncio.timeout(check_seconds_max):
            return list(await find_reasons())
    except TimeoutError:
        return ["the check took too long"]
    except services.Fault as fault:
        return [fault.message]
    except Exception as error:  # noqa: BLE001 - a broken check is a reason, not a crash
        return [f"the check failed ({telemetry.unexpected(error, where='/readyz')})"]
