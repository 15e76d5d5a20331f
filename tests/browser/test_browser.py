"""Promises to whoever opens a browser: GraphiQL asks nobody else and leaves nothing behind, other pages get nothing."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Serve
from tests.edge import node
from tests.edge.conftest import Served
from tests.faults.client import client
from tests.faults.server import HOST, free_port


async def sequence(served: Served) -> int:
    """The last command of the ledger."""
    async with client(served.key, served.url) as teller:
        return int((await teller.post("{ viewer { sequence } }")).data["viewer"]["sequence"])


def files_with(folder: Path, text: str) -> list[str]:
    """The files of a browser's profile that hold a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [str(path.relative_to(folder)) for path in files if text.encode() in path.read_bytes()]


def assert_nothing_was_kept(found: dict[str, Any]) -> None:
    assert found["kept"] == {
        "local": [],
        "session": [],
        "cookies": "",
        "databases": [],
        "caches": [],
        "workers": 0,
        "entry": None,
        "cookieJar": [],
    }
    assert found["asksForTheKeyAgain"]


@pytest.mark.parametrize("way", ["typed", "link"])
async def test_graphiql_shows_balances_asks_no_other_host_and_leaves_nothing_behind(
    way: str, chromium: str, serving: Serve, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    chosen = {"profile": "development"} if way == "link" else {"profile": "production", "graphiql_enabled": True}
    async with serving(**chosen) as served:
        found = await node.run("graphiql.mjs", chromium, str(profile), served.url, served.key, way)
        assert found["address"] == f"{served.url}/graphiql"
    assert "1000.00" in found["first"]
    assert "spendable" in found["first"]
    assert "tour:bank" in found["second"]
    assert found["requests"] > 10
    assert (found["reports"], found["outside"], found["errors"]) == ([], [], [])
    assert found["control"]["reports"] > 0, "a violation would have been seen"
    assert not found["control"]["planted"], "a script in the page does not run"
    assert_nothing_was_kept(found)
    if way == "typed":
        # A link's address is in the history of a browser, which is why production does not take a key from it.
        assert files_with(profile, served.key.rpartition("_")[2]) == []
        (account, *_) = re.findall(r"acct_[0-9a-z]{26}", found["second"])
        assert files_with(profile, account) == []


@pytest.mark.parametrize("host", [HOST, "localhost"], ids=["another port", "another site"])
async def test_a_hostile_page_can_neither_read_nor_move_anything(
    host: str, chromium: str, serving: Serve, tmp_path: Path
) -> None:
    async with serving(profile="development") as served:
        before = await sequence(served)
        found = await node.run(
            "hostile.mjs", chromium, str(tmp_path / "profile"), served.url, served.key, host, str(free_port())
        )
        assert await sequence(served) == before
        assert "unexpected" not in served.server.log()
    assert len(found["tries"]) > 30
    assert {name: told for name, told in found["tries"].items() if told not in {"refused", "opaque"}} == {}
    assert set(found["frames"]) == {"chrome-error://chromewebdata/"}


async def test_a_page_that_is_allowed_can_do_what_its_key_can_and_nothing_without(
    chromium: str, serving: Serve, tmp_path: Path
) -> None:
    port = free_port()
    async with serving(profile="development", allowed_origins=f"http://localhost:{port}") as served:
        before = await sequence(served)
        found = await node.run(
            "hostile.mjs", chromium, str(tmp_path / "profile"), served.url, served.key, "localhost", str(port)
        )
        assert await sequence(served) == before + 1
    tries = found["tries"]
    assert tries["fetch POST with the key"].startswith("read 200")
    assert '"alice"' in tries["fetch POST to read with the key"]
    assert tries["fetch GET with a mutation and the key"].startswith("read 405")
    assert tries["fetch POST"].startswith("read 401")
    assert tries["fetch POST with credentials"] == "refused", "no answer is given to cookies"
    assert [name for name, told in tries.items() if '"alice"' in told] == [
        "fetch GET with the key",
        "fetch POST to read with the key",
    ]
    for name in ("iframe of GraphiQL", "iframe of an answer", "socket", "stream", "script", "style sheet", "image"):
        assert tries[name] == "refused", name
