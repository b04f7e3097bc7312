"""What broke a reader, kept as a case each: found by `benchmarks.fuzz`, or made to hang, swell or crash a library.

Read as a refresh reads them, with little time and memory. Each must be read or named, and the next document be read,
whatever the first one did to its process.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document

from ingestion.model import RawFile
from ingestion.workers import Workers

SECONDS = 2.0
MEMORY_BYTES = 500_000_000


def read_with_the_next(data: bytes, path: str, *, seconds: float = SECONDS) -> tuple[str, str]:
    """Why the file could not be read, or its first words; and the words of the document after it."""
    raws = [RawFile(path, None, data), RawFile("trust/next.md", None, b"# Next\n\nWords of the next.")]
    with Workers(count=1, seconds=seconds, memory_bytes=MEMORY_BYTES) as workers:
        first, following = (read.failure or read.passages[0].text for read in workers.read_all(raws))
    return first, following


# ── text, Markdown, web pages, tables ────────────────────────────────────────────────────────────────────────────────


def front_matter_that_doubles() -> bytes:
    """Eleven lists, each of nine times the one before: three thousand million words of 500 bytes."""
    lists = [b"a: &a [x,x,x,x,x,x,x,x,x]"]
    lists += [b"%c: &%c [%s]" % (name + 1, name + 1, b",".join([b"*%c" % name] * 9)) for name in range(97, 107)]
    return b"\n".join([b"---", *lists, b"title: *k", b"audience: *k", b"---", b"# Phones", b"", b"Words."])


TOO_DEEP = "it nests its elements more than 300 deep: open it in a browser and save it as PDF"


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("nested.html", b"<div>" * 100_000 + b"words", TOO_DEEP),
        ("nested inline.html", b"<b>" * 100_000 + b"words", TOO_DEEP),
        ("tables nested.html", b"<table><tr><td>" * 20_000 + b"words", TOO_DEEP),
        ("tables nested.md", b"<table><tr><td>" * 3_000 + b"words", TOO_DEEP),
        (
            "front matter that doubles.md",
            front_matter_that_doubles(),
            "its front matter repeats a value by its name (*name): write the value out, or put quotes around it "
            "(line 3: 'b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]')",
        ),
        (
            "front matter nested.md",
            b"---\ntitle: " + b"[" * 20_000 + b"\n---\nWords",
            "its front matter nests lists more than 20 deep: put quotes around the value "
            f"(line 2: 'title: {'[' * 73}')",
        ),
        (
            "long front matter.md",
            b"---\n" + b"a: b\n" * 100_000 + b"---\nWords",
            "its front matter has more than 100,000 characters: keep only what describes the document",
        ),
    ],
)
def test_text_that_is_nested_without_end_is_refused_by_name(path: str, data: bytes, reason: str) -> None:
    assert read_with_the_next(data, f"trust/{path}") == (reason, "Words of the next.")


@pytest.mark.parametrize(
    ("path", "data", "begins"),
    [
        ("remarks never closed.md", b"Phones\n\n" + b"<!--" * 100_000, "Phones"),
        ("code never closed.md", b"Phones\n\n" + b"<%" * 100_000, "Phones"),
        ("attributes never closed.md", b"Phones\n\n" + b"{:" * 100_000, "Phones"),
        ("notices at the foot.html", b"<h1>Phones</h1>" + b"<div><p>a b c copyright</p></div>" * 15_000, "a b c"),
        ("one wide row.csv", b"a" + b",b" * 16_000 + b"\nx" * 20_000, "a | b"),
        (
            "wrapped without a blank line.txt",
            (b"Phones stay in bags all day, and in lockers overnight,\n") * 120_000,
            "Phones",
        ),
    ],
)
def test_text_that_repeats_without_end_is_read(path: str, data: bytes, begins: str) -> None:
    first, following = read_with_the_next(data, f"trust/{path}", seconds=20.0)
    assert first.startswith(begins)
    assert following == "Words of the next."


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("quotations nested.md", b"> " * 100_000 + b"words"),
        ("brackets nested.md", b"[" * 100_000 + b"words" + b"]" * 100_000),
        ("bold never closed.html", b"<b><p>" * 100_000 + b"words"),
        ("cells that span.html", b"<table><tr>" + b"<td colspan=1000 rowspan=65534>a" * 50 + b"</table>"),
        ("one long line.txt", b"a " * 1_000_000),
        ("one long word.txt", b"a" * 4_000_000),
    ],
)
def test_text_that_swells_or_never_ends_harms_only_itself(path: str, data: bytes) -> None:
    first, following = read_with_the_next(data, f"trust/{path}")
    assert not re.match("reading it stopped at an unexpected fault|the reader crashed", first), first[:200]
    assert following == "Words of the next."


# ── word processors ──────────────────────────────────────────────────────────────────────────────────────────────────


def docx_of(body: bytes) -> bytes:
    """A Word document of this body."""
    made = BytesIO()
    Document().save(made)
    package = BytesIO()
    with ZipFile(made) as parts, ZipFile(package, "w", ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            part = parts.read(name)
            packed.writestr(
                name, part.replace(b"<w:body>", b"<w:body>" + body) if name == "word/document.xml" else part
            )
    return package.getvalue()


def odt_of(body: str, styles: str = "") -> bytes:
    """An OpenDocument text of this body."""
    names = (
        ("office", "office"),
        ("text", "text"),
        ("table", "table"),
        ("style", "style"),
        ("fo", "xsl-fo-compatible"),
    )
    declared = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"' for name, urn in names)
    package = BytesIO()
    with ZipFile(package, "w", ZIP_DEFLATED) as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        packed.writestr(
            "content.xml",
            f"<office:document-content {declared}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        )
    return package.getvalue()


def tables_that_repeat(depth: int) -> str:
    """A cell 64 times in a row 64 times in a table, which is a cell of the next."""
    table = "<text:p>words</text:p>"
    for _ in range(depth):
        cell = f'<table:table-cell table:number-columns-repeated="64">{table}</table:table-cell>'
        table = f'<table:table><table:table-row table:number-rows-repeated="64">{cell}</table:table-row></table:table>'
    return table


TOO_MANY_PARAGRAPHS = "it has more paragraphs than are read of one document (200,000): divide it into smaller ones"
TOO_MANY_PIECES = "it has more pieces of text than are read of one document (2,000,000): divide it into smaller ones"


@pytest.mark.parametrize(
    ("path", "made", "reason"),
    [
        ("paragraphs.docx", lambda: docx_of(b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 201_000), TOO_MANY_PARAGRAPHS),
        ("paragraphs.odt", lambda: odt_of("<text:p>a</text:p>" * 201_000), TOO_MANY_PARAGRAPHS),
        ("tables in tables.odt", lambda: odt_of(tables_that_repeat(5)), TOO_MANY_PARAGRAPHS),
        (
            "rows that repeat.odt",
            lambda: odt_of(
                tables_that_repeat(1).replace("</table:table>", "")
                + tables_that_repeat(1).removeprefix("<table:table>").replace("</table:table>", "") * 500
                + "</table:table>"
            ),
            TOO_MANY_PIECES,
        ),
    ],
)
def test_more_than_is_read_of_one_document_is_refused_by_name(
    path: str, made: Callable[[], bytes], reason: str
) -> None:
    assert read_with_the_next(made(), f"trust/{path}", seconds=20.0) == (reason, "Words of the next.")


def cells_that_span() -> bytes:
    cell = b'<w:tc><w:tcPr><w:gridSpan w:val="64"/></w:tcPr><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc>'
    return docx_of(b"<w:tbl>" + (b"<w:tr>" + cell * 60 + b"</w:tr>") * 200 + b"</w:tbl>")


def styles_of_a_huge_parent() -> bytes:
    """Five thousand styles based on one that states its size three thousand times."""
    sizes = '<style:text-properties fo:font-size="12pt"/>' * 3_000
    styles = f'<style:style style:name="all" style:family="paragraph">{sizes}</style:style>' + "".join(
        f'<style:style style:name="s{n}" style:family="paragraph" style:parent-style-name="all"/>' for n in range(5_000)
    )
    return odt_of("".join(f'<text:p text:style-name="s{n}">a</text:p>' for n in range(5_000)), styles)


def styles_each_based_on_the_next() -> bytes:
    styles = "".join(
        f'<style:style style:name="s{n}" style:family="paragraph" style:parent-style-name="s{n + 1}"/>'
        for n in range(5_000)
    )
    return odt_of("".join(f'<text:p text:style-name="s{n}">a</text:p>' for n in range(5_000)), styles)


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("cells that span.docx", cells_that_span),
        ("styles of a huge parent.odt", styles_of_a_huge_parent),
        ("styles each based on the next.odt", styles_each_based_on_the_next),
    ],
)
def test_what_a_word_processor_repeats_is_read_once(path: str, made: Callable[[], bytes]) -> None:
    first, following = read_with_the_next(made(), f"trust/{path}", seconds=20.0)
    assert re.match(r"a(?: \| |\n)a", first), first[:200]
    assert following == "Words of the next."


# ── PDF ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R>>/XObject<</X 6 0 R>>>>>>"
)
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
WORDS = b"BT /F1 12 Tf 50 700 Td (Phones stay in bags all day.) Tj ET"


def pdf_of(*objects: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def stream(data: bytes, attributes: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), attributes, data)


def deflated(fill: bytes, size: int) -> bytes:
    """So many bytes of the same, deflated, in no time and little memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(fill * (1 << 24)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x78\xda" + block * (size >> 24) + packer.flush() + bytes(4)


def pages_in_a_circle() -> bytes:
    return pdf_of(CATALOGUE, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000>>")


def one_page_many_times() -> bytes:
    pages = b"<</Type/Pages/Kids[" + b"3 0 R " * 200_000 + b"]/Count 200000>>"
    return pdf_of(CATALOGUE, pages, PAGE, stream(WORDS), FONT)


def two_thousand_million_pages_stated() -> bytes:
    return pdf_of(CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>", PAGE, stream(WORDS), FONT)


def ten_gigabytes_of_content() -> bytes:
    return pdf_of(CATALOGUE, PAGES, PAGE, stream(deflated(b" ", 10 << 30), b"/Filter/FlateDecode"), FONT)


def a_picture_of_ten_thousand_million_dots() -> bytes:
    attributes = b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB"
    picture = stream(deflated(b"\0", 1 << 30), attributes + b"/Filter/FlateDecode")
    return pdf_of(CATALOGUE, PAGES, PAGE, stream(WORDS + b" q 500 0 0 500 50 100 cm /X Do Q"), FONT, picture)


def drawings_within_drawings() -> bytes:
    """Nine, each drawing the next ten times: a thousand million of the last."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<<%s>>"
    forms = [stream(b"/X Do " * 10, form % (b"/XObject<</X %d 0 R>>" % number)) for number in range(7, 16)]
    return pdf_of(CATALOGUE, PAGES, PAGE, stream(b"/X Do"), FONT, *forms, stream(WORDS, form % b"/Font<</F1 5 0 R>>"))


def bookmarks_in_a_circle() -> bytes:
    catalogue = b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>"
    bookmark = b"<</Title(A)/Parent 6 0 R/Next 7 0 R/First 7 0 R/Dest[3 0 R/Fit]>>"
    return pdf_of(catalogue, PAGES, PAGE, stream(WORDS), FONT, b"<</First 7 0 R/Last 7 0 R/Count 1>>", bookmark)


def arrays_nested() -> bytes:
    page = PAGE.replace(b"/Contents", b"/A " + b"[" * 200_000 + b"]" * 200_000 + b"/Contents")
    return pdf_of(CATALOGUE, PAGES, page, stream(WORDS), FONT)


@pytest.mark.parametrize(
    "made", [two_thousand_million_pages_stated, bookmarks_in_a_circle, a_picture_of_ten_thousand_million_dots]
)
def test_a_pdf_that_states_the_impossible_is_read(made: Callable[[], bytes]) -> None:
    assert read_with_the_next(made(), "trust/a.pdf") == ("Phones stay in bags all day.", "Words of the next.")


@pytest.mark.parametrize(
    "made", [pages_in_a_circle, one_page_many_times, ten_gigabytes_of_content, drawings_within_drawings, arrays_nested]
)
def test_a_pdf_made_to_do_harm_harms_only_itself(made: Callable[[], bytes]) -> None:
    first, following = read_with_the_next(made(), "trust/a.pdf")
    assert not first.startswith("reading it stopped at an unexpected fault")
    assert following == "Words of the next."
