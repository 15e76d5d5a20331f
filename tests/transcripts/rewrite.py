"""Writes the golden transcripts anew from what the code answers today: python -m tests.transcripts.rewrite."""

import asyncio
import sys
import tempfile
from pathlib import Path

from app import store
from tests.transcripts.tour import DOCUMENTS, open_tour, written


async def rewrite() -> None:
    """Play every document on a new database and write down the answers; what changed is for a person to judge."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'tour.db'}"
        await store.migrate(url)
        async with open_tour(url) as tour:
            for document in DOCUMENTS:
                text = written(await tour.play(document))
                document.with_suffix(".json").write_text(text, encoding="utf-8")
                sys.stdout.write(f"{document.stem}\n")


if __name__ == "__main__":
    asyncio.run(rewrite())
