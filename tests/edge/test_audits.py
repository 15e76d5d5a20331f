"""GraphQL over HTTP as others understand it: every audit of npm's graphql-http, for someone who has a key."""

from tests.edge import node
from tests.edge.conftest import Served

AUDITS = 61


async def test_every_audit_of_graphql_over_http_passes(served: Served) -> None:
    results = await node.run("audit.mjs", f"{served.url}/graphql", served.key)
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == AUDITS
