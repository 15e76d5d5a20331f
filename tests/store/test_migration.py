"""Migrations."""

from app import store


async def test_an_empty_database_is_brought_to_this_version_and_stays_there(empty_database_url: str) -> None:
    await store.migrate(empty_database_url)
    await store.migrate(empty_database_url)
    database = store.open_database(empty_database_url)
    try:
        await store.require_migrated(database)
    finally:
        await database.close()
