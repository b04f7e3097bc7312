"""Do a Word document and its OpenDocument twin read alike? Words, headings and table rows of each found in the other.

    python -m benchmarks.twins FOLDER [--least 0.97]

Every NAME.docx below FOLDER that has a NAME.odt beside it is a pair. Of each pair: the share of the Word file's words
that the ODT has, and the other way round (multisets, so that a word read twice counts against); the headings, with the
path above each, and the table rows that only one of the two has. Exits with 1 when a share of words is below `--least`,
when a file cannot be read, or when there is no pair; what such a pair differs in is printed beneath it.
"""

import argparse
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ingestion.errors import DocumentNotRead
from ingestion.parse.docx import read_docx
from ingestion.parse.odt import read_odt
from ingestion.parse.reading import Reading

MAX_WORDS_SHOWN = 12


@dataclass(frozen=True)
class Agreement:
    """Of one pair: shares 0 … 1 of the words, and the words, headings and rows that only one of the two has."""

    docx_in_odt: float
    odt_in_docx: float
    only_docx: Counter[str]
    only_odt: Counter[str]
    words: int
    headings: int
    headings_apart: int
    rows: int
    rows_apart: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--least", type=float, default=0.97, help="share of words that must be found, 0 … 1")
    asked = parser.parse_args()

    pairs = [(docx, docx.with_suffix(".odt")) for docx in sorted(asked.folder.rglob("*.docx"))]
    pairs = [(docx, odt) for docx, odt in pairs if odt.exists()]
    if not pairs:
        sys.exit(f"{asked.folder}: no NAME.docx with a NAME.odt beside it")
    print(f"{'pair':<64} {'words':>6} {'DOCX in ODT':>12} {'ODT in DOCX':>12}  headings apart  rows apart")
    seconds: dict[str, float] = defaultdict(float)
    failed = 0
    for docx, odt in pairs:
        name = docx.relative_to(asked.folder).with_suffix("").as_posix()
        try:
            agreement = compare(timed(read_docx, docx, seconds), timed(read_odt, odt, seconds))
        except DocumentNotRead as error:
            print(f"{name[:64]:<64} not read: {error}")
            failed += 1
            continue
        print(row(name, agreement))
        if min(agreement.docx_in_odt, agreement.odt_in_docx) < asked.least:
            failed += 1
        for side, words in (("DOCX", agreement.only_docx), ("ODT", agreement.only_odt)):
            if words:
                shown = ", ".join(f"{word} ×{count}" for word, count in words.most_common(MAX_WORDS_SHOWN))
                print(f"    only in the {side}: {shown}")
    print(", ".join(f"{name}: {len(pairs) / took:.0f} documents a second" for name, took in seconds.items()))
    print(f"{len(pairs) - failed} of {len(pairs)} pairs agree, at least {asked.least:.1%} of the words either way")
    sys.exit(1 if failed else 0)


def timed(read: Callable[[bytes], Reading], path: Path, seconds: dict[str, float]) -> Reading:
    data = path.read_bytes()
    began = time.perf_counter()
    reading = read(data)
    seconds[read.__name__] += time.perf_counter() - began
    return reading


def row(name: str, agreement: Agreement) -> str:
    headings = f"{agreement.headings_apart} of {agreement.headings}"
    rows = f"{agreement.rows_apart} of {agreement.rows}"
    return (
        f"{name[:64]:<64} {agreement.words:>6} {agreement.docx_in_odt:>12.2%} {agreement.odt_in_docx:>12.2%}  "
        f"{headings:>14}  {rows:>10}"
    )


def compare(docx: Reading, odt: Reading) -> Agreement:
    of_docx, of_odt = words_of(docx), words_of(odt)
    shared = (of_docx & of_odt).total()
    headings, headings_apart = apart(headings_of(docx), headings_of(odt))
    rows, rows_apart = apart(rows_of(docx), rows_of(odt))
    return Agreement(
        docx_in_odt=shared / of_docx.total() if of_docx else 1.0,
        odt_in_docx=shared / of_odt.total() if of_odt else 1.0,
        only_docx=of_docx - of_odt,
        only_odt=of_odt - of_docx,
        words=of_docx.total(),
        headings=headings,
        headings_apart=headings_apart,
        rows=rows,
        rows_apart=rows_apart,
    )


def words_of(reading: Reading) -> Counter[str]:
    """The words of the text, in lower case, those of headings among them."""
    texts = [text for section in reading.sections for text in section.text.splitlines()]
    return Counter(word for text in texts for word in re.findall(r"\w+", text.lower()))


def headings_of(reading: Reading) -> list[tuple[str, ...]]:
    return [tuple(map(str.lower, section.heading)) for section in reading.sections if section.heading]


def rows_of(reading: Reading) -> list[tuple[str, str]]:
    blocks = [block for section in reading.sections for block in section.blocks if block.cells]
    return [(block.kind, block.text.lower()) for block in blocks]


def apart(ones: Iterable[Hashable], others: Iterable[Hashable]) -> tuple[int, int]:
    """How many there are in either, at most, and how many of one the other lacks."""
    first, second = Counter(ones), Counter(others)
    return max(first.total(), second.total()), max((first - second).total(), (second - first).total())


if __name__ == "__main__":
    main()
