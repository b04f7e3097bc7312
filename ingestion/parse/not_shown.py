"""What of a sheet was not read, and what must be done for it to be?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

MAX_NAMED = 5


@dataclass
class NotShown:
    """Gathered while a sheet is read: rows from 1, columns from 0, cells by their names ("C4")."""

    rows: list[int] = field(default_factory=list)
    columns: set[int] = field(default_factory=set)
    struck: list[str] = field(default_factory=list)
    without_value: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    has_comments: bool = False
    left_out: int = 0
    last_row: int = 0

    def sentences(self, sheet: str) -> list[str]:
        """A sentence for each thing that was not read of that sheet, with the mend."""
        told = []
        if self.left_out:
            told.append(
                f"only its rows up to {self.last_row} are read, and {self.left_out:,} are not: divide the sheet"
            )
        if self.rows:
            told.append(f"hidden {_spans(self.rows, 'row')} not read: show what staff may read, and save the file")
        if self.columns:
            names = [column_name(column) for column in sorted(self.columns)]
            told.append(f"hidden {_named(names, 'column')} not read: show what staff may read, and save the file")
        if self.struck:
            told.append(f"{_named(self.struck, 'cell')} not read where struck through: delete what no longer holds")
        if self.without_value:
            told.append(
                f"{_named(self.without_value, 'cell')} not read: a formula without a value; "
                "open the file in Excel and save it again"
            )
        if self.errors:
            told.append(f"{_named(self.errors, 'cell')} read as shown, which is an error: mend the formula")
        if self.has_comments:
            told.append("comments on cells are not read: put what staff need to know in a cell")
        return [f"sheet {sheet}: {sentence}" for sentence in told]


def column_name(column: int) -> str:
    """A column's letters, from 0: A … Z, AA …"""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def _spans(numbers: Sequence[int], thing: str) -> str:
    """ "rows 5–41, 50 are" """
    starts = [numbers[0], *(after for before, after in pairwise(numbers) if after > before + 1)]
    ends = [*(before for before, after in pairwise(numbers) if after > before + 1), numbers[-1]]
    spans = [str(start) if start == end else f"{start}–{end}" for start, end in zip(starts, ends, strict=True)]
    return _named(spans, thing, is_one=len(numbers) == 1)


def _named(names: Iterable[str], thing: str, *, is_one: bool | None = None) -> str:
    every = list(dict.fromkeys(names))
    more = f" and {len(every) - MAX_NAMED:,} more" if len(every) > MAX_NAMED else ""
    single = len(every) == 1 if is_one is None else is_one
    return f"{thing}{'' if single else 's'} {', '.join(every[:MAX_NAMED])}{more} {'is' if single else 'are'}"
