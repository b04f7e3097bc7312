"""What is broken, missing or in the way: each is named with the mend, and everything else still answers."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph

from tests.ingestion.files import HEADING, NEW_PAGE, paragraphs, pdf
from tests.scenario.office import LEAVE, LEAVE_ASKED, Office, Ran

RULE = "Phones are kept in the office until the end of the day, and are then returned to the pupil."


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("indexed"))
    assert office.run("refresh").status == 0
    return office


@pytest.fixture
def office(indexed: Office, tmp_path: Path) -> Office:
    """A copy of the indexed office, for one test to spoil."""
    shutil.copytree(indexed.folder, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Office(tmp_path, {})


def assert_refused(ran: Ran, *words: str) -> None:
    """Exit status 2, nothing on standard output, and one line on standard error that holds the words."""
    assert (ran.status, ran.out) == (2, ""), ran
    assert ran.err.count("\n") == 1, ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err


# ── documents ────────────────────────────────────────────────────────────────────────────────────────────────────────


def without_text_layer() -> bytes:
    out = BytesIO()
    canvas = Canvas(out, invariant=True)
    for _ in range(3):
        canvas.rect(40, 40, 500, 700, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def with_undecodable_streams() -> bytes:
    data = pdf(*paragraphs(RULE))
    start, end = data.index(b"stream") + len(b"stream\r\n"), data.index(b"endstream")
    return data[:start] + b"\xff" * (end - start) + data[end:]


def encrypted() -> bytes:
    return pdf(*paragraphs(RULE), encrypt=StandardEncryption("secret", ownerPassword="owner"))


BAD_DOCUMENTS: dict[str, tuple[Callable[[], bytes], str]] = {
    "trust/empty.md": (lambda: b"", "it is empty: put the document's text in it, or remove it"),
    "trust/blank.docx": (lambda: b" \n\n ", "it is empty: put the document's text in it, or remove it"),
    "trust/heading.md": (lambda: b"# A heading alone", "there is no text in it: put the document's text in it"),
    "trust/no-text.pdf": (without_text_layer, "no text on any of its 3 pages"),
    "trust/damaged.pdf": (with_undecodable_streams, "it is damaged or blank; save it again"),
    "trust/locked.pdf": (encrypted, "it is locked with a password: save it again without one"),
    "trust/short.pdf": (
        lambda: pdf(*paragraphs(RULE))[:-200],
        "it was cut short, its end is missing: copy or download",
    ),
    "trust/words.docx": (lambda: b"These are plain words.", "it is not a Word document, or was cut short: open it"),
    "trust/noise.txt": (lambda: bytes(range(256)) * 20, "it is not text, whatever its name says"),
    "trust/slides.pptx": (lambda: b"PK", "it is not a slide deck, or was cut short"),
    "trust/sums.md.toml": (lambda: b'title = "Sums"', "it describes sums.md, which is not beside it"),
    "trust/leave2.md": (lambda: RULE.encode(), "its sidecar is not valid TOML"),
    "schools/nowhere/rules.md": (lambda: RULE.encode(), "schools/nowhere is not a school in trust.toml: add it there"),
    "schools/rules.md": (lambda: RULE.encode(), "it stands in schools/ but in no school's folder: move it into one"),
}


def test_each_bad_document_is_named_with_its_mend_and_everything_else_is_in_service(office: Office) -> None:
    for path, (content, _) in BAD_DOCUMENTS.items():
        office.write(path, content())
    office.write("trust/leave2.md.toml", "title = ")
    (office.corpus / "trust/link.md").symlink_to(office.folder / "elsewhere.md")
    office.write("trust/dogs.md", "# Dogs\n\nSchool dogs are registered with the office every spring.\n")
    dry, ran = office.run("refresh", "--dry-run", "--json"), office.run("refresh", "--json")
    assert (dry.status, ran.status) == (1, 1)
    assert dry.json["failed"] == ran.json["failed"]
    reasons = {failure["path"]: failure["reason"] for failure in ran.json["failed"]}
    assert reasons.keys() == {*BAD_DOCUMENTS, "trust/link.md"}
    assert reasons["trust/link.md"] == "it is a link that leads out of the corpus folder: put the file itself there"
    assert [path for path, (_, words) in BAD_DOCUMENTS.items() if words not in reasons[path]] == []
    assert (ran.json["added"], ran.json["kept"]) == (["trust/dogs.md"], 3)
    text = office.run("refresh")
    assert text.status == 1
    assert [path for path in reasons if f"  FAILED {path}: {reasons[path]}" not in text.out] == []
    assert_nothing_empty_is_indexed(office, documents=4)
    assert office.ask(LEAVE_ASKED)["citations"][0]["quote"] == LEAVE
    assert office.ask("Where are school dogs registered every spring?")["outcome"] == "answered"
    # what was mended is read, and no longer a failure
    for path in (*reasons, "trust/leave2.md.toml"):
        (office.corpus / path).unlink()
    mended = office.run("refresh", "--json")
    assert (mended.status, mended.json["failed"]) == (0, [])


def assert_nothing_empty_is_indexed(office: Office, *, documents: int) -> None:
    """Every document in the index has a passage with words in it, and is counted once."""
    from ingestion.index import open_index

    index = open_index(data=office.data)
    try:
        versions = index.versions()
        assert len(versions) == documents
        assert index.failures()
        for version in versions:
            passages = index.passages_of(version.path)
            assert passages, version.path
            assert all(any(map(str.isalnum, found.passage.text)) for found in passages), version.path
    finally:
        index.close()


def test_a_document_that_breaks_keeps_its_last_good_edition_in_service(office: Office) -> None:
    office.write("trust/leave.md", "")
    ran = office.run("refresh", "--json")
    assert (ran.status, [failure["path"] for failure in ran.json["failed"]]) == (1, ["trust/leave.md"])
    assert (ran.json["changed"], ran.json["removed"]) == ([], [])
    assert office.ask(LEAVE_ASKED)["citations"][0]["quote"] == LEAVE


def test_a_name_in_another_encoding_is_read_printed_and_cited(office: Office) -> None:
    name = os.fsdecode(b"r\xe9union.md")
    (office.corpus / "trust" / name).write_text("# Meetings\n\nThe annual gathering takes place in October.\n")
    ran = office.run("refresh", "--json")
    assert (ran.status, ran.json["added"]) == (0, ["trust/r\\xe9union.md"])
    citation = office.ask("When does the annual gathering take place?")["citations"][0]
    assert (citation["path"], citation["quote"]) == (
        "trust/r\\xe9union.md",
        "The annual gathering takes place in October.",
    )
    for asked in ("trust/r\\xe9union.md", f"trust/{name}", str(office.corpus / "trust" / name)):
        assert office.run("show", asked, "--json").json["path"] == "trust/r\\xe9union.md"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_named(office: Office) -> None:
    office.write("trust/secret.md", RULE)
    (office.corpus / "trust/secret.md").chmod(0)
    ran = office.run("refresh")
    assert ran.status == 1
    assert "FAILED trust/secret.md: it cannot be opened (permission denied): check its permissions" in ran.out
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


def test_a_pdf_of_200_pages_is_read_to_its_last_page(office: Office) -> None:
    story: list[Any] = []
    for number in range(1, 201):
        story += [Paragraph(f"{number} Room {number}", HEADING)]
        story += paragraphs(f"The key to room {number} hangs on hook {number * 7}.", f"Chairs there: {number % 13}.")
        story += [NEW_PAGE]
    office.write("trust/rooms.pdf", pdf(*story, header="Rooms and keys", footer="Page {page} of 200"))
    ran = office.run("refresh", "--json")
    assert (ran.status, ran.json["added"], ran.json["failed"]) == (0, ["trust/rooms.pdf"], [])
    for number in (3, 137, 200):
        citation = office.ask(f"On which hook hangs the key to room {number}?")["citations"][0]
        assert f"The key to room {number} hangs on hook {number * 7}." in citation["quote"]
        assert citation["locator"] == f"page {number}"


# ── the corpus ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [["refresh"], ["refresh", "--dry-run"], ["show", "trust/leave.md"]])
def test_a_corpus_that_is_not_there_or_is_a_file_is_named(office: Office, command: list[str]) -> None:
    missing, file = office.folder / "nowhere", office.corpus / "trust.toml"
    before = office.state()
    ran = office.run(*command, STAFFROOM_CORPUS=str(missing))
    assert_refused(ran, str(missing), "is not there", "STAFFROOM_CORPUS")
    ran = office.run(*command, STAFFROOM_CORPUS=str(file))
    assert_refused(ran, str(file), "is not a folder", "STAFFROOM_CORPUS")
    assert office.state() == before


def test_what_is_indexed_answers_although_the_corpus_is_away(office: Office) -> None:
    shutil.rmtree(office.corpus)
    assert_refused(office.run("refresh"), "corpus", "is not there")
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


def test_a_corpus_that_lost_most_of_its_documents_is_not_taken_for_the_trusts_wish(office: Office) -> None:
    for number in range(8):
        office.write(f"trust/rule-{number}.md", f"# Rule {number}\n\nRule {number} holds on weekdays.\n")
    office.run("refresh")
    shutil.rmtree(office.corpus / "trust")
    assert_refused(office.run("refresh"), "9 of 11 documents", "--allow-mass-removal")
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"
    assert len(office.run("refresh", "--allow-mass-removal", "--json").json["removed"]) == 9


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[trust", "trust.toml is not valid TOML"),
        ('[trust]\nnme = "T"', "trust.nme: unknown key; did you mean name?"),
        ('[trust]\nname = "T"\n[[schools]]\nslug = "A School"\nname = "A"', "'A School' is not a slug"),
    ],
)
def test_a_trust_file_that_cannot_be_used_stops_the_refresh_by_its_place(office: Office, text: str, words: str) -> None:
    office.write("trust.toml", text)
    assert_refused(office.run("refresh"), words)
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("STAFFROOM_CHAT_MODEL", "gpt", "write it as provider:model"),
        ("STAFFROOM_CHAT_BASE_URL", "nowhere", "write a whole address"),
        ("STAFFROOM_CHAT_TIMEOUT_SECONDS", "soon", "write a number of seconds"),
        ("STAFFROOM_CHROMA_URL", "nowhere", "write a whole address"),
        ("STAFFROOM_DATABASE_URL", "nowhere", "sqlite:///path/to/staffroom.db"),
        ("SLACK_API_URL", "slack.com/api", "with its trailing slash"),
        ("SLACK_BOT_TOKEN", "xoxb-1", "SLACK_SIGNING_SECRET"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_what_to_write(
    indexed: Office, name: str, value: str, mend: str
) -> None:
    assert_refused(indexed.run("status", **{name: value}), name, mend)


def test_a_chat_model_of_an_unknown_provider_is_refused_at_the_start(indexed: Office) -> None:
    ran = indexed.run("ask", LEAVE_ASKED, STAFFROOM_CHAT_MODEL="nobody:model")
    assert_refused(ran, "STAFFROOM_CHAT_MODEL=nobody:model")


def test_a_setting_that_does_not_exist_is_told_with_the_nearest_one(indexed: Office) -> None:
    ran = indexed.run("status", STAFFROOM_CORPSE="x")
    assert (ran.status, ran.err) == (0, "Warning: STAFFROOM_CORPSE: unknown; did you mean STAFFROOM_CORPUS?\n")


def test_settings_are_read_from_a_file_beside_the_command_and_the_environment_stands_above_it(office: Office) -> None:
    (office.folder / ".env").write_text("STAFFROOM_CHAT_MODEL=gpt\n", encoding="utf-8")
    assert_refused(office.run("status"), "STAFFROOM_CHAT_MODEL")
    assert office.run("status", STAFFROOM_CHAT_MODEL="openai:gpt-4.1-mini").status == 0


# ── the index ────────────────────────────────────────────────────────────────────────────────────────────────────────

READING = [
    ["ask", LEAVE_ASKED],
    ["search", "funeral"],
    ["status"],
    ["chat"],
    ["serve", "--port", "0"],
]


@pytest.mark.parametrize("command", READING)
def test_before_the_first_refresh_every_command_says_so(tmp_path: Path, command: list[str]) -> None:
    office = Office(tmp_path)
    assert_refused(office.run(*command), f"Nothing is indexed yet under {office.data}: run `staffroom refresh`.")
    assert not office.data.exists()


@pytest.mark.parametrize("command", [*READING, ["refresh"], ["refresh", "--dry-run"]])
@pytest.mark.parametrize("keeps_first_page", [False, True])
def test_a_damaged_registry_is_named_with_the_mend(office: Office, command: list[str], keeps_first_page: bool) -> None:
    registry = office.data / "staffroom.db"
    sound = registry.read_bytes()
    registry.write_bytes((sound[:4096] if keeps_first_page else b"") + b"garbage " * (len(sound) // 8))
    assert_refused(office.run(*command), str(registry), "if it is damaged, delete it and run `staffroom refresh`")
    assert office.run("show", "trust/leave.md").status == 0


def test_a_damaged_registry_that_was_deleted_is_built_anew(office: Office) -> None:
    (office.data / "staffroom.db").unlink()
    ran = office.run("refresh", "--json")
    assert (ran.status, len(ran.json["added"]), ran.json["passages"]["kept"]) == (0, 3, 4)
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


def spoil_vectors(office: Office, how: str) -> None:
    vectors = office.data / "chroma"
    if how == "deleted":
        shutil.rmtree(vectors)
    elif how == "emptied":
        (vectors / "chroma.sqlite3").write_bytes(b"")
    else:
        (vectors / "chroma.sqlite3").write_bytes(b"garbage " * 4000)


@pytest.mark.parametrize("how", ["deleted", "emptied", "garbled"])
def test_damaged_vectors_are_named_with_the_mend_and_made_again(
    office: Office, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.index.reader.PATIENCE_SECONDS", 0.2)
    spoil_vectors(office, how)
    assert_refused(office.run("search", "funeral"), str(office.data / "chroma"), "run `staffroom refresh`")
    check = office.run("check")
    assert check.status == 1
    assert "WRONG index: The vectors" in check.out
    asked = office.run("ask", LEAVE_ASKED)
    assert asked.status != 0
    assert LEAVE not in asked.out
    assert office.run("status").status == 0
    if how == "garbled":
        assert_refused(office.run("refresh"), "delete that folder and run `staffroom refresh`")
        shutil.rmtree(office.data / "chroma")
    ran = office.run("refresh", "--json")
    assert (ran.status, ran.json["passages"]) == (0, {"embedded": 4, "kept": 0, "removed": 0})
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


def test_a_question_over_damaged_vectors_is_told_the_mend(office: Office) -> None:
    spoil_vectors(office, "deleted")
    assert_refused(office.run("ask", LEAVE_ASKED), "run `staffroom refresh`")


def test_a_data_folder_that_cannot_be_written_is_named(office: Office) -> None:
    file = office.folder / "file"
    file.write_text("not a folder", encoding="utf-8")
    for data in (file, file / "data"):
        ran = office.run("refresh", STAFFROOM_DATA=str(data))
        assert_refused(ran, str(data), "set STAFFROOM_DATA to a folder that can be written")
    assert file.read_text(encoding="utf-8") == "not a folder"


# ── what is typed and piped ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [["ask", "--batch"], ["search", "--batch"], ["eval"]])
def test_a_file_of_questions_that_cannot_be_read_is_named(indexed: Office, tmp_path: Path, command: list[str]) -> None:
    latin = tmp_path / "latin.jsonl"
    latin.write_bytes('{"question": "réunion", "query": "réunion"}'.encode("latin-1"))
    assert_refused(indexed.run(*command, str(tmp_path / "none.jsonl")), "none.jsonl cannot be read: No such file")
    assert_refused(indexed.run(*command, str(tmp_path)), f"{tmp_path} cannot be read: Is a directory")
    assert_refused(indexed.run(*command, str(latin)), "latin.jsonl is not UTF-8 text: save it as UTF-8")


def test_standard_input_in_another_encoding_is_named_by_its_line(indexed: Office) -> None:
    piped = '{"question": "?"}\n{"question": "réunion"}\n'.encode("latin-1")
    ran = indexed.run("ask", "--batch", "-", stdin=piped)
    assert (ran.status, len(ran.lines)) == (2, 1)
    assert ran.err == "Line 2 of standard input is not UTF-8 text: save it as UTF-8.\n"


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "[]",
        '"text"',
        "{}",
        '{"question": null, "query": null}',
        '{"question": "x", "query": "x", "school": 3}',
        '{"question": "half \\ud83d a character", "query": "half \\ud83d a character"}',
        "[" * 100_000,
    ],
)
def test_no_line_stops_a_batch(indexed: Office, line: str) -> None:
    batch = f'{line}\n{{"id": "after", "question": "{LEAVE_ASKED}", "query": "funeral"}}\n'
    answers = indexed.run("ask", "--batch", "-", stdin=batch)
    assert (answers.status, [reply["outcome"] for reply in answers.lines]) == (1, ["failed", "answered"])
    found = indexed.run("search", "--batch", "-", stdin=batch)
    assert (found.status, [bool(reply["passages"]) for reply in found.lines]) == (1, [False, True])
    assert found.lines[0]["error"].startswith("Line 1: ")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "line 1: not JSON"),
        ('{"query": "x"}', "line 1: an object with a `question` is expected"),
        ('{"question": "x", "answer": "y"}', "line 1: unknown key 'answer'"),
        ('{"question": "x", "history": "y"}', "`history` is a list"),
        ("", "holds no graded question"),
    ],
)
def test_graded_questions_that_cannot_be_used_are_named(indexed: Office, tmp_path: Path, line: str, words: str) -> None:
    file = tmp_path / "graded.jsonl"
    file.write_text(line, encoding="utf-8")
    assert_refused(indexed.run("eval", str(file)), words)


def test_words_that_are_not_utf_8_are_refused(indexed: Office) -> None:
    for command in ("ask", "search"):
        assert_refused(indexed.run(command, os.fsdecode(b"r\xe9union")), "not UTF-8")


@pytest.mark.parametrize(
    "question", ["", "   ", "?", "x" * 5000, "\x00\x07", "phone " * 2000, "<script>", "' OR 1=1 --", '"']
)
def test_no_question_is_too_odd_to_be_answered_somehow(indexed: Office, question: str) -> None:
    assert indexed.ask(question, "--school", "kestrel")["outcome"] in ("needs_detail", "no_evidence", "answered")
    assert indexed.run("search", question, "--json").status == 0


# ── the service ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_port_in_use_is_named(indexed: Office) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_refused(indexed.run("serve", "--port", str(port)), f"port {port}", "Choose another with --port")


def test_an_address_that_is_not_this_machines_is_named(indexed: Office) -> None:
    assert_refused(indexed.run("serve", "--host", "192.0.2.1", "--port", "0"), "Cannot listen on 192.0.2.1")


# ── a fault of our own ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_error_is_a_sentence_and_its_details_are_in_a_file(
    indexed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("bot.administer.read_status", break_down)
    ran = indexed.run("status")
    assert_refused(ran, "Staffroom met an error it does not know (ZeroDivisionError). The details are in ")
    details = Path(ran.err.rsplit(" in ", 1)[1].strip().rstrip("."))
    assert "ZeroDivisionError: a bug" in details.read_text(encoding="utf-8")
    details.unlink()


def test_a_question_that_breaks_the_bot_gets_a_reference_that_the_log_explains(
    indexed: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("bot.app.answer_question", break_down)
    ran = indexed.run("ask", LEAVE_ASKED, "--json")
    assert (ran.status, ran.json["outcome"], ran.json["citations"]) == (1, "failed", [])
    logged = Ran(0, ran.err, "").json
    assert (logged["event"], logged["error"]) == ("answer_failed", "ZeroDivisionError")
    assert logged["reference"] in ran.json["text"]
    assert LEAVE_ASKED not in ran.err
    details = Path(logged["details"])
    assert "ZeroDivisionError: a bug" in details.read_text(encoding="utf-8")
    details.unlink()
