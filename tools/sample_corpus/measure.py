"""How wide a table's columns should be, so that no column is squeezed to a word a line."""

from tools.sample_corpus.source import Table, plain

LONGEST_WORD_COUNTED = 20
LONGEST_CELL_COUNTED = 90
PADDING = 4
"""Characters' worth of cell margin and of the header's bold face."""


def column_shares(table: Table, *, line: int) -> tuple[float, ...]:
    """Shares of the table's width, summing to 1; `line` is how many characters fit across the page.

    Each column first gets room for its longest word, then the rest is shared by how much text it holds.
    """
    columns = list(zip(*[[plain(cell) for cell in row] for row in (table.header, *table.rows)], strict=True))
    least = [
        PADDING + max(min(len(word), LONGEST_WORD_COUNTED) for cell in column for word in cell.split() or [""])
        for column in columns
    ]
    wanted = [
        max(low, PADDING + (longest(column) + mean(column)) / 2) for low, column in zip(least, columns, strict=True)
    ]
    spare = max(0.0, line - sum(least))
    asked = sum(want - low for want, low in zip(wanted, least, strict=True))
    given = [
        low + (spare * (want - low) / asked if asked else spare / len(columns))
        for want, low in zip(wanted, least, strict=True)
    ]
    return tuple(width / sum(given) for width in given)


def longest(column: tuple[str, ...]) -> float:
    return min(LONGEST_CELL_COUNTED, max(len(cell) for cell in column))


def mean(column: tuple[str, ...]) -> float:
    return min(LONGEST_CELL_COUNTED, sum(len(cell) for cell in column) / len(column))
