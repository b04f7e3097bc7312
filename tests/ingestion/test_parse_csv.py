"""A CSV file's rows are read with the names of their columns and the numbers that a spreadsheet shows."""

from __future__ import annotations

import pytest

from ingestion.errors import DocumentNotRead
from ingestion.model import Block, Locator, ParsedDocument
from ingestion.parse.csv import read_csv
from ingestion.split import split_document
from tests.ingestion.files import parsed

STAFF = "Name;Role;Notes\r\nAnn Lowe;Office manager;Mornings, not Fridays\r\nZoë Ngo;Site manager;£5 float, keys\r\n"


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for section in document.sections for block in section.blocks]


def headers(document: ParsedDocument) -> list[str]:
    blocks = [block for section in document.sections for block in section.blocks]
    return [block.text for block in blocks if block.kind == "table_header"]


# ── characters and cells ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_whatever_the_characters_and_the_separator_the_rows_are_the_same(encoding: str, separator: str) -> None:
    quoted = STAFF.replace("Mornings, not Fridays", '"Mornings, not Fridays"').replace(
        "£5 float, keys", '"£5 float, keys"'
    )
    document = parsed(quoted.replace(";", separator).encode(encoding), "staff.csv")
    assert texts(document) == [
        "Name | Role | Notes",
        "Ann Lowe | Office manager | Mornings, not Fridays",
        "Zoë Ngo | Site manager | £5 float, keys",
    ]
    assert document.warnings == ()


def test_a_semicolon_parts_the_cells_where_commas_stand_in_the_words() -> None:
    assert texts(parsed(STAFF, "staff.csv"))[1] == "Ann Lowe | Office manager | Mornings, not Fridays"


def test_a_tab_separated_file_is_read_under_its_own_name() -> None:
    assert texts(parsed("Course\tDate\nPrevent\t3 Sep 2026\n", "cpd.tsv")) == ["Course | Date", "Prevent | 3 Sep 2026"]


def test_the_line_that_tells_excel_the_separator_is_no_row() -> None:
    document = parsed("sep=;\nName;Days\nAnn;3\n", "leave.csv")
    assert document.sections[0].blocks[1] == Block("table_row", "Ann | 3", Locator("row", 2), ("Ann", "3"))


def test_a_row_is_counted_as_a_spreadsheet_does_however_many_lines_it_takes() -> None:
    document = parsed('Term,Days\nAutumn,"72\n(with INSET)"\n\nSpring,58\n', "days.csv")
    blocks = document.sections[0].blocks
    assert [(block.text, str(block.locator)) for block in blocks] == [
        ("Term | Days", "row 1"),
        ("Autumn | 72 (with INSET)", "row 2"),
        ("Spring | 58", "row 4"),
    ]


def test_a_quotation_mark_that_is_never_closed_is_named_with_its_row() -> None:
    with pytest.raises(DocumentNotRead, match="a quotation mark that opens a cell after row 2 is never closed"):
        parsed('Name,Note\nAnn,fine\nKit,"not closed\nZoë,fine\nLee,fine\n', "a.csv")


def test_words_after_a_closing_quotation_mark_are_read_with_a_warning() -> None:
    document = parsed('Policy,Days\nOne,"say "please" first"\nTwo,4\n', "a.csv")
    assert "Two | 4" in texts(document)
    assert document.warnings == (
        'row 2: words follow a closing quotation mark: its cells may be cut wrongly; write "" for a mark within',
    )


def test_a_row_with_more_cells_than_the_others_is_read_and_named() -> None:
    document = parsed("Item,Cost,Who\nPaper,100,Ann\nInk,50,Kit\nLaminator, big,30,Zoë\n", "a.csv")
    assert texts(document)[-1] == "Laminator | big | 30 | Zoë"
    assert document.warnings == (
        "more cells than the 3 of other rows in row 4: put a cell that holds a comma in quotation marks",
    )


def test_a_row_with_fewer_cells_is_a_row() -> None:
    assert texts(parsed("Item,Cost,Who\nPaper,100,Ann\nInk,50\n", "a.csv"))[-1] == "Ink | 50 | "


# ── titles and column names ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_title_above_the_column_names_is_the_documents_title() -> None:
    document = parsed("Term dates 2026-27,,\n,,\nTerm,From,To\nAutumn,01/09/2026,18/12/2026\n", "dates.csv")
    assert document.title == "Term dates 2026-27"
    assert [(str(block.locator), block.text) for block in document.sections[0].blocks] == [
        ("row 3", "Term | From | To"),
        ("row 4", "Autumn | 01/09/2026 | 18/12/2026"),
    ]


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("Spine point,2025,2026\nM1,31650,32916\nM2,33483,34823\n", "Spine point | 2025 | 2026"),
        (",Monday,Tuesday\nGate,AL,KH\nBreak,KH,ZN\nLunch,ZN,AL\n", " | Monday | Tuesday"),
        ("Week,1,2,3\nGate,AL,KH,ZN\nHall,KH,ZN,AL\n", "Week | 1 | 2 | 3"),
        ("Name,01/09/2026,08/09/2026\nAnn,P,\nKit,P,P\n", "Name | 01/09/2026 | 08/09/2026"),
        ("Name,Prevent trained?\nAnn Lowe,Yes\nKit Hale,Yes\nZoë Ngo,Yes\n", "Name | Prevent trained?"),
    ],
)
def test_the_first_row_names_the_columns(content: str, header: str) -> None:
    assert headers(parsed(content, "a.csv")) == [header]


@pytest.mark.parametrize(
    "content",
    [
        "Monday,Ann Lowe,Gate\nTuesday,Kit Hale,Hall\nWednesday,Zoë Ngo,Gate\n",
        "M1,31650,32916\nM2,33483,34823\nM3,35674,37101\n",
        "01/09/2026,02/09/2026,INSET\n03/09/2026,22/10/2026,Term\n",
        "Version,1.2\nOwner,Head of people\nNext review,30 June 2027\n",
        "Fire wardens:,Ann Lowe\nFirst aiders:,Kit Hale\nKey holder:,Zoë Ngo\n",
    ],
)
def test_rows_without_column_names_are_given_none(content: str) -> None:
    document = parsed(content, "a.csv")
    assert headers(document) == []
    assert len(texts(document)) == content.count("\n")


def test_each_passage_of_a_long_file_begins_with_the_names_of_its_columns() -> None:
    rows = "".join(f'Person {n},"Course {n % 9}, part {n % 3}",{1 + n % 28}/09/2026\n' for n in range(400))
    document = parsed(f"Staff,Course,Date\n{rows}", "register.csv")
    passages = split_document(document)
    assert len(passages) > 10
    assert {passage.blocks[0].text for passage in passages} == {"Staff | Course | Date"}
    assert [str(passage.locator) for passage in passages][-1].endswith("–401")


def test_rows_beyond_the_bound_are_named_and_not_read() -> None:
    reading = read_csv(b"Name,Days\n" + b"".join(b"Ann,%d\n" % n for n in range(50)), max_rows=20)
    assert len(reading.sections[0].blocks) == 20
    assert reading.warnings == ("only the first 20 rows are read, to row 20: keep fewer rows in one file",)


def test_bytes_that_are_no_text_are_named() -> None:
    with pytest.raises(DocumentNotRead, match="it is not text, whatever its name says"):
        parsed(bytes(range(256)) * 20, "a.csv")
