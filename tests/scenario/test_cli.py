"""The command line, end to end: real files, the real index, the real answering; only the embedding model is a fake."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from docx.document import Document as WordDocument
from reportlab.platypus import Paragraph

import bot.app
from bot.evaluation.documents import IndexedDocuments, stands_in
from bot.model import Question, Reply
from ingestion.index import open_index
from tests.fakes import FakeEmbedder
from tests.ingestion.files import HEADING, paragraphs, pdf, ruled, word
from tests.openai_standin import OpenAIStandIn, Scripted
from tests.scenario.office import (
    DOCUMENTS,
    KESTREL_PHONES,
    LEAVE,
    LEAVE_ASKED,
    PHONES_ASKED,
    SALTMARSH_PHONES,
    Office,
    slack_in_a_thread,
)
from tests.slack_standin import BOT_TOKEN, SIGNING_SECRET

ANSWER_KEYS = [
    "id", "outcome", "redirect", "school", "text", "citations", "programmes", "confidence", "took_ms",
    "notes", "nearest", "comparison", "parts",
]  # fmt: skip
CITATION_KEYS = [
    "number", "title", "path", "school", "heading", "locator", "quote", "version", "review_due", "url",
    "status",
]  # fmt: skip
PASSAGE_KEYS = ["path", "title", "school", "heading", "locator", "score", "text"]
REFRESH_KEYS = ["added", "changed", "removed", "kept", "failed", "passages", "took_s"]
WIFI_ASKED = "What is the visitor wifi password?"
DISCLOSURE = "A pupil told me that her uncle hits her"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Indexed once; tests that use it change nothing."""
    indexed = Office(tmp_path_factory.mktemp("office"))
    assert indexed.run("refresh").status == 0
    return indexed


@pytest.fixture
def own_office(tmp_path: Path) -> Office:
    """Indexed for one test, which may change it."""
    indexed = Office(tmp_path)
    assert indexed.run("refresh").status == 0
    return indexed


def lines(*entries: object) -> str:
    return "\n".join(entry if isinstance(entry, str) else json.dumps(entry) for entry in entries)


def folded(text: str) -> str:
    return " ".join(text.split())


# ── ask ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_a_quotation_with_its_source(office: Office) -> None:
    ran = office.run("ask", LEAVE_ASKED)
    assert (ran.status, ran.err) == (0, "")
    assert f"> {LEAVE}\n" in ran.out
    lines = [line for line in ran.out.splitlines() if line]
    lead = "Samphire Coast Learning Trust, Leave of absence policy, version 2.0, section “3 Bereavement”:"
    assert lines[:2] == [f"[1] {lead}", f"> {LEAVE}"]
    assert "review due 1 September 2027" in lines
    assert ran.out.splitlines()[-1].endswith("It can be wrong: check the source.*")


def test_an_answer_as_json_has_the_keys_of_the_interface_in_their_order(office: Office) -> None:
    answer = office.ask(LEAVE_ASKED)
    assert list(answer) == ANSWER_KEYS
    assert {tuple(citation) for citation in answer["citations"]} == {tuple(CITATION_KEYS)}
    assert (answer["id"], answer["outcome"], answer["redirect"], answer["school"]) == (None, "answered", None, None)
    assert answer["programmes"] == []
    assert 0 < answer["confidence"] <= 1
    assert answer["took_ms"] > 0
    assert answer["citations"][0] == {
        "number": 1,
        "title": "Leave of absence policy",
        "path": "trust/leave.md",
        "school": None,
        "heading": ["3 Bereavement"],
        "locator": "section “3 Bereavement”",
        "quote": LEAVE,
        "version": "2.0",
        "review_due": "2027-09-01",
        "url": None,
        "status": "in_force",
    }


@pytest.mark.parametrize(("school", "quote"), [("saltmarsh", SALTMARSH_PHONES), ("kestrel", KESTREL_PHONES)])
def test_the_askers_school_is_quoted_and_no_other(office: Office, school: str, quote: str) -> None:
    answer = office.ask(PHONES_ASKED, "--school", school)
    assert (answer["outcome"], answer["school"]) == ("answered", school)
    assert [(citation["school"], citation["quote"]) for citation in answer["citations"]] == [(school, quote)]


def test_a_school_named_in_the_question_stands_above_the_askers(office: Office) -> None:
    answer = office.ask("What happens when a phone is seen in a lesson at Kestrel Heath?", "--school", "saltmarsh")
    assert [citation["quote"] for citation in answer["citations"]] == [KESTREL_PHONES]


def test_without_a_school_it_asks_where_the_answer_differs_by_school(office: Office) -> None:
    answer = office.ask(PHONES_ASKED)
    assert (answer["outcome"], answer["citations"]) == ("needs_detail", [])
    assert "Which school do you mean?" in answer["text"]
    assert answer["text"].endswith("- Saltmarsh Primary School\n- Kestrel Heath Academy")


def test_without_a_school_what_holds_for_all_is_answered(office: Office) -> None:
    assert office.ask(LEAVE_ASKED)["outcome"] == "answered"


def test_a_school_that_the_trust_does_not_have_is_refused_with_those_it_has(office: Office) -> None:
    for command in ("ask", "search"):
        ran = office.run(command, PHONES_ASKED, "--school", "salt")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == "There is no school 'salt' in trust.toml; the schools are: saltmarsh, kestrel.\n"


@pytest.mark.parametrize("school", ["saltmarsh", "kestrel", None])
def test_what_the_documents_do_not_say_has_no_citation(office: Office, school: str | None) -> None:
    answer = office.ask(WIFI_ASKED, *(["--school", school] if school else []))
    assert (answer["outcome"], answer["citations"], answer["school"]) == ("no_evidence", [], school)
    assert "I would rather say so than guess" in answer["text"]


@pytest.mark.parametrize(
    ("school", "shown", "hidden"),
    [
        ("saltmarsh", ["01632 960201", "01632 960101"], ["01632 960301"]),
        ("kestrel", ["01632 960301", "01632 960101"], ["01632 960201"]),
        (None, ["01632 960201", "01632 960301", "01632 960101"], []),
    ],
)
def test_a_disclosure_gets_the_written_reply_with_the_contacts_of_its_school(
    office: Office, school: str | None, shown: list[str], hidden: list[str]
) -> None:
    answer = office.ask(DISCLOSURE, *(["--school", school] if school else []))
    assert (answer["outcome"], answer["redirect"], answer["school"]) == ("redirected", "safeguarding", school)
    assert (answer["citations"], answer["confidence"]) == ([], None)
    assert [number in answer["text"] for number in shown + hidden] == [True] * len(shown) + [False] * len(hidden)


def test_one_question_or_a_batch_must_be_given(office: Office) -> None:
    for arguments in (["ask"], ["ask", "x", "--batch", "-"], ["search"], ["search", "x", "--batch", "-"]):
        ran = office.run(*arguments)
        assert (ran.status, ran.out) == (2, "")
        assert "--batch FILE" in ran.err


# ── ask --batch ──────────────────────────────────────────────────────────────────────────────────────────────────────

BATCH = lines(
    {"id": "leave", "question": LEAVE_ASKED},
    {"id": 2, "question": PHONES_ASKED, "school": "kestrel"},
    "{ this is no JSON",
    "",
    {"id": "lost", "question": PHONES_ASKED, "school": "nowhere"},
    {"id": "none", "question": 5},
    {"id": "wifi", "question": WIFI_ASKED, "roles": ["ect"]},
    {
        "id": "then",
        "question": "and for moving house?",
        "history": [{"role": "user", "text": LEAVE_ASKED}, {"role": "assistant", "text": LEAVE}],
    },
)


@pytest.mark.parametrize("from_standard_input", [True, False])
def test_a_batch_is_answered_line_by_line_in_order_and_bad_lines_cost_only_themselves(
    office: Office, tmp_path: Path, from_standard_input: bool
) -> None:
    file = tmp_path / "questions.jsonl"
    file.write_text(BATCH, encoding="utf-8")
    ran = office.run("ask", "--batch", "-" if from_standard_input else str(file), stdin=BATCH)
    assert ran.status == 1
    assert [(reply["id"], reply["outcome"]) for reply in ran.lines] == [
        ("leave", "answered"),
        ("2", "answered"),
        (None, "failed"),
        ("lost", "failed"),
        ("none", "failed"),
        ("wifi", "no_evidence"),
        ("then", "answered"),
    ]
    assert all(list(reply) == ANSWER_KEYS for reply in ran.lines)
    assert ran.lines[2]["text"] == "Line 3: not JSON."
    assert "the schools are: saltmarsh, kestrel" in ran.lines[3]["text"]
    assert ran.lines[4]["text"] == "Line 6: an object with a text under 'question' is expected."
    assert ran.lines[6]["citations"][0]["quote"].startswith("One day of paid leave is given for moving house")


def test_a_batch_without_failures_ends_with_status_0(office: Office) -> None:
    ran = office.run("ask", "--batch", "-", stdin=lines({"id": "a", "question": WIFI_ASKED}))
    assert (ran.status, [reply["id"] for reply in ran.lines]) == (0, ["a"])


def test_a_school_beside_a_batch_stands_for_the_lines_that_name_none(office: Office) -> None:
    batch = lines({"question": PHONES_ASKED}, {"question": PHONES_ASKED, "school": "kestrel"})
    ran = office.run("ask", "--batch", "-", "--school", "saltmarsh", stdin=batch)
    assert [reply["citations"][0]["quote"] for reply in ran.lines] == [SALTMARSH_PHONES, KESTREL_PHONES]
    assert office.run("ask", "--batch", "-", "--school", "salt", stdin=batch).status == 2


def test_how_an_answer_came_about_is_told_beneath_it(office: Office) -> None:
    ran = office.run("ask", LEAVE_ASKED, "--explain")
    answer, _, told = ran.out.partition("── How this answer came about ──\n")
    assert LEAVE in answer
    assert told.startswith(f"Taken for: LookUp\nSearched for: {LEAVE_ASKED}\n")
    assert "trust/leave.md 2.0, section “3 Bereavement”" in told
    assert "\nTook, in ms: interpret " in told


def test_how_an_answer_came_about_stands_in_its_json_when_asked_for(office: Office) -> None:
    one = office.ask(LEAVE_ASKED, "--explain")
    assert (list(one)[-1], one["trace"]["query"]) == ("trace", LEAVE_ASKED)
    assert one["trace"]["made_by"] == "quotations"
    batch = lines({"question": LEAVE_ASKED}, {"question": DISCLOSURE}, "no JSON")
    ran = office.run("ask", "--batch", "-", "--explain", stdin=batch)
    assert [(told["trace"] or {}).get("interpretation") for told in ran.lines] == ["LookUp", "Redirect", None]
    assert "uncle" not in json.dumps(ran.lines[1])


def test_a_document_limited_to_a_role_is_found_with_that_role_alone(own_office: Office) -> None:
    said = "Leaders may carry four days of leave into the next year."
    limited = f"---\ntitle: Leave of leaders\naudience: leaders\n---\n# Leave of leaders\n\n{said}\n"
    own_office.write("trust/leaders.md", limited)
    own_office.run("refresh")
    asked = "How many days of leave may leaders carry into the next year?"
    for role, finds in (("leaders", True), ("ect", False)):
        batch = lines({"question": asked, "query": asked})
        for ran in (
            own_office.run("ask", asked, "--role", "trainee", "--role", role),
            own_office.run("ask", "--batch", "-", "--role", role, stdin=batch),
            own_office.run("search", asked, "--role", role),
            own_office.run("search", "--batch", "-", "--role", role, stdin=batch),
            own_office.run("chat", "--role", role, stdin=asked + "\n\n"),
        ):
            assert (said in ran.out, "Leave of leaders" in ran.out) == (finds, finds)


# ── search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_search_lists_passages_best_first_of_the_school_and_the_trust(office: Office) -> None:
    found = office.run("search", "phone in a lesson", "--school", "kestrel", "--json").json
    assert list(found) == ["id", "passages", "took_ms"]
    assert all(list(passage) == PASSAGE_KEYS for passage in found["passages"])
    assert found["passages"][0]["text"] == KESTREL_PHONES
    scores = [passage["score"] for passage in found["passages"]]
    assert scores == sorted(scores, reverse=True)
    assert {passage["school"] for passage in found["passages"]} == {"kestrel", None}


def test_a_search_stops_at_its_limit_and_reads_as_text(office: Office) -> None:
    ran = office.run("search", "phone in a lesson", "--school", "saltmarsh", "--limit", "1")
    assert ran.status == 0
    assert ran.out == (
        "1. Behaviour policy > 5 Phones (schools/saltmarsh/behaviour.md, section “5 Phones”)\n"
        f"   {SALTMARSH_PHONES}\n\n"
    )


def test_without_a_school_a_search_finds_documents_of_the_trust_alone(office: Office) -> None:
    found = office.run("search", "phone in a lesson", "--json").json
    assert {passage["school"] for passage in found["passages"]} == {None}


@pytest.mark.parametrize("query", ["", "   ", "?!"])
def test_a_query_without_a_word_finds_nothing(office: Office, query: str) -> None:
    ran = office.run("search", query)
    assert (ran.status, ran.out, ran.err) == (0, "", "Nothing was found.\n")


def test_a_batch_of_searches_keeps_order_and_ids_and_names_bad_lines(office: Office) -> None:
    batch = lines(
        {"id": "b", "query": "funeral"},
        {"id": "lost", "query": "phone", "school": "nowhere"},
        {"id": "bad", "question": "phone"},
        {"id": "a", "query": "phone", "school": "saltmarsh"},
    )
    ran = office.run("search", "--batch", "-", "--limit", "1", stdin=batch)
    assert ran.status == 1
    assert [(found["id"], [passage["text"] for passage in found["passages"]]) for found in ran.lines] == [
        ("b", [LEAVE]),
        ("lost", []),
        ("bad", []),
        ("a", [SALTMARSH_PHONES]),
    ]
    assert list(ran.lines[0]) == ["id", "passages", "took_ms"]
    assert "the schools are: saltmarsh, kestrel" in ran.lines[1]["error"]
    assert ran.lines[2]["error"] == "Line 3: an object with a text under 'query' is expected."


# ── refresh ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refresh_reports_with_the_keys_of_the_interface_in_their_order(tmp_path: Path) -> None:
    ran = Office(tmp_path).run("refresh", "--json")
    assert (ran.status, ran.err, list(ran.json)) == (0, "", REFRESH_KEYS)
    assert {**ran.json, "took_s": None} == {
        "added": ["schools/kestrel/behaviour.md", "schools/saltmarsh/behaviour.md", "trust/leave.md"],
        "changed": [],
        "removed": [],
        "kept": 0,
        "failed": [],
        "passages": {"embedded": 4, "kept": 0, "removed": 0},
        "took_s": None,
    }


def test_a_document_that_cannot_be_read_is_named_and_everything_else_is_in_service(own_office: Office) -> None:
    own_office.write("trust/pay.docx", b"no zip archive")
    own_office.write("trust/dogs.md", "# Dogs\n\nSchool dogs are registered with the office every spring.\n")
    ran = own_office.run("refresh")
    assert ran.status == 1
    assert "  FAILED trust/pay.docx: it is not a Word document" in ran.out
    assert "PARTIAL" in ran.out
    again = own_office.run("refresh", "--json")
    assert again.status == 1
    assert [failure["path"] for failure in again.json["failed"]] == ["trust/pay.docx"]
    assert list(again.json["failed"][0]) == ["path", "reason"]
    assert own_office.ask("Where are school dogs registered every spring?")["outcome"] == "answered"
    assert own_office.ask(LEAVE_ASKED)["outcome"] == "answered"
    status = own_office.run("status", "--json")
    assert (status.status, status.json["documents"]) == (0, 4)
    assert [failure["path"] for failure in status.json["failed"]] == ["trust/pay.docx"]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_dry_run_tells_what_a_refresh_would_do_and_writes_not_a_byte(tmp_path: Path, is_first: bool) -> None:
    office = Office(tmp_path)
    if not is_first:
        office.run("refresh")
        office.write("trust/dogs.md", "# Dogs\n\nSchool dogs are registered every spring.\n")
        office.write("trust/leave.md", "# Leave\n\nNobody has leave.\n")
    before = office.state()
    dry = office.run("refresh", "--dry-run", "--json")
    assert (dry.status, list(dry.json)) == (0, REFRESH_KEYS)
    assert office.state() == before
    assert office.data.exists() is not is_first
    said = office.run("refresh", "--dry-run")
    assert said.out.endswith("Nothing was changed: this was a dry run.\n")
    done = office.run("refresh", "--json").json
    assert {**dry.json, "took_s": None} == {**done, "took_s": None}


def test_a_removed_document_no_longer_answers(own_office: Office) -> None:
    assert own_office.ask(LEAVE_ASKED)["citations"][0]["path"] == "trust/leave.md"
    (own_office.corpus / "trust/leave.md").unlink()
    ran = own_office.run("refresh", "--json")
    assert (ran.status, ran.json["removed"]) == (0, ["trust/leave.md"])
    after = own_office.ask(LEAVE_ASKED)
    assert after["outcome"] in ("no_evidence", "needs_detail")
    assert "leave.md" not in json.dumps(after)
    assert own_office.run("search", "funeral", "--json").json["passages"] == []


def test_a_changed_document_answers_with_its_new_words_alone(own_office: Office) -> None:
    own_office.write("trust/leave.md", DOCUMENTS["trust/leave.md"].replace("five days", "eight days"))
    assert own_office.run("refresh", "--json").json["changed"] == ["trust/leave.md"]
    answer = own_office.ask(LEAVE_ASKED)
    assert answer["citations"][0]["quote"] == LEAVE.replace("five days", "eight days")
    texts = [passage["text"] for passage in own_office.run("search", "funeral", "--json").json["passages"]]
    assert not [text for text in texts if "five days" in text]


def test_a_superseded_edition_and_a_draft_are_never_quoted(own_office: Office) -> None:
    text = DOCUMENTS["trust/leave.md"]
    own_office.write("trust/leave-1.md", text.replace("version: 2.0", "version: 1.4").replace("five", "three"))
    own_office.write(
        "trust/leave-3.md", text.replace("version: 2.0", "version: 3.0\nstatus: draft").replace("five", "nine")
    )
    assert own_office.run("refresh").status == 0
    for question in (LEAVE_ASKED, "Is it three days of paid leave for a funeral?", "nine days of paid leave"):
        answer = own_office.ask(question)
        assert answer["outcome"] == "answered"
        assert {citation["path"] for citation in answer["citations"]} == {"trust/leave.md"}
    found = own_office.run("search", "nine three days of paid leave funeral", "--json").json["passages"]
    assert {passage["path"] for passage in found} == {"trust/leave.md"}
    health = own_office.run("status", "--json").json
    assert (health["drafts"], health["superseded"]) == (["trust/leave-3.md"], ["trust/leave-1.md"])
    assert own_office.run("show", "trust/leave-1.md", "--json").json["status"] == "superseded"


def test_what_was_not_read_of_a_document_is_told_and_is_no_failure(own_office: Office) -> None:
    own_office.write(
        "frameworks/our-framework.csv",
        "framework,section,section_name,type,code,text\n"
        "ecf,4,Classroom practice,learn that,4.1,Effective teaching transforms knowledge.\n"
        "ecf,4,Classroom practice,learn that,4.2,\n",
    )
    ran = own_office.run("refresh")
    told = [line for line in ran.out.splitlines() if "To look at: frameworks/our-framework.csv: " in line]
    assert (ran.status, len(told)) == (0, 1)
    sentence = told[0].partition("our-framework.csv: ")[2]
    assert list(own_office.run("refresh", "--json").json) == REFRESH_KEYS
    health = own_office.run("status", "--json")
    assert (health.status, health.json["failed"]) == (0, [])
    assert health.json["warnings"] == [{"path": "frameworks/our-framework.csv", "reason": sentence}]
    assert f"To look at:\n  frameworks/our-framework.csv: {sentence}" in own_office.run("status").out
    assert own_office.run("show", "frameworks/our-framework.csv", "--json").json["metadata"]["warnings"] == [sentence]
    assert f"  To look at: {sentence}" in own_office.run("show", "frameworks/our-framework.csv").out


# ── show ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_is_shown_with_all_its_text_in_reading_order(office: Office) -> None:
    shown = office.run("show", "trust/leave.md", "--json").json
    assert list(shown) == ["path", "status", "metadata", "sections", "passages"]
    assert (shown["path"], shown["status"], shown["passages"]) == ("trust/leave.md", "in_force", 2)
    assert (shown["metadata"]["version"], shown["metadata"]["origins"]["version"]) == ("2.0", "front matter")
    assert all(list(section) == ["heading", "locator", "text"] for section in shown["sections"])
    assert [section["text"] for section in shown["sections"]] == [
        "Leave of absence policy",
        f"3 Bereavement\n{LEAVE}",
        "4 Moving house\nOne day of paid leave is given for moving house, once in a year.",
    ]


def test_a_document_is_shown_by_its_file_too_and_before_anything_is_indexed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    shown = office.run("show", str(office.corpus / "trust/leave.md"))
    assert shown.status == 0
    assert shown.out.startswith("trust/leave.md: unknown, 3 sections, 2 passages\n")
    assert "  version: 2.0 (front matter)\n" in shown.out
    assert f"[section “3 Bereavement”] 3 Bereavement\n3 Bereavement\n{LEAVE}\n" in shown.out


def test_a_document_that_is_not_there_or_cannot_be_read_is_named(own_office: Office) -> None:
    missing = own_office.run("show", "trust/nothing.md")
    assert (missing.status, missing.out) == (2, "")
    assert missing.err.startswith("There is no document 'trust/nothing.md' in ")
    own_office.write("trust/empty.md", "")
    unread = own_office.run("show", "trust/empty.md")
    assert (unread.status, unread.out) == (1, "")
    assert unread.err == "FAILED trust/empty.md: it is empty: put the document's text in it, or remove it\n"


# ── quotations are verbatim ──────────────────────────────────────────────────────────────────────────────────────────

SYLLABLES = "ba ce di fo gu ha ke li mo nu pa re si to vu wa".split()


class Chance:
    """Made-up prose, the same for the same seed: words that no other document has by accident."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def word(self) -> str:
        return "".join(self.random.choices(SYLLABLES, k=3))

    def words(self, count: int) -> str:
        return " ".join(self.word() for _ in range(count))

    def sentences(self, count: int) -> str:
        return " ".join(f"{self.words(self.random.randint(6, 14)).capitalize()}." for _ in range(count))

    def table(self, rows: int) -> list[list[str]]:
        return [
            [self.words(1), self.words(2), self.words(1)],
            *([self.words(4) for _ in range(3)] for _ in range(rows)),
        ]


def made_word_document(seed: int) -> bytes:
    chance = Chance(seed)

    def write(document: WordDocument) -> None:
        for part in range(4):
            document.add_heading(f"{part + 1} {chance.words(2).capitalize()}", level=1)
            document.add_paragraph(chance.sentences(8))
            document.add_paragraph(f"{chance.words(5).capitalize()}:")
            for _ in range(5):
                document.add_paragraph(chance.words(9), style="List Bullet")
            rows = chance.table(7)
            table = document.add_table(rows=len(rows), cols=3)
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text

    return word(write)


def made_pdf(seed: int) -> bytes:
    chance = Chance(seed)
    story: list[Any] = []
    for part in range(4):
        story += [Paragraph(f"{part + 1} {chance.words(2).capitalize()}", HEADING)]
        story += paragraphs(chance.sentences(9), chance.sentences(2))
        story += [ruled(chance.table(6), [90, 200, 150])]
    return pdf(*story, header=f"{chance.words(3)}", footer="Page {page}")


def made_markdown(seed: int) -> str:
    chance = Chance(seed)
    parts = []
    for part in range(4):
        header, *rows = chance.table(6)
        table = [header, ["---"] * 3, *rows]
        items = "\n".join(f"{number}. {chance.words(8)}" for number in range(1, 6))
        lined = "\n".join(f"| {' | '.join(row)} |" for row in table)
        parts.append(
            f"## {part + 1} {chance.words(2)}\n\n{chance.sentences(7)}\n\n{chance.words(4)}:\n\n{items}\n\n{lined}"
        )
    return f"# {chance.words(3)}\n\n" + "\n\n".join(parts)


def test_every_quotation_stands_in_its_document_and_belongs_to_the_school_or_the_trust(tmp_path: Path) -> None:
    office = Office(tmp_path)
    folders = ["trust", "schools/saltmarsh", "schools/kestrel"]
    for number, folder in enumerate(folders):
        office.write(f"{folder}/handbook.docx", made_word_document(number))
        office.write(f"{folder}/guide.pdf", made_pdf(number + 10))
        office.write(f"{folder}/rules.md", made_markdown(number + 20))
    assert office.run("refresh").status == 0
    paths = [f"{folder}/{name}" for folder in folders for name in ("handbook.docx", "guide.pdf", "rules.md")]
    texts = {
        path: [folded(section["text"]) for section in office.run("show", path, "--json").json["sections"]]
        for path in paths
    }
    chance = Random(1)
    questions: list[dict[str, str]] = []
    for path, sections in texts.items():
        for text in chance.choices(sections[1:], k=8):
            said = text.split()
            start = chance.randrange(max(1, len(said) - 6))
            asked = " ".join(said[start : start + 6]).replace("|", " ")
            school = chance.choice(["saltmarsh", "kestrel"])
            questions.append({"id": f"{path} {len(questions)}", "question": f"What about {asked}?", "school": school})
    ran = office.run("ask", "--batch", "-", stdin=lines(*questions))
    assert [reply["id"] for reply in ran.lines] == [question["id"] for question in questions]
    cited = set()
    for question, reply in zip(questions, ran.lines, strict=True):
        for citation in reply["citations"]:
            assert citation["school"] in (None, question["school"])
            whole = " ".join(texts[citation["path"]])
            assert folded(citation["quote"]) in whole, (question, citation)
            assert citation["path"].endswith(".md") or citation["locator"]
            cited.add(citation["path"])
    assert cited == set(paths)
    answered = [reply for reply in ran.lines if reply["outcome"] == "answered"]
    assert len(answered) > len(questions) // 2
    assert [reply for reply in answered if "|" in reply["citations"][0]["quote"]]


# ── chat ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_conversation_asks_for_the_school_once_and_remembers_it(office: Office) -> None:
    said = "\n".join([PHONES_ASKED, "Kestrel Heath Academy", LEAVE_ASKED, "and for moving house?", ""])
    ran = office.run("chat", stdin=said + "\n")
    assert ran.status == 0
    expected = ["Which school do you mean?", KESTREL_PHONES, LEAVE, "One day of paid leave is given for moving house"]
    places = [ran.out.find(words) for words in expected]
    assert places == sorted(places)
    assert -1 not in places
    assert SALTMARSH_PHONES not in ran.out


def test_nothing_of_a_disclosure_is_kept_in_a_conversation(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    histories: list[tuple[str, ...]] = []
    answer = bot.app.Staffroom.answer

    def listening(staffroom: bot.app.Staffroom, question: Question, **options: Any) -> Reply:
        histories.append(tuple(turn.text for turn in question.history))
        return answer(staffroom, question, **options)

    monkeypatch.setattr(bot.app.Staffroom, "answer", listening)
    ran = office.run("chat", "--school", "kestrel", stdin=f"{LEAVE_ASKED}\n{DISCLOSURE}\nand for moving house?\n\n")
    assert "01632 960301" in ran.out
    assert [len(history) for history in histories] == [0, 2, 2]
    assert histories[2] == histories[1]
    assert histories[2][0] == LEAVE_ASKED
    assert "One day of paid leave is given for moving house" in ran.out


def test_a_conversation_ends_where_the_input_does(office: Office) -> None:
    assert office.run("chat", "--school", "saltmarsh", stdin="").status == 0
    assert office.run("chat", "--school", "salt", stdin="").status == 2


# ── status ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_status_tells_documents_schools_without_a_policy_and_overdue_reviews(own_office: Office) -> None:
    (own_office.corpus / "schools/kestrel/behaviour.md").unlink()
    own_office.write("trust/old.md", "---\ntitle: Old policy\nreview_due: 2020-01\n---\nOld rules stand.\n")
    own_office.run("refresh")
    ran = own_office.run("status", "--json")
    assert ran.status == 0
    assert list(ran.json) == [
        "documents", "passages", "schools", "without_behaviour_policy", "overdue", "drafts", "superseded", "doubts",
        "failed", "warnings", "due_to_start", "sources_down", "rolled_back", "last_refresh",
    ]  # fmt: skip
    assert (ran.json["documents"], ran.json["passages"]) == (3, 4)
    assert [(one["school"], one["documents"]) for one in ran.json["schools"]] == [
        (None, 2),
        ("saltmarsh", 1),
        ("kestrel", 0),
    ]
    assert ran.json["without_behaviour_policy"] == ["Kestrel Heath Academy"]
    assert ran.json["overdue"] == [{"path": "trust/old.md", "title": "Old policy", "review_due": "2020-01"}]
    text = own_office.run("status").out
    assert text.startswith("3 documents in force, 4 passages; last refresh 20")
    assert "Schools without a behaviour policy:\n  Kestrel Heath Academy\n" in text
    assert "Overdue for review:\n  trust/old.md: review was due January 2020\n" in text


# ── check ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def found(out: str, what: str) -> str:
    return next(line for line in out.splitlines() if line[6:].startswith(f"{what}: "))


def test_a_check_of_a_sound_office_finds_nothing_wrong(office: Office) -> None:
    ran = office.run("check")
    assert (ran.status, ran.err) == (0, "")
    assert [line[:6] for line in ran.out.splitlines()] == ["ok    "] * 6
    assert found(ran.out, "index").startswith("ok    index: 3 documents, 4 passages")
    assert found(ran.out, "chat model") == "ok    chat model: none set: answers are made of quotations"


def test_a_check_names_each_thing_that_is_wrong_and_goes_on(tmp_path: Path) -> None:
    office = Office(tmp_path, {"trust.toml": '[trust]\nname = "T"\n[[schools]]\nslug = "a"\nname = "A School"\n'})
    ran = office.run("check")
    assert ran.status == 1
    assert found(ran.out, "corpus").startswith("WRONG corpus: No safeguarding contact in trust.toml for A School: add")
    assert found(ran.out, "index").startswith("WRONG index: Nothing is indexed yet under ")
    assert found(ran.out, "prompts").startswith("ok ")


def test_a_check_says_that_slack_refuses_a_token(office: Office) -> None:
    with slack_in_a_thread() as url:
        slack = {"SLACK_SIGNING_SECRET": SIGNING_SECRET, "SLACK_API_URL": url}
        good = office.run("check", SLACK_BOT_TOKEN=BOT_TOKEN, **slack)
        bad = office.run("check", SLACK_BOT_TOKEN="xoxb-of-someone-else", **slack)
    assert good.status == 0
    assert found(good.out, "Slack") == "ok    Slack: the token belongs to staffroom in T0TRUST; ways in: HTTP"
    assert bad.status == 1
    assert found(bad.out, "Slack").startswith("WRONG Slack: Slack refused SLACK_BOT_TOKEN (invalid_auth): copy ")
    assert "xoxb-of-someone-else" not in bad.out + bad.err


def test_a_check_says_that_slack_does_not_answer(office: Office) -> None:
    ran = office.run(
        "check",
        SLACK_BOT_TOKEN=BOT_TOKEN,
        SLACK_SIGNING_SECRET=SIGNING_SECRET,
        SLACK_API_URL=f"http://127.0.0.1:{unused_port()}/api/",
    )
    assert ran.status == 1
    assert "check the network and SLACK_API_URL" in found(ran.out, "Slack")


def test_a_check_asks_the_chat_model_and_says_when_it_does_not_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    with OpenAIStandIn([Scripted("ready")]) as provider:
        settings = {"STAFFROOM_CHAT_MODEL": "openai:gpt-4.1-mini", "STAFFROOM_CHAT_BASE_URL": provider.base_url}
        assert (
            found(office.run("check", **settings).out, "chat model") == "ok    chat model: openai:gpt-4.1-mini answers"
        )
        provider.script = [Scripted(status=500)]
        failing = office.run("check", **settings)
    down = office.run("check", **settings)
    for ran in (failing, down):
        assert ran.status == 1
        assert found(ran.out, "chat model").startswith("WRONG chat model: openai:gpt-4.1-mini did not answer")


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# ── eval ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

GRADED = lines(
    {"id": "right", "question": LEAVE_ASKED, "outcome": "answered", "path": "trust/leave.md", "words": "five days"},
    {"id": "school", "question": PHONES_ASKED, "school": "kestrel", "outcome": "answered", "words": "confiscated"},
    {"id": "unknown", "question": WIFI_ASKED, "outcome": "no_evidence"},
    {"id": "missed", "question": WIFI_ASKED, "outcome": "answered", "kind": "made to fail"},
)


@pytest.fixture
def graded(tmp_path: Path) -> str:
    file = tmp_path / "graded.jsonl"
    file.write_text(GRADED, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("minimum", "short"),
    [
        ([], None),
        (["0.75", "answered=1"], None),
        (["0.76"], "the whole score is 0.750 (3 of 4), below 0.76"),
        (["document=1", "made to fail=0.5"], "made to fail is 0.000 (0 of 1), below 0.5"),
    ],
)
def test_an_evaluation_below_a_minimum_names_it_and_ends_with_status_1(
    office: Office, graded: str, minimum: list[str], short: str | None
) -> None:
    ran = office.run("eval", graded, *(word for value in minimum for word in ("--min", value)))
    assert ran.status == (1 if short else 0)
    assert f"MISS missed [outcome] {WIFI_ASKED}" in ran.out
    assert ran.out.splitlines()[-1].split() == ["all", "right", "75.0%", "3", "of", "4", "(30%", "to", "95%)"]
    assert ran.err.splitlines()[1:] == ([f"PARTIAL: {short}."] if short else [])


def test_a_run_is_kept_as_it_is_printed_and_a_later_one_is_compared_with_it(own_office: Office, graded: str) -> None:
    first = own_office.run(
        "eval", graded, "--json", "--save", "runs/first", STAFFROOM_CHAT_BASE_URL="http://me:secret@127.0.0.1:9/v1"
    )
    runs = own_office.folder / "runs"
    assert (first.status, first.json) == (0, json.loads((runs / "first/figures.json").read_text(encoding="utf-8")))
    assert (first.json["questions"], first.json["score"], first.json["by_measure"]["verbatim"]["right"]) == (4, 0.75, 2)
    assert [(one["id"], one["failed"], one["got"]["outcome"]) for one in first.json["failures"]] == [
        ("missed", ["outcome"], "no_evidence")
    ]
    settings = json.loads((runs / "first/settings.json").read_text(encoding="utf-8"))
    assert settings["embedding"] == {"model": "fake-bag-of-words@1", "precision": "auto"}
    assert settings["corpus"] == {"generation": 1, "documents": 3, "passages": 4}
    assert settings["chat"] == {"model": None, "host": "127.0.0.1"}
    assert "secret" not in "".join(file.read_text(encoding="utf-8") for file in (runs / "first").iterdir())

    own_office.write("trust/wifi.md", "# Visitors\n\nThe visitor wifi password is on the board in the staff room.\n")
    own_office.run("refresh")
    second = own_office.run("eval", graded, "--against", "runs/first", "--save", "runs/second", "--failures", "0")
    assert second.status == 0
    assert "  corpus.documents: 3 → 4\n" in second.out
    assert "better, 1: missed\nworse, 1: unknown\n" in second.out
    assert "MISS" not in second.out
    kept = json.loads((runs / "second/figures.json").read_text(encoding="utf-8"))
    assert (kept["against"]["better"], kept["against"]["rows"][0]["p_value"]) == (["missed"], 1.0)


def test_nothing_is_asked_where_a_line_an_option_or_a_folder_cannot_be_used(office: Office, graded: str) -> None:
    folder = Path(graded).parent
    elsewhere = folder / "elsewhere.jsonl"
    elsewhere.write_text(
        lines({"question": LEAVE_ASKED}, {"question": PHONES_ASKED, "school": "salt"}), encoding="utf-8"
    )
    for arguments, words in (
        ([graded, graded], "the id 'right' stands in"),
        ([str(elsewhere)], "elsewhere.jsonl, line 2: There is no school 'salt' in trust.toml"),
        ([graded, "--min", "90"], "write a share from 0 to 1"),
        ([graded, "--min", "answerd=0.9"], "Did you mean 'answered'?"),
        ([graded, "--against", str(folder)], "there is no results.jsonl in it"),
        ([graded, "--save", graded], "nothing can be written there"),
    ):
        ran = office.run("eval", *arguments)
        assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert words in ran.err


def test_citations_are_held_against_what_the_index_holds_and_where_asked_for_what_it_held_before(
    own_office: Office,
) -> None:
    own_office.write("trust/leave.md", DOCUMENTS["trust/leave.md"].replace("five days", "eight days"))
    own_office.write("trust/pay.md", "---\ntitle: Pay\nstatus: draft\n---\n# Pay\n\nNobody is paid twice.\n")
    own_office.run("refresh")
    with closing(open_index(data=own_office.data)) as index:
        documents = IndexedDocuments(index)
        assert [documents.status_of(path) for path in ("trust/leave.md", "trust/pay.md", "trust/none.md")] == [
            "in_force", "draft", None,
        ]  # fmt: skip
        now = documents.texts_of("trust/leave.md")
        assert [stands_in(now, words) for words in (LEAVE, "eight days of", "3 Bereavement")] == [False, True, True]
        ever = documents.texts_of("trust/leave.md", in_past_editions=True)
        assert [stands_in(ever, words) for words in (LEAVE, "eight days of")] == [True, True]
        assert documents.texts_of("trust/none.md", in_past_editions=True) == ()


def test_several_files_are_one_run_and_one_of_messages_is_told_by_its_errors(office: Office, graded: str) -> None:
    messages = lines(
        {"id": "p", "case": "child", "text": DISCLOSURE}, {"id": "n", "about": "staff_life", "text": LEAVE_ASKED}
    )
    ran = office.run("eval", graded, "-", "--json", "--min", "disclosures=1", "--min", "look-alikes=1", stdin=messages)
    assert (ran.status, ran.json["questions"]) == (0, 6)
    assert {name: share["right"] for name, share in ran.json["safeguarding"].items()} == {
        "disclosures": 1, "look-alikes": 1, "other questions": 4,
    }  # fmt: skip
    slip = office.run("eval", "-", stdin=lines({"id": "slip", "question": LEAVE_ASKED, "path": "trust/leav.md"}))
    assert "Warning: -, line 1 (slip): the index has no document 'trust/leav.md'" in slip.err


# ── one process each ─────────────────────────────────────────────────────────────────────────────────────────────────

HEAVY = ["torch", "chromadb", "langchain", "langchain_core", "sentence_transformers", "sqlalchemy", "numpy", "fastapi"]


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nsys.argv = ['staffroom', *sys.argv[1:]]\nfrom bot.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\n"
    )
    for arguments in (["--help"], ["ask", "--help"]):
        ran = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
        assert ran.stderr == "[]\n"
        assert "Usage: " in ran.stdout


def in_a_process(office: Office, *arguments: str, **more: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("STAFFROOM_", "SLACK_"))}
    environment |= {"STAFFROOM_CORPUS": str(office.corpus), "STAFFROOM_DATA": str(office.data)}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **more.pop("settings", {})}
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, cwd=office.folder, env=environment, stderr=subprocess.PIPE, check=False, **more)


def test_the_process_ends_with_the_statuses_of_the_interface(own_office: Office) -> None:
    own_office.write("trust/empty.md", "")
    own_office.run("refresh")
    partial = in_a_process(own_office, "refresh", stdout=subprocess.PIPE)
    assert (partial.returncode, b"trust/empty.md: it is empty" in partial.stdout) == (1, True)
    refused = in_a_process(own_office, "statsu", stdout=subprocess.PIPE)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert b"No such command 'statsu'" in refused.stderr


@pytest.mark.parametrize("arguments", [["ask", "--limt", "3"], ["search", "x", "--limit", "0"], ["eval"], ["show"]])
def test_a_command_that_is_used_wrongly_ends_with_status_2(office: Office, arguments: list[str]) -> None:
    ran = office.run(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert f"Usage: staffroom {arguments[0]}" in ran.err


def test_a_reader_of_the_output_that_has_gone_gets_no_message(office: Office) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = in_a_process(office, "status", stdout=writing)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_json_is_whole_where_the_output_cannot_take_every_character(office: Office) -> None:
    settings = {"PYTHONIOENCODING": "ascii"}
    ran = in_a_process(office, "show", "trust/leave.md", "--json", settings=settings, stdout=subprocess.PIPE)
    assert ran.returncode == 0
    assert json.loads(ran.stdout.decode("ascii"))["sections"][1]["locator"] == "section “3 Bereavement”"


def test_another_embedding_model_is_told_with_the_mend(own_office: Office) -> None:
    other = FakeEmbedder(name="other@2", dimension=32)
    for arguments in (["ask", LEAVE_ASKED], ["search", "funeral"]):
        ran = own_office.run(*arguments, embedder=other)
        assert (ran.status, ran.out) == (2, "")
        assert "built with fake-bag-of-words@1 and the settings name other@2: run `staffroom refresh`" in ran.err
    assert own_office.run("refresh", embedder=other).status == 0
    assert own_office.run("ask", LEAVE_ASKED, embedder=other).status == 0
