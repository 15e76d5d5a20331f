"""A tenant in which there is one of everything, and how to ask for each part of it: what world.txt says."""

import re
from pathlib import Path
from typing import Final

MONDAY: Final = 1_772_463_600_000_000
"""2026-03-02T15:00:00Z, 10:00 in New York."""


def _blocks() -> list[tuple[list[str], str]]:
    text = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    made = []
    for block in re.split(r"\n\n+", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip()):
        head, _, given = block.partition("\n")
        made.append((head.split(), _spelled_out(" ".join(given.split()))))
    return made


def _spelled_out(text: str) -> str:
    text = re.sub(r"@(\w+)", r'{ externalId: "\1" }', text)
    return re.sub(r"(\d+\.\d\d) USD", r'{ amount: "\1", currency: "USD" }', text)


WORLD: Final = [(words[1], words[2], given) for words, given in _blocks() if words[0] == "world"]
"""What was done, in order: an idempotency key, a verb and its input."""
MUTATIONS: Final = {
    verb: f'input: {{ idempotencyKey: "{key}", {given} }}' for key, verb, given in WORLD if key == verb
} | {words[1]: given for words, given in _blocks() if words[0] == "mutation"}
"""What each mutation is given; sent again it is a replay, or changes nothing."""
QUERIES: Final = [(words[1], given) for words, given in _blocks() if words[0] == "query"]
"""What each question is given, some in several ways; those that are missing take no arguments."""
REFUSED: Final = [(words[2], given) for words, given in _blocks() if words[0] == "refused"]
"""Mutations that are refused, for each type of rejection and each sort of culprit: the field and what it is given."""


def two_transfers(bank: str, bob: str) -> str:
    """Two transfers in columns by the ids of accounts, of which the second is refused."""
    return (
        'input: { idempotencyKeys: ["c1", "c2"], amounts: ["1", "999999999"], currency: "USD",'
        f' from: ["{bank}", "{bob}"], to: ["{bob}", "{bank}"] }}'
    )


def attacks() -> list[tuple[str, str]]:
    """What somebody could ask of what is not theirs: the prefix of an id, or look, and a document."""
    lines = Path(__file__).with_name("attacks.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(": ") for line in lines if line and not line.startswith("#")]
    return [(kind, _spelled_out(document.replace("ONE", "1.00 USD"))) for kind, _, document in pairs]
