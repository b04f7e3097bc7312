"""What does a file say? Its bytes become a document: what it is, its sections, its records.

One module a format reads the bytes; here the format is chosen, and whatever goes wrong becomes a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from ingestion.errors import DocumentNotRead
from ingestion.metadata import read_metadata
from ingestion.model import ParsedDocument, RawFile, Section
from ingestion.parse.docx import read_docx
from ingestion.parse.html import read_html
from ingestion.parse.markdown import read_markdown
from ingestion.parse.pdf import read_pdf
from ingestion.parse.programmes import read_programmes
from ingestion.parse.reading import Reading
from ingestion.parse.statements import read_statements
from ingestion.parse.text import read_text

READERS: dict[str, Callable[[bytes], Reading]] = {
    ".csv": read_statements,
    ".docx": read_docx,
    ".htm": read_html,
    ".html": read_html,
    ".markdown": read_markdown,
    ".md": read_markdown,
    ".pdf": read_pdf,
    ".txt": read_text,
}

MENDS: dict[str, str] = {
    ".doc": "Word 97–2003 files are not read: open it in Word and save it as .docx",
    ".docm": "Word files with macros are not read: save it as .docx",
    ".dotx": "Word templates are not read: save it as .docx",
    ".odt": "ODT files are not read yet: save it as .docx or PDF",
    ".ppt": "PowerPoint 97–2003 files are not read: save it as PDF",
    ".pptx": "PPTX files are not read yet: save it as PDF",
    ".rtf": "RTF files are not read: save it as .docx",
    ".xls": "Excel 97–2003 files are not read: save it as PDF",
    ".xlsx": "XLSX files are not read yet: save it as PDF",
    ".zip": "ZIP archives are not read: unpack it into the folder",
}
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp", ".heic", ".svg"})

log = logging.getLogger(__name__)


def parse_document(raw: RawFile) -> ParsedDocument:
    """The document that a file holds, with at least one block of text.

    Raises DocumentNotRead: a format that is not read, a file that is empty, damaged, locked or without text, a sidecar
    that cannot be used. The reason is a sentence with the mend.
    """
    read = _reader(raw.path)
    if not raw.data.strip(b"\x00\t\n\r "):
        raise DocumentNotRead("it is empty: put the document's text in it, or remove it")
    try:
        reading = read(raw.data)
    except DocumentNotRead:
        raise
    # Parsers of foreign formats fail in more ways than they document (KeyError, RecursionError, struct.error, …): one
    # damaged file is named and recorded, and the run goes on.
    except Exception as error:
        log.debug("%s: parser failed", raw.path, exc_info=True)
        kind = _suffix(raw.path).removeprefix(".").upper()
        raise DocumentNotRead(
            f"it could not be read as {kind} ({type(error).__name__}): it may be damaged; open it and save it again"
        ) from error
    if not any(section.blocks for section in reading.sections):
        raise DocumentNotRead("there is no text in it: put the document's text in it, or remove it")
    metadata = read_metadata(
        raw.path,
        sidecar=raw.sidecar,
        front_matter=reading.front_matter,
        cover=reading.cover,
        sections=reading.sections,
    )
    return ParsedDocument(
        path=raw.path,
        school=raw.school,
        metadata=metadata,
        sections=reading.sections if reading.records else _without_title(reading.sections, metadata.title),
        records=reading.records,
        warnings=reading.warnings,
    )


def _without_title(sections: Sequence[Section], title: str | None) -> tuple[Section, ...]:
    """The sections, those beneath a heading that is the document's title moved out from under it: the title stands
    beside every heading path anyway. The section of that heading itself stays."""
    return tuple(
        replace(section, heading=section.heading[1:])
        if len(section.heading) > 1 and title and section.heading[0].casefold() == title.casefold()
        else section
        for section in sections
    )


def _reader(path: str) -> Callable[[bytes], Reading]:
    suffix = _suffix(path)
    if path.rsplit("/", 1)[-1].lower() == "programmes.toml":
        return read_programmes
    if suffix in READERS:
        return READERS[suffix]
    if suffix in _PICTURES:
        raise DocumentNotRead("pictures are not read: put the words in a document, or remove it")
    kind = f"{suffix.removeprefix('.').upper()} files" if suffix else "files without an ending to their name"
    raise DocumentNotRead(MENDS.get(suffix, f"{kind} are not read: save it as PDF, Word, HTML, Markdown or text"))


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return f".{name.rsplit('.', 1)[1].lower()}" if "." in name else ""
