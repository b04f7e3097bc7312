"""What cannot be read is named with its cause and the mend, and never becomes a document without text."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from docx import Document
from reportlab.lib.pdfencrypt import StandardEncryption

from ingestion.errors import DocumentNotRead
from ingestion.parse import READERS, parse_document
from tests.ingestion.files import paragraphs, parsed, pdf, saved, word

WORDS = "Phones are kept in the office until the end of the day, and are then returned to the pupil."


def reason(data: bytes, path: str) -> str:
    with pytest.raises(DocumentNotRead) as error:
        parsed(data, path)
    return str(error.value)


# ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("all.zip", "it is no zip archive, or was cut short: make the archive again"),
        ("photo.JPG", "pictures are not read: put the words in a document, or remove it"),
        ("clip.mp4", "MP4 files are not read: save it as PDF, Word, HTML, Markdown or text"),
        (
            "Makefile",
            "files without an ending to their name are not read: save it as PDF, Word, HTML, Markdown or text",
        ),
    ],
)
def test_a_format_that_is_not_read_is_named(path: str, sentence: str) -> None:
    assert reason(b"anything", path) == sentence


@pytest.mark.parametrize("path", ["programmes.toml", *(f"a{suffix}" for suffix in sorted(READERS))])
@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", b"\x00" * 40])
def test_an_empty_file_is_named(path: str, data: bytes) -> None:
    assert reason(data, path) == "it is empty: put the document's text in it, or remove it"


@pytest.mark.parametrize(
    ("path", "data"),
    [("a.md", b"<!-- nothing but a note -->"), ("a.md", b"---\ntitle: A\n---\n"), ("a.md", b"# A heading alone")],
)
def test_a_document_without_a_word_beneath_a_heading_is_no_document(path: str, data: bytes) -> None:
    assert reason(data, path) == "there is no text in it: put the document's text in it, or remove it"


def test_bytes_that_are_no_text_are_named() -> None:
    assert reason(bytes(range(256)) * 20, "a.txt").startswith("it is not text, whatever its name says")


# ── Word ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def archive(**files: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(name.replace("__", "/"), text)
    return out.getvalue()


def test_a_word_file_that_is_no_zip_is_named() -> None:
    assert reason(b"These are plain words", "a.docx").startswith("it is not a Word document, or was cut short")


def test_a_word_file_cut_short_is_named() -> None:
    data = word(lambda document: document.add_paragraph(WORDS))
    assert reason(data[: len(data) // 2], "a.docx").startswith("it is not a Word document, or was cut short")


def test_a_zip_without_a_word_document_is_named() -> None:
    assert reason(archive(notes="words"), "a.docx").startswith("it is a zip archive without a Word document in it")


def test_a_word_document_under_a_password_is_named() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le")
    assert reason(data, "a.docx") == "it is locked with a password: save it again without one"


def test_an_old_word_document_under_a_new_name_is_named() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "WordDocument".encode("utf-16-le")
    assert reason(data, "a.docx").startswith("it is a Word 97–2003 document under a new name")


def test_a_word_document_without_text_is_named() -> None:
    assert reason(saved(Document()), "a.docx").startswith("there is no text in it")


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pdf_whose_streams_cannot_be_decoded_is_named() -> None:
    data = pdf(*paragraphs(WORDS))
    start = data.index(b"stream") + len(b"stream\r\n")
    broken = data[:start] + b"\xff" * (data.index(b"endstream") - start) + data[data.index(b"endstream") :]
    assert reason(broken, "a.pdf") == (
        "nothing on its page can be read: it is damaged or blank; save it again from the program it came from"
    )


def test_a_pdf_that_needs_a_password_is_named() -> None:
    locked = pdf(*paragraphs(WORDS), encrypt=StandardEncryption("secret", ownerPassword="owner"))
    assert reason(locked, "a.pdf") == "it is locked with a password: save it again without one"


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    protected = pdf(*paragraphs(WORDS), encrypt=StandardEncryption("", ownerPassword="owner", canModify=0))
    assert parsed(protected, "a.pdf").sections[0].blocks[0].text == WORDS


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_a_pdf_cut_short_is_named(share: float) -> None:
    data = pdf(*paragraphs(*[f"{number} {WORDS}" for number in range(150)]))
    assert reason(data[: int(len(data) * share)], "a.pdf") == (
        "it was cut short, its end is missing: copy or download it again"
    )


def test_another_file_under_the_name_of_a_pdf_is_named() -> None:
    assert reason(b"<html>Sign in</html>", "a.pdf").startswith("it is not a PDF, whatever its name says")


def test_a_pdf_with_nothing_in_it_but_its_ends_is_named() -> None:
    assert reason(b"%PDF-1.7\n%%EOF", "a.pdf").startswith("it is damaged")


# ── whatever else ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_parser_that_fails_in_an_unforeseen_way_is_named_by_format_and_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes) -> None:
        raise RecursionError("too deep")

    monkeypatch.setitem(parse_document.__globals__["READERS"], ".md", fail)
    assert reason(b"words", "a.md") == (
        "it could not be read as MD (RecursionError): it may be damaged; open it and save it again"
    )


def test_a_page_of_elements_nested_beyond_measure_is_named() -> None:
    nested = b"<div>" * 1500 + b"words" + b"</div>" * 1500
    assert reason(nested, "a.html") == (
        "it nests its elements more than 300 deep: open it in a browser and save it as PDF"
    )


def test_want_of_memory_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(data: bytes) -> None:
        raise MemoryError

    monkeypatch.setitem(READERS, ".md", fail)  # type: ignore[arg-type]
    with pytest.raises(MemoryError):
        parsed(b"words", "a.md")
