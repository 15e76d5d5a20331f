"""GraphiQL, served from the bundle that `make web` puts beside this module: no other host is asked for anything."""

import re
from collections.abc import Sequence
from pathlib import Path

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

BUNDLE = Path(__file__).parent / "static" / "graphiql"

# Monaco writes style elements, hence 'unsafe-inline' for styles; fonts and images may stand in the style sheet itself.
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self' data:; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The page names its assets anew with every bundle; an asset's contents never change under its name.
_REVALIDATED = _HEADERS | {"Cache-Control": "no-cache"}
_IMMUTABLE = _HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}

_ROOT = '<div id="graphiql"'
_ROOT_WITH_KEY = f"{_ROOT} data-takes-key"

_NOT_BUNDLED = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Spendable</title></head>
  <body>
    <h1>Spendable</h1>
    <p>GraphiQL is not bundled here. Run <code>make web</code> in the clone and load this page again.</p>
    <p>The API does not need it: it answers at <code>/graphql</code>.</p>
  </body>
</html>
"""


def graphiql_routes(transcripts: Path, bundle: Path = BUNDLE, *, takes_key: bool = False) -> Sequence[BaseRoute]:
    """The page at /graphiql, its assets, and its example tabs, which are the `*.graphql` files of `transcripts`.

    Where it takes a key from its address, one click opens it; but browsers keep addresses in their history.
    """
    tabs = orjson.dumps(_read_tabs(transcripts))

    async def page(_: Request) -> Response:
        if not (bundle / "manifest.json").is_file():
            return HTMLResponse(_NOT_BUNDLED, headers=_REVALIDATED)
        text = (bundle / "index.html").read_text(encoding="utf-8")
        return HTMLResponse(text.replace(_ROOT, _ROOT_WITH_KEY) if takes_key else text, headers=_REVALIDATED)

    async def examples(_: Request) -> Response:
        return Response(tabs, media_type="application/json", headers=_REVALIDATED)

    return (
        Route("/graphiql", page),
        Route("/graphiql/tabs.json", examples),
        Mount("/graphiql/assets", _Assets(directory=bundle / "assets", check_dir=False)),
    )


class _Assets(StaticFiles):
    """Files that are never asked for twice."""

    async def check_config(self) -> None:
        """A missing bundle is no fault: its files are simply not found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_IMMUTABLE)
        return response


def _read_tabs(transcripts: Path) -> list[dict[str, object]]:
    return [_read_tab(document) for document in sorted(transcripts.glob("*.graphql"))]


def _read_tab(document: Path) -> dict[str, object]:
    # 03-capture-a-hold.graphql is titled "Capture a hold"; its variables, if it has any, stand beside it.
    title = re.sub(r"^\d+-", "", document.stem).replace("-", " ").capitalize()
    transcript = document.with_suffix(".json")
    return {
        "title": title,
        "query": document.read_text(encoding="utf-8"),
        "variables": orjson.loads(transcript.read_bytes()).get("variables") if transcript.is_file() else None,
    }
