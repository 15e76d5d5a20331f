"""The tests' own PostgreSQL server does what the other tests take for granted."""

import os

from tests import postgres


def test_the_server_runs_over_loopback_only(postgres_cluster: postgres.Cluster) -> None:
    assert postgres_cluster.run("SHOW listen_addresses") == "127.0.0.1"
    assert postgres_cluster.run("SHOW unix_socket_directories") == ""


def test_a_durable_server_recovers_what_was_committed_before_a_crash() -> None:
    with postgres.cluster(durable=True) as cluster:
        assert cluster.run("SHOW fsync") == "on"
        cluster.run("CREATE TABLE facts (fact integer); INSERT INTO facts VALUES (7)")
        cluster.kill()
        cluster.start()
        assert cluster.run("SELECT fact FROM facts") == "7"
        folder = cluster.folder
    assert not folder.exists()


def test_the_server_is_recent_enough(postgres_cluster: postgres.Cluster) -> None:
    named = "SPENDABLE_TEST_POSTGRES_BIN" in os.environ
    assert int(postgres_cluster.run("SHOW server_version_num")) >= (150000 if named else 180000)
