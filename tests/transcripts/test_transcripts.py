"""The golden transcripts: what they show is what the server answers, to the letter, on both databases."""

from app import store
from tests.transcripts.tour import DOCUMENTS, TENANT, open_tour, written


async def test_every_transcript_is_answered_as_it_is_written(database_url: str) -> None:
    async with open_tour(database_url) as tour:
        for document in DOCUMENTS:
            transcript = await tour.play(document)
            assert written(transcript) == document.with_suffix(".json").read_text(encoding="utf-8"), document.stem
        findings = [row async for step in store.check_invariants(tour.database, TENANT) for row in step.findings]
    assert findings == []


def test_there_is_a_tour_worth_taking() -> None:
    assert len(DOCUMENTS) >= 12
    assert [document.stem[:2] for document in DOCUMENTS] == [f"{number:02}" for number in range(1, len(DOCUMENTS) + 1)]
