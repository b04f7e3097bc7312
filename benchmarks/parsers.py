"""Which library reads a trust's documents best? Ours against those that are installed, on known and on real files.

    python -m benchmarks.parsers [FOLDER] [--only pdf --only docx …]

Known: PDFs with tables and whole web pages, made here (`benchmarks.parser_samples`). Real: every PDF, DOCX, ODT and
PPTX beneath FOLDER. Measured: recall (share of the words of the truth that were found, both as multisets; the truth of
a real file is its raw XML, of a real PDF the words that PDFium gives), boilerplate (share of the words found that are
none of the truth's), cells (share of known cells in the right row and column), headings (share of those known), whether
a page is told for what was read, and speed beside ours in the same run. Cells of a Word file are those of tables
without merged cells.

The others are no dependencies: `pip install pypdf kreuzberg markitdown[pdf,docx,pptx] mammoth docx2python trafilatura
"docling-slim[convert-core,format-pdf-docling,format-office,format-html]"` to compare. What is not installed is named.
"""

import argparse
import io
import logging
import re
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from benchmarks.parser_samples import Sample, page_samples, pdf_samples
from ingestion.errors import DocumentNotRead
from ingestion.parse import READERS


@dataclass(frozen=True)
class Found:
    """What a library makes of a document."""

    text: str
    rows: Sequence[Sequence[str]] = ()
    headings: Sequence[str] = ()
    tells_pages: bool = False


@dataclass(frozen=True)
class Library:
    """A library as it is used here; `package` is what installs it, `module` what it is imported as."""

    name: str
    package: str
    module: str
    read: Callable[[bytes, str], Found]
    kinds: frozenset[str]


@dataclass
class Score:
    """Sums over the files of one kind."""

    words: int = 0
    words_found: int = 0
    words_read: int = 0
    cells: int = 0
    cells_found: int = 0
    headings: int = 0
    headings_found: int = 0
    seconds: float = 0.0
    files: int = 0
    tells_pages: bool = False
    failed: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="real documents")
    parser.add_argument("--only", action="append", choices=sorted(_DOCUMENTS), default=[])
    asked = parser.parse_args()
    kinds = asked.only or sorted(_DOCUMENTS)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    libraries = [library for library in LIBRARIES if _is_installed(library)]
    for library in libraries:
        print(f"{library.name}: {_about(library.package)}")
    for title, kind, samples in (("PDFs with tables", "pdf", pdf_samples), ("web pages", "html", page_samples)):
        if kind in kinds:
            show(f"Invented {title}", kind, samples(), libraries)
    if asked.folder is not None:
        for kind in (kind for kind in kinds if kind in (*_PARTS, "pdf")):
            files = sorted(asked.folder.rglob(f"*.{kind}"))
            if files:
                show(f"Real {kind.upper()} files", kind, [_real(file, kind) for file in files], libraries)


def _is_installed(library: Library) -> bool:
    if find_spec(library.module) is not None:
        return True
    print(f"{library.name}: not installed (pip install {library.package})")
    return False


def _about(package: str) -> str:
    try:
        stated = metadata(package)
    except PackageNotFoundError:
        return "this project"
    classifiers = [line.rsplit(" :: ", 1)[-1] for line in stated.get_all("Classifier") or [] if "License" in line]
    licence = stated.get("License-Expression") or ", ".join(classifiers) or str(stated.get("License"))[:40]
    return f"{package} {stated['Version']}, {licence}"


def show(title: str, kind: str, samples: Sequence[Sample], libraries: Sequence[Library]) -> None:
    """One table: a line a library."""
    print(f"\n{title} ({len(samples)})")
    print(f"{'':24}{'recall':>8}{'boiler':>8}{'cells':>8}{'heads':>8}{'pages':>7}{'speed':>8}{'files/s':>9}")
    scores = {library.name: score(library, kind, samples) for library in libraries if kind in library.kinds}
    ours = scores["ours"].seconds / max(1, scores["ours"].files)
    for name, of in scores.items():
        seconds = of.seconds / max(1, of.files)
        print(
            f"{name:24}{_share(of.words_found, of.words):>8}{_share(of.words_read - of.words_found, of.words_read):>8}"
            f"{_share(of.cells_found, of.cells):>8}{_share(of.headings_found, of.headings):>8}"
            f"{'yes' if of.tells_pages else 'no':>7}{ours / seconds if seconds else 0:>8.2f}"
            f"{1 / seconds if seconds else 0:>9.1f}"
        )
        for failure in of.failed:
            print(f"    not read: {failure}")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def score(library: Library, kind: str, samples: Sequence[Sample]) -> Score:
    """What the library finds in the samples; one that it cannot read counts as nothing found."""
    total = Score()
    library.read(samples[0].data, kind)  # what it imports and compiles once is no part of its speed
    for sample in samples:
        start = time.perf_counter()
        try:
            found = library.read(sample.data, kind)
        except Exception as error:
            total.failed.append(f"{sample.name}: {type(error).__name__}: {str(error)[:90]}")
            found = Found("")
        total.seconds += time.perf_counter() - start
        total.files += 1
        truth, read = words_of(sample.words), words_of(found.text)
        total.words += truth.total()
        total.words_found += (truth & read).total()
        total.words_read += read.total()
        total.cells += sum(1 for row in sample.rows for cell in row if cell)
        total.cells_found += sum(_cells_found(row, found.rows) for row in sample.rows)
        headings = {_plain(heading) for heading in found.headings}
        total.headings += len(sample.headings)
        total.headings_found += sum(1 for heading in sample.headings if _plain(heading) in headings)
        total.tells_pages |= found.tells_pages
    return total


def words_of(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _cells_found(row: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """How many of a row's cells stand in one found row, each in its column."""
    wanted = [_plain(cell) for cell in row]
    return max(
        (
            sum(1 for cell, other in zip(wanted, map(_plain, found), strict=False) if cell and cell == other)
            for found in rows
        ),
        default=0,
    )


# ── real files, and the truth about them ─────────────────────────────────────────────────────────────────────────────

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = {
    "docx": re.compile(r"word/(?:document|footnotes|endnotes)\.xml"),
    "odt": re.compile(r"content\.xml"),
    "pptx": re.compile(r"ppt/(?:slides|notesSlides)/[^/]+\.xml"),
}


def _real(file: Path, kind: str) -> Sample:
    data = file.read_bytes()
    if kind == "pdf":
        return Sample(file.name, data, _pypdfium2(data, kind).text)
    with zipfile.ZipFile(file) as package:
        parts = [etree.fromstring(package.read(name)) for name in package.namelist() if _PARTS[kind].fullmatch(name)]
    words = "\n".join(_paragraphs(part) for part in parts)
    rows, headings = _simple_rows(parts[0]) if kind == "docx" else (), ()
    if kind == "docx":
        headings = tuple(
            text
            for paragraph in parts[0].iter(f"{_WORD}p")
            if (style := paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")) is not None
            and style.get(f"{_WORD}val", "").lower().startswith("heading")
            and (text := "".join(node.text or "" for node in paragraph.iter(f"{_WORD}t")).strip())
        )
    return Sample(file.name, data, words, rows, headings)


_BREAKS = frozenset({"p", "h", "tab", "br", "s", "line-break", "cr"})
_UNSEEN = frozenset({"Fallback", "del", "moveFrom", "tracked-changes", "annotation", "instrText"})
"""Copies of shapes for old programs, what was deleted, and notes in the margin."""


def _paragraphs(part: Any) -> str:
    """The text of one XML part, a line a paragraph."""
    return "".join(_pieces(part, is_office_xml="openxmlformats" in str(part.tag)))


def _pieces(node: Any, *, is_office_xml: bool) -> Iterator[str]:
    name = etree.QName(node).localname if isinstance(node.tag, str) else "comment"
    if name in _UNSEEN or name == "comment":
        return
    if node.text and (name == "t" or not is_office_xml):
        yield node.text
    for child in node:
        yield from _pieces(child, is_office_xml=is_office_xml)
        if child.tail and not is_office_xml:
            yield child.tail
    if name in _BREAKS:
        yield "\n"


def _simple_rows(document: Any) -> tuple[tuple[str, ...], ...]:
    """The rows of the tables of a Word document whose cells are all one row and one column, and hold no table."""
    rows = []
    for table in document.iter(f"{_WORD}tbl"):
        spans = [*table.iter(f"{_WORD}gridSpan"), *table.iter(f"{_WORD}vMerge"), *table.iter(f"{_WORD}sdt")]
        if (
            spans
            or len(list(table.iter(f"{_WORD}tbl"))) > 1
            or len(table.findall(f"{_WORD}tblGrid/{_WORD}gridCol")) < 2
        ):
            continue
        for row in table.findall(f"{_WORD}tr"):
            rows.append(tuple(_paragraphs(cell).strip() for cell in row.findall(f"{_WORD}tc")))
    return tuple(rows)


# ── the libraries ────────────────────────────────────────────────────────────────────────────────────────────────────


def _ours(data: bytes, kind: str) -> Found:
    try:
        reading: Any = READERS[f".{kind}"](data)
    except DocumentNotRead as error:
        raise ValueError(str(error)) from error
    blocks = [block for section in reading.sections for block in section.blocks]
    return Found(
        text="\n".join(section.text for section in reading.sections),
        rows=[block.cells for block in blocks if block.cells],
        headings=[section.heading[-1] for section in reading.sections if section.heading],
        tells_pages=any(block.locator.kind in ("page", "slide") for block in blocks),
    )


def _pypdfium2(data: bytes, kind: str) -> Found:
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        texts = [page.get_textpage().get_text_bounded() for page in document]
    # A hyphen that a line break put in is marked; what it parts is one word.
    return Found(re.sub(r"[\x02\ufffe]\s*", "", "\n".join(texts)), tells_pages=True)


def _pdfplumber(data: bytes, kind: str) -> Found:
    import pdfplumber

    texts, rows = [], []
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            texts.append(page.extract_text())
            rows += [[cell or "" for cell in row] for table in page.extract_tables() for row in table]
            page.close()
    return Found("\n".join(texts), rows, tells_pages=True)


def _pypdf(data: bytes, kind: str) -> Found:
    import pypdf

    return Found("\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages), tells_pages=True)


_MEDIA = {
    "pdf": "application/pdf",
    "html": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
}


def _kreuzberg(data: bytes, kind: str) -> Found:
    import kreuzberg

    config = kreuzberg.ExtractionConfig(output_format="markdown")
    found = kreuzberg.extract_bytes_sync(data, _MEDIA[kind], config=config)
    read = _markdown(found.content, tells_pages=kind == "pdf")
    return Found(
        read.text,
        [*read.rows, *(row for table in found.tables for row in table.cells)],
        read.headings,
        read.tells_pages,
    )


def _markitdown(data: bytes, kind: str) -> Found:
    from markitdown import MarkItDown

    if "converter" not in _KEPT:
        _KEPT["converter"] = MarkItDown()
    return _markdown(_KEPT["converter"].convert_stream(io.BytesIO(data), file_extension=f".{kind}").text_content)


_KEPT: dict[str, Any] = {}
"""Converters that are made once."""


def _docling(data: bytes, kind: str) -> Found:
    from docling.datamodel.base_models import DocumentStream, InputFormat
    from docling.datamodel.pipeline_options import NativePdfPipelineOptions
    from docling.document_converter import DocumentConverter, PdfFormatOption
    from docling.pipeline.native_pdf_pipeline import NativePdfPipeline

    if "docling" not in _KEPT:
        native = PdfFormatOption(pipeline_cls=NativePdfPipeline, pipeline_options=NativePdfPipelineOptions())
        _KEPT["docling"] = DocumentConverter(format_options={InputFormat.PDF: native})
    document = _KEPT["docling"].convert(DocumentStream(name=f"a.{kind}", stream=io.BytesIO(data))).document
    return _markdown(document.export_to_markdown(), tells_pages=any(item.prov for item in document.texts))


def _mammoth(data: bytes, kind: str) -> Found:
    import mammoth
    from bs4 import BeautifulSoup

    page = BeautifulSoup(mammoth.convert_to_html(io.BytesIO(data)).value, "lxml")
    rows = [[cell.get_text(" ") for cell in row.find_all(["td", "th"])] for row in page.find_all("tr")]
    return Found(page.get_text("\n"), rows, [tag.get_text() for tag in page.find_all(re.compile("^h[1-6]$"))])


def _docx2python(data: bytes, kind: str) -> Found:
    from docx2python import docx2python

    with docx2python(io.BytesIO(data)) as document:
        rows = [[" ".join(cell) for cell in row] for table in document.body for row in table if len(row) > 1]
        return Found(document.text, rows)


def _trafilatura(data: bytes, kind: str) -> Found:
    import trafilatura

    return _markdown(
        trafilatura.extract(data, output_format="markdown", include_comments=False, favor_recall=True) or ""
    )


_RULE = re.compile(r"[\s|:-]+")


def _markdown(text: str, *, tells_pages: bool = False) -> Found:
    lines = text.splitlines()
    rows = [
        [cell.replace("\\", "") for cell in line.strip().strip("|").split("|")]
        for line in lines
        if line.lstrip().startswith("|") and not _RULE.fullmatch(line)
    ]
    return Found(text, rows, [line.lstrip("# ") for line in lines if line.startswith("#")], tells_pages)


_DOCUMENTS = frozenset({"pdf", "html", "docx", "odt", "pptx"})
LIBRARIES = (
    Library("ours", "staffroom", "ingestion", _ours, _DOCUMENTS),
    Library("pypdfium2, text alone", "pypdfium2", "pypdfium2", _pypdfium2, frozenset({"pdf"})),
    Library("pdfplumber", "pdfplumber", "pdfplumber", _pdfplumber, frozenset({"pdf"})),
    Library("pypdf", "pypdf", "pypdf", _pypdf, frozenset({"pdf"})),
    Library("kreuzberg", "kreuzberg", "kreuzberg", _kreuzberg, _DOCUMENTS),
    Library("markitdown", "markitdown", "markitdown", _markitdown, _DOCUMENTS - {"odt"}),
    Library("docling, no models", "docling-slim", "docling", _docling, _DOCUMENTS),
    Library("mammoth", "mammoth", "mammoth", _mammoth, frozenset({"docx"})),
    Library("docx2python", "docx2python", "docx2python", _docx2python, frozenset({"docx"})),
    Library("trafilatura", "trafilatura", "trafilatura", _trafilatura, frozenset({"html"})),
)


if __name__ == "__main__":
    main()
