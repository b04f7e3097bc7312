"""What do the tables of a cover state: pairs of label and value, a row of labels above values, a version table?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingestion.dates import compare_dates, first_day
from ingestion.metadata.labels import COLUMN_WORDS, FIELD_OF_LABEL, PAST_OR_COMING, body_in_label, field_of, label_in
from ingestion.metadata.lines import read_piece
from ingestion.metadata.statements import TABLE, VERSIONS, Statement, read_pair
from ingestion.metadata.values import date_in, is_blank, status_of, version_key, version_of
from ingestion.model import Block


def read_tables(blocks: Sequence[Block]) -> Iterator[Statement]:
    """Cover tables ("label | value" rows, several pairs in a row, "label: value" in a cell, a row of labels above a row
    of values) and version tables, of which the latest row counts."""
    kept: list[Statement] = []
    versions: list[list[Statement]] = []
    for table in _tables(blocks):
        rows, is_sheet = [block.cells for block in table], table[0].locator.kind == "row"
        start = next((at for at, row in enumerate(rows) if _is_label_row(row, rows[at + 1 :], is_sheet=is_sheet)), None)
        found = [list(_of_row(cells)) for cells in (rows if start is None else rows[:start])]
        if len(found) > 2 and not any(found[1:]):
            found = []  # the head of a list of other things: "School | Date approved | Schedule changed"
        kept += [one for row in found for one in row]
        if start is not None and (latest := _latest_row(rows[start], rows[start + 1 :])) is not None:
            place = TABLE if len(rows) == start + 2 else VERSIONS
            pairs = zip(rows[start], latest, strict=False)
            row = [one for label, value in pairs for one in read_pair(label, value, place, in_table=True)]
            # A column "Review date" of several rows tells when each review was.
            versions.append([one for one in row if place == TABLE or one.label not in PAST_OR_COMING])
    yield from kept
    for row in versions:
        if not _is_behind(row, kept):
            yield from row


def _tables(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    table: list[Block] = []
    for block in (*blocks, None):
        is_row = block is not None and bool(block.cells)
        starts_anew = (
            block is not None and block.kind == "table_header" and table and not _is_label_row(table[-1].cells)
        )
        if table and (not is_row or starts_anew):
            yield table
            table = []
        if block is not None and is_row:
            table.append(block)


def _of_row(cells: tuple[str, ...]) -> Iterator[Statement]:
    """The pairs of a row. A value that is itself a label states nothing: the label before it has none."""
    at = 0
    while at < len(cells):
        label, value = cells[at], cells[at + 1] if at + 1 < len(cells) else ""
        found = (
            []
            if _is_label(value) and not _is_status(label, value)
            else list(read_pair(label, value, TABLE, in_table=True))
        )
        yield from found
        if not found:
            # "Ratified by governors | Yes" is a question with its answer, and names nobody.
            names_nobody = value and not _is_label(value) and ":" not in label
            inside = read_piece(label, TABLE, in_table=True)
            yield from (one for one in inside if not (names_nobody and one.name == "approved_by"))
        is_pair = bool(found) or field_of(label, in_table=True) is not None or body_in_label(label) is not None
        at += 2 if is_pair and not _is_label(value) else 1


def _is_label(text: str) -> bool:
    return field_of(text, in_table=True) is not None


def _is_status(label: str, value: str) -> bool:
    """ "Status | Approved": the value looks like a label."""
    return FIELD_OF_LABEL.get(label_in(label)) == "status" and status_of(value) is not None


def _is_label_row(
    cells: tuple[str, ...], beneath: Sequence[tuple[str, ...]] | None = None, *, is_sheet: bool = False
) -> bool:
    """Every cell is a label or a version table's column, and at least one is a label; or two stand beside each other
    above a single row, a version or an approval among them, so that none can be the other's value. In a register, and
    mostly in a spreadsheet, each row is another document's: its head is no row of labels."""
    labels = [label_in(cell) for cell in cells if cell]
    if len(labels) < 2 or _is_status(labels[0], labels[1]):
        return False
    fields = {FIELD_OF_LABEL[label] for label in labels if label in FIELD_OF_LABEL}
    if all(label in FIELD_OF_LABEL or label in COLUMN_WORDS for label in labels):
        is_register = "title" in fields and (is_sheet or len(beneath or ()) > 1)
        return not is_register and bool(fields & _COLUMNS_OF_A_COVER)
    are_beside = any(a in FIELD_OF_LABEL and b in FIELD_OF_LABEL for a, b in pairwise(labels))
    is_above_one = not is_sheet and beneath is not None and len(beneath) == 1
    return are_beside and is_above_one and bool(fields & {"version", "approved_by", "approved_on"})


_COLUMNS_OF_A_COVER = frozenset({"version", "approved_by", "approved_on", "effective_from", "review_due"})


def _latest_row(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The row with the highest version number, else with the latest date; the only row where there is one; else None:
    order tells nothing. A row that states nothing beside its number is still to be filled."""
    filled = [row for row in rows if sum(1 for cell in row if not is_blank(cell)) > 1]
    column = next((n for n, cell in enumerate(header) if FIELD_OF_LABEL.get(label_in(cell)) == "version"), None)
    if column is not None:
        numbered = [
            (version_key(version), row)
            for row in filled
            if column < len(row) and (version := version_of(row[column])) is not None
        ]
        if numbered:
            return max(numbered, key=lambda entry: entry[0])[1]
    if len(filled) > 1 and (by_date := _latest_by_date(header, filled)) is not None:
        return by_date
    return filled[0] if len(filled) == 1 else None


def _latest_by_date(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The row whose date is later than every other's, by the first column that dates all of them."""
    for column in range(len(header)):
        dates = [date_in(row[column]) if column < len(row) else None for row in rows]
        if all(dates):
            latest = max(range(len(rows)), key=lambda number: str(first_day(dates[number])))
            is_alone = all(
                compare_dates(dates[latest], other) > 0 for number, other in enumerate(dates) if number != latest
            )
            return rows[latest] if is_alone else None
    return None


def _is_behind(row: Sequence[Statement], stated: Sequence[Statement]) -> bool:
    """Whether a version table's latest row is of an earlier version than the cover states: it has not been kept up."""
    ours = next((version_key(one.value) for one in row if one.name == "version"), ())
    return any(ours and ours < version_key(one.value) for one in stated if one.name == "version")
