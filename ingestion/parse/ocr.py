"""What words stand in a picture of a page? Tesseract reads them, where it is installed.

Tesseract is run as the program it is: it takes the picture on its standard input and writes hOCR, which besides the
words and their places tells paragraphs and the size of the type, and is stopped when it takes too long.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml import etree

LANGUAGE = "eng"
MAX_SECONDS = 90
"""Of one page; a dense page of A4 takes 2 to 6 seconds on one core."""
FAINT_WORD = 30
"""Confidence, 0 to 100: a line of which no word reaches it is a smudge, or part of a photograph."""
MISSING_MODEL = re.compile(
    r"Error opening data file|Failed loading language|couldn't load any languages", re.IGNORECASE
)


@dataclass(frozen=True)
class ReadWord:
    text: str
    x0: float
    x1: float


@dataclass(frozen=True)
class ReadLine:
    """One line of the picture, held upright; lengths in dots from its top left corner."""

    words: tuple[ReadWord, ...]
    top: float
    bottom: float
    base: float
    size: float
    """The height of its type."""
    paragraph: int


@dataclass(frozen=True)
class ReadPicture:
    """`lines` in reading order; empty where no words were found. `confidence` is Tesseract's own of the words, 0 to
    100, the mean by their letters. `quarter_turns` tells how far the picture lay on its side."""

    lines: tuple[ReadLine, ...]
    confidence: float
    quarter_turns: int


class OcrFailed(Exception):
    """A picture could not be read; `str(error)` is the reason, without the page."""


def is_installed() -> bool:
    """Whether a picture can be read at all: Tesseract is where programs are looked for."""
    return shutil.which("tesseract") is not None


def read_picture(grey: bytes, *, width: int, height: int, dots_per_inch: int) -> ReadPicture:
    """The words of a picture: a byte a dot, 0 black to 255 white, row by row from the top.

    A picture that lies on its side or upside down is read as if it stood upright. Raises OcrFailed: Tesseract is
    missing, lacks its English model, fails or takes longer than `MAX_SECONDS`.
    """
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGE, "--dpi", str(dots_per_inch), "--psm", "1", "hocr"]
    try:
        done = subprocess.run(  # noqa: S603 (a fixed program, its input a picture)
            command,
            input=b"P5 %d %d 255\n" % (width, height) + grey,
            capture_output=True,
            timeout=MAX_SECONDS,
            check=False,
            # Its threads spin while they wait: with one a page, two pages are read in the time of one.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except FileNotFoundError as error:
        raise OcrFailed("Tesseract is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise OcrFailed(f"Tesseract took longer than {MAX_SECONDS} seconds") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace")
        if MISSING_MODEL.search(said):
            raise OcrFailed("Tesseract lacks its English model: install tesseract-ocr-eng")
        raise OcrFailed(f"Tesseract stopped with status {done.returncode}")
    return _read(done.stdout, width, height)


# ── hOCR ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

_BOX = re.compile(r"\bbbox (\d+) (\d+) (\d+) (\d+)")
_CONFIDENCE = re.compile(r"\bx_wconf (\d+)")
_ANGLE = re.compile(r"\btextangle (\d+)")
_SIZE = re.compile(r"\bx_size ([\d.]+)")
_BASELINE = re.compile(r"\bbaseline (-?[\d.]+) (-?[\d.]+)")
_LINES = frozenset({"ocr_line", "ocr_header", "ocr_caption", "ocr_textfloat"})


def _read(hocr: bytes, width: int, height: int) -> ReadPicture:
    from lxml import etree

    page = etree.fromstring(
        hocr, etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    )
    if page is None:
        return ReadPicture((), 0.0, 0)
    lines: list[ReadLine] = []
    turns: dict[int, int] = {}
    slopes: list[float] = []
    sure = letters = 0
    for number, paragraph in enumerate(page.iter("{*}p")):
        for line in paragraph.iter("{*}span"):
            if line.get("class") not in _LINES:
                continue
            title = line.get("title", "")
            turn = _number(_ANGLE, title) // 90 % 4
            words = list(_words(line))
            if max((confidence for _, _, confidence in words), default=0) < FAINT_WORD:
                continue
            turns[turn] = turns.get(turn, 0) + len(words)
            for text, _, confidence in words:
                sure += confidence * len(text)
                letters += len(text)
            lines.append(_line(title, words, turn, width, height, number))
            if len(words) > 3 and (baseline := _BASELINE.search(title)):
                slopes.append(float(baseline[1]))
    quarter_turns = max(turns, key=lambda turn: turns[turn], default=0)
    slope = median(slopes) if slopes else 0.0
    return ReadPicture(
        tuple(_levelled(line, slope) for line in lines), sure / letters if letters else 0.0, quarter_turns
    )


def _levelled(line: ReadLine, slope: float) -> ReadLine:
    """The line where it stands once the page, which was laid on the glass askew, is level."""
    drop = slope * line.words[0].x0
    return replace(line, top=line.top - drop, bottom=line.bottom - drop, base=line.base - drop)


_Box = tuple[float, float, float, float]


def _words(line: etree._Element) -> Iterator[tuple[str, _Box, int]]:
    for word in line.iter("{*}span"):
        text = "".join(word.itertext()).strip()
        box = _BOX.search(word.get("title", ""))
        if word.get("class") == "ocrx_word" and text and box:
            x0, y0, x1, y1 = map(float, box.groups())
            yield text, (x0, y0, x1, y1), _number(_CONFIDENCE, word.get("title", ""))


def _line(
    title: str, words: list[tuple[str, _Box, int]], turn: int, width: int, height: int, paragraph: int
) -> ReadLine:
    boxes = [_upright(box, turn, width, height) for _, box, _ in words]
    top, bottom = min(box[1] for box in boxes), max(box[3] for box in boxes)
    size = _SIZE.search(title)
    slope = _BASELINE.search(title)
    # The baseline is told from the line's bottom left corner, for lines that stand upright.
    base = bottom + float(slope[2]) if slope else bottom
    return ReadLine(
        words=tuple(ReadWord(text, box[0], box[2]) for (text, _, _), box in zip(words, boxes, strict=True)),
        top=top,
        bottom=bottom,
        base=base,
        size=float(size[1]) if size else bottom - top,
        paragraph=paragraph,
    )


def _upright(box: _Box, turn: int, width: int, height: int) -> _Box:
    """A box as it stands when text that runs at `turn` quarters, anticlockwise, is held upright."""
    x0, y0, x1, y1 = box
    match turn:
        case 1:
            return height - y1, x0, height - y0, x1
        case 2:
            return width - x1, height - y1, width - x0, height - y0
        case 3:
            return y0, width - x1, y1, width - x0
        case _:
            return box


def _number(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.search(text)
    return int(found[1]) if found else 0
