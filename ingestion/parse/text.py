"""What does a plain text file say? Its character set is found out, and its headings are guessed with caution."""

from __future__ import annotations

import re
from itertools import groupby

from charset_normalizer import from_bytes

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.model import BlockKind
from ingestion.parse.reading import Outline, Reading

MAX_HEADING_WORDS = 10
PAGE_FURNITURE = frozenset({"menu", "skip to content", "skip to main content", "back to top"})
"""Lines of a web page's frame that come along when its text is copied."""

WRAP_WIDTH = 110
"""Characters: text that a program wrapped keeps to 72–100 a line; an unwrapped paragraph passes this at once."""
BROKEN_LINE_MIN = 40
"""Characters: a shorter line was ended by its writer (an address, an agenda), a longer one by the margin."""
MAX_SENTENCE_CASE_WORDS = 7

_BULLET = re.compile(r"\s*(?:o(?=\s)|[•▪▫◦‣●○■□➢➤✓✔·–*\uf0b7\uf0a7-])\s+(?=\S)")
_ENUMERATOR = re.compile(r"\s*(?:\d{1,2}[.)](?!\d)|[a-z][.)]|\([a-z0-9]{1,4}\)|[ivx]{1,5}[.)])\s+(?=\S)")
NUMBERED_HEADING = re.compile(
    r"(?:(?:section|part|appendix|annex|chapter)\s+[\divxa-z]{1,4}\b|\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[A-Z])",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset({
    "a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "our", "the", "this", "to", "we",
    "what", "with", "are",
})  # fmt: skip


def read_text(data: bytes) -> Reading:
    """Paragraphs, list items and headings of a text file. Raises DocumentNotRead for bytes that are no text."""
    outline = Outline()
    titles: list[str] = []
    paragraphs = _paragraphs(decode(data))
    for number, lines in enumerate(paragraphs):
        follows = paragraphs[number + 1] if number + 1 < len(paragraphs) else None
        if len(lines) == 1 and lines[0].strip().lower() in PAGE_FURNITURE:
            continue
        if len(lines) == 1 and follows is not None and _is_heading(lines[0], follows[0]):
            if outline.is_empty:
                titles.append(lines[0])
            # The first line names the document: what follows stands beneath it, as beneath a page's title.
            outline.heading(_level(lines[0], is_first=outline.is_empty), lines[0])
            continue
        for kind, text in _blocks(lines):
            outline.add(kind, text)
    return Reading(outline.sections(), Cover(titles=tuple(titles)))


def decode(data: bytes) -> str:
    """The text that bytes stand for, whatever its character set. Raises DocumentNotRead for bytes that are no text.

    What is neither UTF-8 nor UTF-16 is taken for Windows-1252, in which British offices wrote before; a guess by
    statistics takes short British texts for Polish ones.
    """
    for encoding in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "", "cp1252"):
        try:
            text = data.decode(encoding) if encoding else ""
        except UnicodeDecodeError:
            continue
        if text and not _looks_binary(text):
            return text
    best = from_bytes(data).best()
    if best is None or _looks_binary(str(best)):
        raise DocumentNotRead("it is not text, whatever its name says: save it as text from the program it came from")
    return str(best)


def _looks_binary(text: str) -> bool:
    """More than one character in a hundred is a control character, as no text file's are."""
    controls = sum(1 for character in text if character < " " and character not in "\t\n\r\f\v")
    return controls * 100 > len(text)


# ── paragraphs, items, headings ──────────────────────────────────────────────────────────────────────────────────────


def _paragraphs(text: str) -> list[list[str]]:
    """The runs of lines between blank ones."""
    lines = text.replace("\f", "\n\n").splitlines()
    return [list(run) for blank, run in groupby(lines, key=lambda line: not line.strip()) if not blank]


def _blocks(lines: list[str]) -> list[tuple[BlockKind, str]]:
    """The list items and paragraphs of one run of lines; lines that were broken to fit a width are joined again.

    A file whose longest line passes `WRAP_WIDTH` was not wrapped: there, each line is a paragraph.
    """
    is_wrapped = max(map(len, lines)) <= WRAP_WIDTH
    blocks: list[tuple[BlockKind, list[str]]] = []
    before = ""
    for line in lines:
        kind, words = item_of(line)
        hangs = bool(blocks) and blocks[-1][0] == "list_item" and line[:1].isspace()
        if kind == "paragraph" and blocks and is_wrapped and (hangs or len(before.strip()) >= BROKEN_LINE_MIN):
            blocks[-1][1].append(words)
        else:
            blocks.append((kind, [words]))
        before = line
    return [(kind, " ".join(parts)) for kind, parts in blocks]


def item_of(line: str) -> tuple[BlockKind, str]:
    """Whether a line starts a list item, and its words: a bullet is dropped, a number or letter is kept."""
    bullet = _BULLET.match(line)
    if bullet:
        return "list_item", line[bullet.end() :].strip()
    return ("list_item" if _ENUMERATOR.match(line) else "paragraph"), line.strip()


def _is_heading(line: str, following: str) -> bool:
    """A short line that stands alone, starts with a capital or a number and ends without punctuation; one of a row of
    numbered lines is an item of a list."""
    words = line.split()
    if len(words) > MAX_HEADING_WORDS or line.rstrip()[-1] in ".:;,?!" or _BULLET.match(line):
        return False
    if _ENUMERATOR.match(line) and _ENUMERATOR.match(following):
        return False
    if NUMBERED_HEADING.match(line.strip()):
        return True
    if _ENUMERATOR.match(line) or not words[0][0].isupper() or re.search(r"\d{4}|@|https?:", line):
        return False
    is_title_case = all(word[0].isupper() or word.lower() in _SMALL_WORDS for word in words if word[0].isalpha())
    return is_title_case or len(words) <= MAX_SENTENCE_CASE_WORDS


def _level(line: str, *, is_first: bool) -> int:
    if is_first:
        return 1
    number = re.match(r"\d+(?:\.\d+)*", line.strip())
    return 2 + (number[0].count(".") if number else 0)
