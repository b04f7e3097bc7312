"""Word and PowerPoint files of before 2007, and RTF, are read through LibreOffice; where it is missing, they are named.

The files are made by LibreOffice itself, from a document that the test writes.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx.document import Document as WordDocument
from pptx import Presentation

from ingestion.errors import DocumentNotRead
from ingestion.parse import legacy
from tests.ingestion.files import parsed, word
from tests.ingestion.office import saved_as


def policy() -> bytes:
    def write(document: WordDocument) -> None:
        document.add_heading("Attendance policy", 0)
        document.add_paragraph("Version 2.1, approved 1 July 2026")
        document.add_heading("Absence", 1)
        document.add_paragraph("Parents ring the office by 8.30 am – each day.")
        document.add_paragraph("the tutor rings home", style="List Bullet")
        document.add_paragraph("the office writes", style="List Bullet")
        table = document.add_table(2, 2)
        table.style = "Table Grid"
        for row, texts in zip(table.rows, (("Day", "Opens"), ("Monday", "8.00")), strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        document.add_heading("Sanctions", 1)
        document.add_paragraph("None on the first day.")
        document.sections[0].footer.paragraphs[0].text = "Next review: 1 July 2027"

    return word(write)


def slides() -> bytes:
    deck = Presentation()
    for title, text in (("Routines", "Meet and greet\nStart with a task"), ("Phones", "Kept in the office")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    out = BytesIO()
    deck.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The policy, or the slides, in an old format; each made once."""
    files: dict[str, bytes] = {}

    def make(kind: str) -> bytes:
        if kind not in files:
            data, source = (slides(), "pptx") if kind in ("ppt", "odp") else (policy(), "docx")
            files[kind] = saved_as(data, source, kind, tmp_path_factory.mktemp(kind))
        return files[kind]

    return make


@pytest.mark.parametrize(("kind", "path"), [("doc", "a.doc"), ("rtf", "a.rtf"), ("rtf", "named.doc")])
def test_an_old_word_document_is_read_under_its_headings(kind: str, path: str, made: Callable[[str], bytes]) -> None:
    document = parsed(made(kind), path)
    assert [(section.heading, [block.text for block in section.blocks]) for section in document.sections] == [
        ((), ["Attendance policy", "Version 2.1, approved 1 July 2026"]),
        (
            ("Absence",),
            [
                "Parents ring the office by 8.30 am – each day.",
                "the tutor rings home",
                "the office writes",
                "Day | Opens",
                "Monday | 8.00",
            ],
        ),
        (("Sanctions",), ["None on the first day."]),
    ]
    assert [block.kind for block in document.sections[1].blocks[1:3]] == ["list_item", "list_item"]
    assert str(document.sections[2].blocks[0].locator) == "section “Sanctions”"
    metadata = document.metadata
    assert (metadata.title, metadata.version, metadata.review_due) == ("Attendance policy", "2.1", "2027-07-01")


@pytest.mark.parametrize(("kind", "path"), [("ppt", "a.ppt"), ("odp", "a.odp")])
def test_old_slides_are_read_by_slide(kind: str, path: str, made: Callable[[str], bytes]) -> None:
    document = parsed(made(kind), path)
    assert [(str(block.locator), block.text) for section in document.sections for block in section.blocks] == [
        ("slide 1", "Meet and greet"),
        ("slide 1", "Start with a task"),
        ("slide 2", "Kept in the office"),
    ]


def test_a_new_document_under_an_old_name_needs_no_libreoffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy, "_program", lambda: None)
    assert parsed(policy(), "a.doc").sections[-1].blocks[0].text == "None on the first day."
    assert parsed(slides(), "a.ppt").sections[-1].blocks[0].text == "Kept in the office"


# ── what cannot be read ──────────────────────────────────────────────────────────────────────────────────────────────

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def reason(data: bytes, path: str) -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, path)
    return str(error.value)


@pytest.mark.parametrize(
    ("data", "path", "sentence"),
    [
        (
            OLE + bytes(512),
            "a.doc",
            "Word 97–2003 files are read only where LibreOffice is installed: install it, or save the file as .docx",
        ),
        (
            b"{\\rtf1 words}",
            "a.rtf",
            "RTF files are read only where LibreOffice is installed: install it, or save the file as .docx",
        ),
        (
            OLE + bytes(512),
            "a.ppt",
            "PowerPoint 97–2003 files are read only where LibreOffice is installed: "
            "install it, or save the file as .pptx",
        ),
    ],
)
def test_where_libreoffice_is_missing_the_format_is_named(
    data: bytes, path: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(legacy, "_MAC_PROGRAM", "/nowhere/soffice")
    assert reason(data, path) == sentence


@pytest.mark.parametrize("path", ["a.doc", "a.rtf", "a.dot"])
def test_plain_words_under_the_name_of_a_word_document_are_named(path: str) -> None:
    assert reason(b"These are plain words", path) == (
        "it is not a Word document, whatever its name says: open it in Word and save it as .docx"
    )


def test_plain_words_under_the_name_of_slides_are_named() -> None:
    assert reason(b"These are plain words", "a.ppt").startswith("it is not a PowerPoint file, whatever its name says")


def test_a_document_under_a_password_is_named() -> None:
    assert reason(OLE + bytes(512) + "EncryptedPackage".encode("utf-16-le"), "a.doc") == (
        "it is locked with a password: save it again without one"
    )


def test_a_damaged_document_is_named(made: Callable[[str], bytes]) -> None:
    data = made("doc")
    assert reason(data[:700] + bytes(len(data) - 700), "a.doc") == (
        "LibreOffice cannot open it, for it is damaged or under a password: open it and save it as .docx"
    )


# ── LibreOffice is kept in bounds ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_nothing_is_left_behind(made: Callable[[str], bytes], scratch: Path) -> None:
    parsed(made("doc"), "a.doc")
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_conversion_that_takes_too_long_is_stopped_and_named(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "soffice"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(legacy, "SECONDS", 0.3)
    assert reason(OLE + bytes(512), "a.doc") == (
        "LibreOffice took longer than 0.3 seconds over it: open it and save it as .docx"
    )
    assert list(scratch.iterdir()) == []


@pytest.fixture
def visits() -> Iterator[tuple[int, list[str]]]:
    """A web server's port, and the paths that were asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 - as the standard library names them

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked
    server.shutdown()
    server.server_close()


def test_a_picture_that_a_document_links_to_is_not_fetched(visits: tuple[int, list[str]], tmp_path: Path) -> None:
    port, asked = visits
    page = f'<p>Parents ring the office.</p><img src="http://127.0.0.1:{port}/a.png" width="50" height="50">'
    linked = saved_as(saved_as(page.encode(), "html", "odt", tmp_path), "odt", "doc", tmp_path)
    assert f"127.0.0.1:{port}/a.png".encode("utf-16-le") in linked
    asked.clear()  # by the conversions that made it
    document = parsed(linked, "a.doc")
    assert [block.text for section in document.sections for block in section.blocks] == ["Parents ring the office."]
    assert asked == []


def test_another_file_that_a_document_refers_to_is_not_read(made: Callable[[str], bytes], tmp_path: Path) -> None:
    made("rtf")  # skips where LibreOffice is missing
    (tmp_path / "other.txt").write_text("words of another file")
    fields = (
        rf'{{\field{{\*\fldinst INCLUDETEXT "{tmp_path / "other.txt"}"}}{{\fldrslt }}}}',
        rf'{{\field{{\*\fldinst INCLUDETEXT "{(tmp_path / "other.txt").as_uri()}"}}{{\fldrslt }}}}',
    )
    document = parsed(r"{\rtf1\ansi Parents ring the office. " + " ".join(fields) + r"\par}", "a.rtf")
    assert [block.text for section in document.sections for block in section.blocks] == ["Parents ring the office."]
