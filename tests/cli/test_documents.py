"""Documents published from a terminal: the manifests of others as they are, checked, and all or none."""

import json
from hashlib import md5, sha1, sha256
from pathlib import Path

import pytest

from tests.cli.conftest import Spendable

VIEWER = "query Viewer { viewer { tenant } }"
FUNDS = "query Funds($accounts: [AccountBy!]!) { availableFunds(accounts: $accounts) { balance { sequence } } }"
RELAY = {md5(text.encode(), usedforsecurity=False).hexdigest(): text for text in (VIEWER, FUNDS)}
CODEGEN = {
    sha1(VIEWER.encode(), usedforsecurity=False).hexdigest(): VIEWER,
    f"sha256:{sha256(FUNDS.encode()).hexdigest()}": FUNDS,
}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "v1", "name": "Viewer", "type": "query", "body": VIEWER}],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPENDABLE_DOCUMENTS_FOLDER", "published")
    return tmp_path / "published"


def write(path: Path, content: object) -> str:
    path.write_text(json.dumps(content))
    return path.name


def test_manifests_of_relay_codegen_and_apollo_are_published_as_they_are(
    spendable: Spendable, folder: Path, tmp_path: Path
) -> None:
    relay = write(tmp_path / "persisted_queries.json", RELAY)
    codegen = write(tmp_path / "persisted-documents.json", CODEGEN)
    apollo = write(tmp_path / "persisted-query-manifest.json", APOLLO)
    ran = spendable("documents", "publish", relay, codegen)
    assert (ran.code, ran.out, ran.err) == (0, "4 documents are new; 4 are published.\n", "")
    assert spendable("documents", "publish", apollo).out == "1 documents are new; 5 are published.\n"
    assert spendable("documents", "publish", apollo, relay).out == "0 documents are new; 5 are published.\n"
    listed = spendable("documents", "list")
    assert listed.code == 0
    assert {line.split()[0] for line in listed.out.splitlines()} == {*RELAY, *CODEGEN, "v1"}
    assert sorted(path.suffix for path in folder.iterdir()) == ["", ".json", ".json"]


REFUSED: list[tuple[object, str]] = [
    ({"a": "{ nothing }"}, "The document a of new.json cannot be run: Cannot query field 'nothing' on type 'Query'"),
    (
        {"a": "{ viewer { tenant }"},
        "The document a of new.json cannot be run: Syntax Error: Expected Name, found <EOF>",
    ),
    ({"a": ""}, "The document a of new.json cannot be run: Syntax Error: Unexpected <EOF>"),
    ({"a": "{ " + " ".join(f"a{n}: viewer {{ tenant }}" for n in range(65)) + " }"}, "more than 64 aliases"),
    ({"a": 1}, "new.json is no manifest"),
    ([], "new.json is no manifest"),
    (APOLLO | {"version": 2}, "new.json is no manifest"),
    (APOLLO | {"operations": [{"id": "a"}]}, "new.json is no manifest"),
    (APOLLO | {"operations": [{"id": "a", "body": VIEWER}, {"id": "a", "body": FUNDS}]}, "new.json is no manifest"),
    ({"sha256:" + "0" * 64: VIEWER}, "is not the hash of its document"),
    ({"with blank": VIEWER}, "not 1 to 255 visible characters"),
    ({"": VIEWER}, "not 1 to 255 visible characters"),
    ({"taken": FUNDS}, "The id taken already names another document"),
]


@pytest.mark.parametrize(("manifest", "sentence"), REFUSED)
def test_what_cannot_be_published_is_named_in_one_sentence_and_nothing_is(
    spendable: Spendable, folder: Path, tmp_path: Path, manifest: object, sentence: str
) -> None:
    assert spendable("documents", "publish", write(tmp_path / "old.json", {"taken": VIEWER})).code == 0
    good = write(tmp_path / "good.json", {"good": VIEWER})
    ran = spendable("documents", "publish", good, write(tmp_path / "new.json", manifest))
    assert ran.code == 1
    assert sentence in ran.refusal
    assert [line.split()[0] for line in spendable("documents", "list").out.splitlines()] == ["taken"]


def test_a_file_that_is_none_and_a_folder_that_is_not_set_are_told(
    spendable: Spendable, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        spendable("documents", "publish", "nowhere.json").refusal
        == "nowhere.json cannot be read: no such file or directory"
    )
    (tmp_path / "broken.json").write_text("{")
    assert spendable("documents", "publish", "broken.json").refusal == "broken.json is not JSON"
    assert "cannot be read" in spendable("documents", "list").refusal
    (tmp_path / "file").touch()
    good = write(tmp_path / "good.json", {"good": VIEWER})
    assert "cannot be written" in spendable("documents", "publish", good, "--documents-folder", "file").refusal
    monkeypatch.delenv("SPENDABLE_DOCUMENTS_FOLDER")
    assert "SPENDABLE_DOCUMENTS_FOLDER" in spendable("documents", "publish", good).refusal
    assert spendable("documents", "publish").code == 2


def test_a_server_whose_documents_cannot_be_run_does_not_start_and_says_why(
    spendable: Spendable, folder: Path, tmp_path: Path
) -> None:
    spendable("migrate")
    folder.mkdir()
    write(folder / "old.json", {"gone": "{ gone }"})
    ran = spendable("serve", "--port", "0", in_process=False)
    assert ran.code == 1
    assert ran.refusal.startswith("The document gone of old.json cannot be run: Cannot query field 'gone'")
