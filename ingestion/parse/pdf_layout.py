"""What can stand on a page of a PDF? Lines of words, and tables. Lengths are in points, from the top left."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


@dataclass(frozen=True)
class Line:
    """Words on one baseline. A hyphen at its end that a line break may have put in is `SOFT_HYPHEN`."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    base: float
    """Where its letters stand: the one height that does not depend on which letters they are."""
    size: float
    is_bold: bool
    page: int
    paragraph: int | None = None
    """The paragraph of its page in which OCR saw it; None for a line that the file itself states."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table; `row` and `column` count from 0, `columns` and `rows` are what it spans."""

    row: int
    column: int
    columns: int
    rows: int
    is_filled: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """`spans` are the left and right edges of the words in each column, of a table without ruled lines; () = ruled.
    `header_rows` is how many rows the drawing sets apart as naming the columns; 0 = look at the type."""

    box: Box
    width: int
    """How many columns."""
    height: int
    cells: tuple[Cell, ...]
    page: int
    spans: tuple[tuple[float, float], ...] = ()
    header_rows: int = 0


Item = Line | Table


@dataclass(frozen=True)
class Page:
    """A page as drawn. `items` are its lines and tables in reading order; `slanted` is text set at an angle."""

    number: int
    width: float
    height: float
    items: tuple[Item, ...]
    slanted: tuple[str, ...] = ()
    picture_share: float = 0.0
    """How much of the page its largest picture covers, 0 to 1."""
    is_blank: bool = False
    unreadable: int = 0
    """Characters whose meaning the file does not tell."""
    unseen: int = 0
    """Characters that are there and not drawn, as OCR puts them beneath the picture of a page."""


SOFT_HYPHEN = "\u00ad"
