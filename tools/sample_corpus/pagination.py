"""Where a Word document's pages break, marked as Word marks it on saving (`w:lastRenderedPageBreak`).

LibreOffice lays the documents out: a copy of each gets a bookmark at the start of every paragraph and table row,
and the PDF that it becomes says on which page each bookmark fell. A bookmark takes no room, and the styles keep
every paragraph and row whole, so a page always starts with one of them.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from pypdf import PdfReader

from tools.sample_corpus.archive import settled

EXPORT = 'pdf:writer_pdf_Export:{"ExportBookmarksToPDFDestination":{"type":"boolean","value":"true"}}'
TIMEOUT_SECONDS = 580
PROBE = "probe"


def mark_pages(documents: Mapping[str, bytes], saved: Mapping[str, datetime]) -> dict[str, bytes]:
    """The same documents with a marker in the first run of each page after the first.

    Without LibreOffice, or when it fails, they come back as they were and standard error says so.
    """
    if not documents:
        return {}
    soffice = shutil.which("soffice")
    if soffice is None:
        print("soffice is not installed: Word documents are written without page markers", file=sys.stderr)
        return dict(documents)
    with TemporaryDirectory() as folder:
        pages = pages_of_openings(soffice, documents, Path(folder))
    return {
        name: marked(content, pages[name], saved[name]) if name in pages else content
        for name, content in documents.items()
    }


def pages_of_openings(soffice: str, documents: Mapping[str, bytes], folder: Path) -> dict[str, list[int]]:
    """For each document, the page on which each of its openings stands, in document order."""
    probes = {f"{PROBE}{number}": name for number, name in enumerate(documents)}
    counts: dict[str, int] = {}
    for probe, name in probes.items():
        document = Document(BytesIO(documents[name]))
        counts[probe] = add_bookmarks(document)
        document.save(str(folder / f"{probe}.docx"))
    profile = (folder / "profile").as_uri()
    command = [soffice, f"-env:UserInstallation={profile}", "--headless", "--convert-to", EXPORT]
    inputs = [str(folder / f"{probe}.docx") for probe in probes]
    subprocess.run(
        [*command, "--outdir", str(folder), *inputs], check=False, capture_output=True, timeout=TIMEOUT_SECONDS
    )
    found: dict[str, list[int]] = {}
    for probe, name in probes.items():
        pdf = folder / f"{probe}.pdf"
        if pdf.exists():
            found[name] = bookmark_pages(pdf, counts[probe])
        else:
            print(f"{name}: soffice made no PDF of it, so it has no page markers", file=sys.stderr)
    return found


def add_bookmarks(document: WordDocument) -> int:
    """Bookmarks every opening of the document; says how many there are."""
    number = -1
    for number, opening in enumerate(openings(document)):
        start = parse_xml(f"<w:bookmarkStart {nsdecls('w')} w:id='{number}' w:name='{PROBE}{number}'/>")
        end = parse_xml(f"<w:bookmarkEnd {nsdecls('w')} w:id='{number}'/>")
        paragraph = opening if opening.tag == qn("w:p") else next(opening.iter(qn("w:p")))
        place = 1 if paragraph.find(qn("w:pPr")) is not None else 0
        paragraph.insert(place, start)
        paragraph.insert(place + 1, end)
    return number + 1


def openings(document: WordDocument) -> Iterator[Any]:
    """Every element of the body that a page can start with: paragraphs and table rows."""
    body: Any = document.element.body
    for element in body:
        if element.tag == qn("w:p"):
            yield element
        elif element.tag == qn("w:tbl"):
            yield from element.iter(qn("w:tr"))


def bookmark_pages(pdf: Path, count: int) -> list[int]:
    """The page of each bookmark, from 1; one that the PDF lost stands where the one before it stands."""
    reader = PdfReader(pdf)
    destinations = {name.removeprefix("/"): found for name, found in reader.named_destinations.items()}
    pages = [1]
    for number in range(count):
        destination = destinations.get(f"{PROBE}{number}")
        page = None if destination is None else reader.get_destination_page_number(destination)
        pages.append(pages[-1] if page is None else page + 1)
    return pages[1:]


def marked(content: bytes, pages: list[int], saved: datetime) -> bytes:
    """The document with one marker for each page that starts with an opening that holds a run."""
    document = Document(BytesIO(content))
    page_in_hand = 1
    for opening, page in zip(openings(document), pages, strict=True):
        run = next(opening.iter(qn("w:r")), None)
        if page > page_in_hand and run is not None:
            place = 1 if run.find(qn("w:rPr")) is not None else 0
            run.insert(place, OxmlElement("w:lastRenderedPageBreak"))
            page_in_hand = page
    write_page_count(document, max(pages, default=1))
    out = BytesIO()
    document.save(out)
    return settled(out.getvalue(), saved)


def write_page_count(document: WordDocument, pages: int) -> None:
    """The number last shown by the footer's NUMPAGES field."""
    footer: Any = document.sections[0].footer._element
    texts = [text for text in footer.iter(qn("w:t")) if text.text]
    if texts:
        texts[-1].text = str(pages)
