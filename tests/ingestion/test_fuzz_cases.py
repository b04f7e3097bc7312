"""What broke a reader, kept as a case each: found by `benchmarks.fuzz`, or made to hang, swell or crash a library.

Read as a refresh reads them, with little time and memory. Each must be read or named, and the next document be read,
whatever the first one did to its process.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

import pytest

from ingestion.model import RawFile
from ingestion.workers import Workers

SECONDS = 2.0
MEMORY_BYTES = 500_000_000


def read_with_the_next(data: bytes, path: str) -> tuple[str, str]:
    """Why the file could not be read, or its first words; and the words of the document after it."""
    raws = [RawFile(path, None, data), RawFile("trust/next.md", None, b"# Next\n\nWords of the next.")]
    with Workers(count=1, seconds=SECONDS, memory_bytes=MEMORY_BYTES) as workers:
        first, following = (read.failure or read.passages[0].text for read in workers.read_all(raws))
    return first, following


# ── text, Markdown, web pages, tables ────────────────────────────────────────────────────────────────────────────────


def front_matter_that_doubles() -> bytes:
    """Eleven lists, each of nine times the one before: three thousand million words of 500 bytes."""
    lists = [b"a: &a [x,x,x,x,x,x,x,x,x]"]
    lists += [b"%c: &%c [%s]" % (name + 1, name + 1, b",".join([b"*%c" % name] * 9)) for name in range(97, 107)]
    return b"\n".join([b"---", *lists, b"title: *k", b"audience: *k", b"---", b"# Phones", b"", b"Words."])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("front matter that doubles.md", front_matter_that_doubles()),
        ("front matter nested.md", b"---\ntitle: " + b"[" * 50_000 + b"\n---\nWords"),
        ("remarks never closed.md", b"<!--" * 50_000),
        ("quotations nested.md", b"> " * 100_000 + b"words"),
        ("brackets nested.md", b"[" * 100_000 + b"words" + b"]" * 100_000),
        ("tables nested.md", b"<table><tr><td>" * 3_000 + b"words"),
        ("tables nested.html", b"<table><tr><td>" * 20_000 + b"words"),
        ("paragraphs nested.html", b"<b><p>" * 100_000 + b"words"),
        ("elements nested.html", b"<div>" * 100_000 + b"words"),
        ("cells that span.html", b"<table><tr>" + b"<td colspan=1000 rowspan=65534>a" * 50 + b"</table>"),
        ("one wide row.csv", b"a" + b",b" * 16_000 + b"\nx" * 20_000),
        ("one long line.txt", b"a " * 1_000_000),
        ("one long word.txt", b"a" * 4_000_000),
    ],
)
def test_text_that_swells_or_never_ends_harms_only_itself(path: str, data: bytes) -> None:
    first, following = read_with_the_next(data, f"trust/{path}")
    assert not re.match("reading it stopped at an unexpected fault|the reader crashed", first), first[:200]
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
