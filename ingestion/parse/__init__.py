"""What does a file say? Its bytes become a document: what it is, its sections, its records.

One module a format reads the bytes; here the format is chosen, and whatever goes wrong becomes a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from ingestion.errors import DocumentNotRead
from ingestion.metadata import conflict_warnings, read_metadata
from ingestion.model import ParsedDocument, RawFile, Section
from ingestion.parse.archives import checked_members, refuse_entities, refuse_unsafe_container
from ingestion.parse.csv import read_csv
from ingestion.parse.docx import read_docx
from ingestion.parse.html import read_html
from ingestion.parse.legacy import read_doc, read_ppt
from ingestion.parse.markdown import read_markdown
from ingestion.parse.odt import read_odt
from ingestion.parse.pdf import read_pdf
from ingestion.parse.pptx import read_pptx
from ingestion.parse.programmes import read_programmes
from ingestion.parse.reading import Reading
from ingestion.parse.spreadsheet import read_spreadsheet
from ingestion.parse.text import read_text

READERS: dict[str, Callable[[bytes], Reading]] = {
    ".csv": read_csv,
    ".doc": read_doc,
    ".docm": read_docx,
    ".docx": read_docx,
    ".dot": read_doc,
    ".dotm": read_docx,
    ".dotx": read_docx,
    ".htm": read_html,
    ".html": read_html,
    ".markdown": read_markdown,
    ".md": read_markdown,
    ".odp": read_ppt,
    ".ods": read_spreadsheet,
    ".odt": read_odt,
    ".ots": read_spreadsheet,
    ".ott": read_odt,
    ".pdf": read_pdf,
    ".pot": read_ppt,
    ".potx": read_pptx,
    ".pps": read_ppt,
    ".ppsx": read_pptx,
    ".ppt": read_ppt,
    ".pptm": read_pptx,
    ".pptx": read_pptx,
    ".rtf": read_doc,
    ".tsv": read_csv,
    ".txt": read_text,
    ".xls": read_spreadsheet,
    ".xlsb": read_spreadsheet,
    ".xlsm": read_spreadsheet,
    ".xlsx": read_spreadsheet,
    ".xlt": read_spreadsheet,
    ".xltm": read_spreadsheet,
    ".xltx": read_spreadsheet,
}

_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".bmp", ".webp", ".heic", ".svg"})

log = logging.getLogger(__name__)


def parse_document(raw: RawFile) -> ParsedDocument:
    """The document that a file holds, with at least one block of text.

    Raises DocumentNotRead: a format that is not read, a file that is empty, damaged, locked or without text, a sidecar
    that cannot be used. The reason is a sentence with the mend. Raises MemoryError as well.
    """
    read = _reader(raw.path)
    if not raw.data.strip(b"\x00\t\n\r "):
        raise DocumentNotRead("it is empty: put the document's text in it, or remove it")
    try:
        _refuse_unsafe(raw)
        reading = read(raw.data)
    except (DocumentNotRead, MemoryError):
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
        warnings=(*reading.warnings, *conflict_warnings(metadata)),
    )


def _refuse_archive(data: bytes) -> Reading:
    """A source lists what is in an archive; the archive itself comes here only where it cannot be opened as one."""
    checked_members(data)
    raise DocumentNotRead("it changed while it was read: run refresh again")


def _refuse_unsafe(raw: RawFile) -> None:
    """Nothing is handed to a library that unpacks without end, or that reads other files."""
    refuse_unsafe_container(raw.data)
    if _suffix(raw.path) in (".htm", ".html"):
        refuse_entities(raw.data)


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
    if suffix == ".zip":
        return _refuse_archive
    if suffix in READERS:
        return READERS[suffix]
    if suffix in _PICTURES:
        raise DocumentNotRead("pictures are not read: put the words in a document, or remove it")
    kind = f"{suffix.removeprefix('.').upper()} files" if suffix else "files without an ending to their name"
    raise DocumentNotRead(f"{kind} are not read: save it as PDF, Word, HTML, Markdown or text")


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return f".{name.rsplit('.', 1)[1].lower()}" if "." in name else ""
