"""A spreadsheet is read as it is shown: sheet by sheet, each row with the names of its columns and its own number."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table

from ingestion.errors import DocumentNotRead
from ingestion.model import Block, Locator, ParsedDocument
from ingestion.parse.cell_format import shown_number
from ingestion.parse.spreadsheet import read_spreadsheet
from ingestion.split import split_document
from tests.ingestion.files import parsed
from tests.ingestion.office import saved_as

BOLD = Font(bold=True)


def book(write: Callable[[Any], Any], *, name: str = "Autumn") -> bytes:
    workbook = openpyxl.Workbook()
    workbook.active.title = name
    write(workbook)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def sheet(*rows: Sequence[Any], merge: Sequence[str] = (), name: str = "Autumn") -> bytes:
    def write(workbook: Any) -> None:
        for row in rows:
            workbook.active.append(list(row))
        for cells in merge:
            workbook.active.merge_cells(cells)

    return book(write, name=name)


def told(document: ParsedDocument) -> list[str]:
    """The headings and the blocks, a line each; column names in brackets."""
    lines: list[str] = []
    for section in document.sections:
        if section.blocks:
            lines.append("# " + " > ".join(section.heading))
        lines += [f"[{block.text}]" if block.kind == "table_header" else block.text for block in section.blocks]
    return lines


def read(*rows: Sequence[Any], merge: Sequence[str] = (), name: str = "Autumn") -> list[str]:
    return told(parsed(sheet(*rows, merge=merge, name=name), "a.xlsx"))


# ── rows, sheets and their names ─────────────────────────────────────────────────────────────────────────────────────


def test_a_row_stands_under_its_sheet_with_the_names_of_its_columns_and_its_number() -> None:
    document = parsed(sheet(["Date", "Session"], [date(2026, 9, 10), "Mentor training"], name="Twilights"), "cpd.xlsx")
    (section,) = document.sections
    assert section.heading == ("Twilights",)
    assert section.blocks == (
        Block("table_header", "Date | Session", Locator("row", 1, name="Twilights"), ("Date", "Session")),
        Block(
            "table_row",
            "10 September 2026 | Mentor training",
            Locator("row", 2, name="Twilights"),
            ("10 September 2026", "Mentor training"),
        ),
    )
    assert str(section.blocks[1].locator) == "sheet Twilights, row 2"


def test_a_name_that_the_program_gave_heads_nothing_when_there_is_one_sheet() -> None:
    assert read(["Room", "Beds"], ["Lab", 3], name="Sheet1") == ["# ", "[Room | Beds]", "Lab | 3"]


def test_the_second_of_two_sheets_does_not_stand_under_the_first() -> None:
    def write(workbook: Any) -> None:
        for row in (["September"], ["Day", "Beds"], ["Mon", 3]):
            workbook.active.append(row)
        for row in (["Day", "Beds"], ["Tue", 4]):
            workbook.create_sheet("Sheet2").append(row) if "Sheet2" not in workbook else workbook["Sheet2"].append(row)

    assert told(parsed(book(write, name="Sheet1"), "a.xlsx")) == [
        "# Sheet1 > September",
        "[Day | Beds]",
        "Mon | 3",
        "# Sheet2",
        "[Day | Beds]",
        "Tue | 4",
    ]


def test_each_passage_of_a_long_register_begins_with_the_names_of_its_columns() -> None:
    rows = [[f"Person {n}", "Prevent", date(2026, 9, 1 + n % 28)] for n in range(300)]
    passages = split_document(parsed(sheet(["Name", "Course", "Date"], *rows), "register.xlsx"))
    assert len(passages) > 10
    assert {passage.blocks[0].text for passage in passages} == {"Name | Course | Date"}


def test_stacked_tables_stand_each_under_its_own_title() -> None:
    assert read(
        ["Samphire Coast Learning Trust"],
        ["Term dates 2026–27"],
        ["Last updated: 4 March 2026"],
        [],
        ["Autumn term"],
        ["Period", "From"],
        ["First half", date(2026, 9, 3)],
        [],
        ["Spring term"],
        ["Period", "From"],
        ["First half", date(2027, 1, 5)],
        [],
        ["Schools may set two of the INSET days themselves; ask your office."],
    ) == [
        "# Autumn > Samphire Coast Learning Trust > Term dates 2026–27",
        "Last updated: 4 March 2026",
        "# Autumn > Samphire Coast Learning Trust > Autumn term",
        "[Period | From]",
        "First half | 3 September 2026",
        "# Autumn > Samphire Coast Learning Trust > Spring term",
        "[Period | From]",
        "First half | 5 January 2027",
        "Schools may set two of the INSET days themselves; ask your office.",
    ]


def test_a_table_goes_on_under_its_column_names_after_an_empty_row() -> None:
    assert read(["Period", "From"], ["INSET", date(2026, 9, 1)], [], ["Term", date(2026, 9, 3)]) == [
        "# Autumn",
        "[Period | From]",
        "INSET | 1 September 2026",
        "Term | 3 September 2026",
    ]


def test_a_table_of_words_goes_on_after_an_empty_row_as_well() -> None:
    lines = read(
        ["Name", "Role", "Room"],
        ["Ann", "Teacher", "Lab"],
        ["Kit", "Teacher", "Hall"],
        [],
        ["Zoë", "Technician", "Gym"],
        ["Lee", "Teacher", "Gym"],
        ["Sam", "Teacher", "Gym"],
        ["Pat", "Teacher", "Gym"],
    )
    assert lines[1] == "[Name | Role | Room]"
    assert lines[4:] == [
        f"{name} | Gym" for name in ("Zoë | Technician", "Lee | Teacher", "Sam | Teacher", "Pat | Teacher")
    ]


def test_another_table_after_an_empty_row_has_its_own_column_names() -> None:
    assert read(["Name", "Days"], ["Ann", 3], ["Kit", 4], [], ["Room", "Beds"], ["Lab", 0], ["Sick bay", 2])[4:] == [
        "[Room | Beds]",
        "Lab | 0",
        "Sick bay | 2",
    ]


def test_values_that_come_again_beneath_a_short_row_are_no_column_names() -> None:
    assert read(["Name", "Passed"], ["Ann", "Yes", "Yes"], ["Kit", "No", "Yes"], ["Zoë", "No", "No"])[1:3] == [
        "[Name | Passed | ]",
        "Ann | Yes | Yes",
    ]


def test_what_follows_a_table_and_is_filled_otherwise_is_no_row_of_it() -> None:
    document = parsed(sheet(["Name", "Days"], ["Ann", 3], ["Kit", 4], [], ["Prepared by", "HR"]), "a.xlsx")
    assert document.sections[0].blocks[-1] == Block("paragraph", "Prepared by | HR", Locator("row", 5, name="Autumn"))


def test_a_label_across_the_table_heads_the_rows_beneath_and_the_column_names_are_told_again() -> None:
    rows = (
        ["Reason", "Days"],
        ["Family"],
        ["Bereavement", 5],
        ["Moving house", 1],
        ["Public duties"],
        ["Magistrate", 18],
    )
    assert read(*rows, merge=["A2:B2", "A5:B5"]) == [
        "# Autumn > Family",
        "[Reason | Days]",
        "Bereavement | 5",
        "Moving house | 1",
        "# Autumn > Public duties",
        "[Reason | Days]",
        "Magistrate | 18",
    ]


def test_a_person_without_an_entry_heads_nothing() -> None:
    assert read(
        ["Name", "Trained on"], ["Ann Lowe", date(2026, 9, 1)], ["Kit Hale"], ["Zoë Ngo", date(2026, 9, 2)]
    ) == [
        "# Autumn",
        "[Name | Trained on]",
        "Ann Lowe | 1 September 2026",
        "Kit Hale | ",
        "Zoë Ngo | 2 September 2026",
    ]


# ── column names ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_rows_of_column_names_become_one_with_merged_names_in_each_column() -> None:
    lines = read(
        ["Staff", "Autumn", None, "Spring", None],
        [None, "Covers", "Hours", "Covers", "Hours"],
        ["Ann Lowe", 2, 1.5, 0, 0],
        ["Kit Hale", 1, 1, 3, 4.5],
        merge=["A1:A2", "B1:C1", "D1:E1"],
    )
    assert lines[1:] == [
        "[Staff | Autumn Covers | Autumn Hours | Spring Covers | Spring Hours]",
        "Ann Lowe | 2 | 1.5 | 0 | 0",
        "Kit Hale | 1 | 1 | 3 | 4.5",
    ]


def test_names_above_names_that_come_again_need_not_be_merged() -> None:
    assert (
        read(
            [None, "Autumn", None, "Spring"],
            ["Class", "Trip", "Cost", "Trip", "Cost"],
            ["Y3", "Farm", 12.5, "Zoo", 20],
            ["Y4", "Museum", 8, "Beach", 15],
        )[1]
        == "[Class | Autumn Trip | Autumn Cost | Spring Trip | Spring Cost]"
    )


def test_two_rows_of_column_names_are_cited_as_two() -> None:
    data = sheet(["Staff", "Autumn", None], [None, "A", "B"], ["Ann", 1, 2], merge=["A1:A2", "B1:C1"])
    assert str(parsed(data, "a.xlsx").sections[0].blocks[0].locator) == "sheet Autumn, rows 1–2"


def test_a_calendar_of_a_column_a_month_keeps_the_months() -> None:
    def write(workbook: Any) -> None:
        workbook.active.append(["Day", date(2026, 9, 1), date(2026, 10, 1)])
        for cell in workbook.active[1][1:]:
            cell.number_format = "mmm-yy"
        for row in ([1, "INSET", None], [2, None, "Open evening"], [3, "Term starts", None]):
            workbook.active.append(row)

    assert told(parsed(book(write), "a.xlsx")) == [
        "# Autumn",
        "[Day | September 2026 | October 2026]",
        "1 | INSET | ",
        "2 |  | Open evening",
        "3 | Term starts | ",
    ]


def test_months_side_by_side_are_tables_of_their_own() -> None:
    days = ["M", "T", "W"]
    assert read(
        ["September", None, None, None, "October", None, None],
        [*days, None, *days],
        [None, "1 INSET", 2, None, None, None, 1],
        [7, 8, 9, None, 5, 6, 7],
        merge=["A1:C1", "E1:G1"],
    ) == [
        "# Autumn > September",
        "[M | T | W]",
        " | 1 INSET | 2",
        "7 | 8 | 9",
        "# Autumn > October",
        "[M | T | W]",
        " |  | 1",
        "5 | 6 | 7",
    ]


def test_words_merged_over_rows_and_columns_stand_in_each() -> None:
    assert read(
        ["Time", "Place", "Mon", "Tue"],
        [time(8, 20), "Front gate", "AL", "KH"],
        [None, "Back gate", "KH", "ZN"],
        [time(12, 0), "Hall", "Assembly", None],
        merge=["A2:A3", "C4:D4"],
    )[2:] == [
        "08:20:00 | Front gate | AL | KH",
        "08:20:00 | Back gate | KH | ZN",
        "12:00:00 | Hall | Assembly | Assembly",
    ]


def test_one_column_may_be_without_a_name() -> None:
    assert read(
        ["Day", None, "Morning", "Afternoon"],
        ["Mon", "Hall", "PE", "Choir"],
        [None, "Gym", "Badminton", None],
        ["Tue", "Hall", "Drama", "Lunch"],
        merge=["A2:A3"],
    )[1:3] == ["[Day |  | Morning | Afternoon]", "Mon | Hall | PE | Choir"]


def test_rows_that_nothing_names_are_given_no_column_names() -> None:
    document = parsed(sheet(["Version", 2.1], ["Owner", "Head of people"], ["Next review", date(2027, 7, 1)]), "a.xlsx")
    assert [block.kind for block in document.sections[0].blocks] == ["table_row"] * 3


def test_a_stated_table_names_its_columns_where_no_rule_would_tell() -> None:
    def write(workbook: Any) -> None:
        for row in (["Monday", "Gate"], ["Tuesday", "Hall"], ["Wednesday", "Yard"]):
            workbook.active.append(row)
        if is_stated:
            workbook.active.add_table(Table(displayName="Rota", ref="A1:B3"))

    is_stated = False
    assert told(parsed(book(write), "a.xlsx"))[1] == "Monday | Gate"
    is_stated = True
    assert told(parsed(book(write), "a.xlsx"))[1] == "[Monday | Gate]"


def test_a_table_too_wide_for_a_passage_is_read_in_strips_with_the_names_of_its_rows() -> None:
    dates = [date(2026, 9, 1 + n) for n in range(30)]
    document = parsed(sheet(["No", "Name", *dates], [1, "Ann", *"P" * 30], [2, "Kit", *"A" * 30]), "a.xlsx")
    headers = [block for block in document.sections[0].blocks if block.kind == "table_header"]
    assert len(headers) == 2
    assert all(header.cells[:2] == ("No", "Name") for header in headers)
    assert sum(len(header.cells) - 2 for header in headers) == 30
    assert [block.cells[1] for block in document.sections[0].blocks if block.kind == "table_row"] == ["Ann", "Kit"] * 2


# ── values as they are shown ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (7.0, "General", "7"),
        (7.5, "General", "7.5"),
        (1 / 3, "General", "0.333333333"),
        (0.85, "0%", "85%"),
        (0.125, "0.0%", "12.5%"),
        (32916.0, '"£"#,##0', "£32,916"),
        (-1250.5, "£#,##0.00", "-£1,250.50"),
        (-250.0, "£#,##0.00;[Red]-£#,##0.00", "-£250.00"),
        (-5.0, "#,##0;(#,##0)", "(5)"),
        (9782.0, '_-£* #,##0.00_-;\\-£* #,##0.00_-;_-£* "-"??_-;_-@_-', "£9,782.00"),
        (1234.5, "[$£-809]#,##0.00", "£1,234.50"),
        (7.0, "000", "007"),
        (7700900123.0, "00000 000000", "07700 900123"),
        (5.0, '0" days"', "5 days"),
        (2.5, "0.##", "2.5"),
        (1.005, "0.00", "1.01"),
        (3.5, "# ?/?", "3.5"),
        (1e300, "0.00", "1e+300"),
        (46266.0, "dd/mm/yyyy", "1 September 2026"),
        (46266.0, "[$-809]dddd\\ d\\ mmmm\\ yyyy", "Tuesday 1 September 2026"),
        (46266.0, "mmm-yy", "September 2026"),
        (46266.0, "d-mmm", "1 September"),
        (46266.0, "ddd", "Tuesday"),
        (46266.40625, "dd/mm/yyyy hh:mm", "1 September 2026 09:45"),
        (0.65625, "h:mm AM/PM", "3:45 pm"),
        (1.5625, "[h]:mm", "37:30"),
        (0.0625, "mm:ss", "30:00"),
    ],
)
def test_a_number_is_read_as_its_format_shows_it(value: float, code: str, shown: str) -> None:
    assert shown_number(value, code).text == shown


def test_a_workbook_that_counts_from_1904_has_the_same_days() -> None:
    def write(workbook: Any) -> None:
        workbook.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        workbook.active.append(["Day", "Pupils"])
        workbook.active.append([datetime(2026, 9, 1), 30])

    assert told(parsed(book(write), "a.xlsx"))[-1] == "1 September 2026 | 30"


def test_a_formula_without_a_value_is_named_by_its_cell() -> None:
    document = parsed(sheet(["Item", "Cost"], ["Paper", 100], ["Total", "=SUM(B2:B2)"]), "a.xlsx")
    assert told(document)[-1] == "Total | "
    assert document.warnings == (
        "sheet Autumn: cell B3 is not read: a formula without a value; open the file in Excel and save it again",
    )


def test_a_formula_is_read_by_the_value_that_is_kept() -> None:
    cells = (
        '<c r="A2" t="str"><f>A1</f><v>Ann</v></c><c r="B2"><f>1+1</f><v>2</v></c><c r="C2" t="str"><f>""</f><v/></c>'
    )
    document = parsed(package(f'{NAMES}<row r="2">{cells}</row>'), "a.xlsx")
    assert (told(document)[-1], document.warnings) == ("Ann | 2", ())


# ── what is not shown ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_hidden_or_struck_through_is_not_read_but_named() -> None:
    def write(workbook: Any) -> None:
        rows = [["Name", "NI number", "Course"], *([f"Person {n}", "QQ123456C", "Prevent"] for n in range(9))]
        for row in rows:
            workbook.active.append(row)
        workbook.active.column_dimensions["B"].hidden = True
        for number in (3, 4, 7):
            workbook.active.row_dimensions[number].hidden = True
        workbook.active["C6"].font = Font(strike=True)
        workbook.active["A5"].comment = Comment("ask HR", "office")
        workbook.create_sheet("Working").append(["secret"])
        workbook["Working"].sheet_state = "hidden"

    document = parsed(book(write), "cpd.xlsx")
    people = [block.cells[0] for block in document.sections[0].blocks]
    assert people == ["Name", "Person 0", "Person 3", "Person 4", "Person 6", "Person 7", "Person 8"]
    assert not any(word in section.text for section in document.sections for word in ("QQ123456C", "secret"))
    assert document.sections[0].blocks[3].text == "Person 4 | "
    assert document.warnings == (
        "sheet Autumn: hidden rows 3–4, 7 are not read: show what staff may read, and save the file",
        "sheet Autumn: hidden column B is not read: show what staff may read, and save the file",
        "sheet Autumn: cell C6 is not read where struck through: delete what no longer holds",
        "sheet Autumn: comments on cells are not read: put what staff need to know in a cell",
        "sheet Working is hidden and not read: show it and save the file, if staff may read it",
    )


def test_words_struck_through_within_a_cell_are_left_out_and_the_cell_named() -> None:
    runs = '<c r="A2" t="inlineStr"><is><r><rPr><strike/></rPr><t>3 June </t></r><r><t>10 June</t></r></is></c>'
    document = parsed(package(f'{NAMES}<row r="2">{runs}<c r="B2"><v>4</v></c></row>'), "a.xlsx")
    assert told(document)[-1] == "10 June | 4"
    assert document.warnings == ("sheet Autumn: cell A2 is not read where struck through: delete what no longer holds",)


def test_an_error_is_read_as_shown_and_its_cell_named() -> None:
    document = parsed(
        package(f'{NAMES}<row r="2"><c r="A2" t="e"><v>#REF!</v></c><c r="B2"><v>4</v></c></row>'), "a.xlsx"
    )
    assert told(document)[-1] == "#REF! | 4"
    assert document.warnings == ("sheet Autumn: cell A2 is read as shown, which is an error: mend the formula",)


def test_a_chart_on_a_sheet_of_its_own_is_named() -> None:
    def write(workbook: Any) -> None:
        workbook.active.append(["Item", "Cost"])
        workbook.active.append(["Paper", 100])
        workbook.create_chartsheet("Spending").add_chart(BarChart())

    document = parsed(book(write), "a.xlsx")
    assert document.warnings == ("sheet Spending is a chart and not read: put what it shows in a table as well",)


def test_a_workbook_with_nothing_to_read_is_named_with_what_it_hides() -> None:
    def write(workbook: Any) -> None:
        workbook.create_sheet("Working").append(["secret"])
        workbook["Working"].sheet_state = "veryHidden"

    with pytest.raises(DocumentNotRead) as error:
        parsed(book(write), "a.xlsx")
    assert str(error.value) == (
        "no sheet of it has anything to read (sheet Working is hidden and not read: show it and save the file, "
        "if staff may read it): fill it, or remove it"
    )


# ── large and odd files ──────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="inlineStr"><is><t>Days</t></is></c></row>'
)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def package(
    rows: str, *, before: str = "", after: str = "", main: str = MAIN, relations: str = RELATIONS, **parts: str
) -> bytes:
    """A workbook of one sheet as XML, without styles; `parts` are further parts, "__" for "/" and "_dot_" for "."."""
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="r" Type="{relations}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}"><Relationship Id="a" '
            f'Type="{relations}/worksheet" Target="/xl/worksheets/Sheet1.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="Autumn" '
            'sheetId="1" r:id="a"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}" xmlns:r="{relations}">{before}'
            f"<sheetData>{rows}</sheetData>{after}</worksheet>",
            **{name.replace("__", "/").replace("_dot_", "."): text for name, text in parts.items()},
        }.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_strict_open_xml_is_read() -> None:
    strict = "http://purl.oclc.org/ooxml/"
    data = package(
        f'{NAMES}<row r="2"><c r="A2" t="d"><v>2026-09-01</v></c><c r="B2"><v>4</v></c></row>',
        main=f"{strict}spreadsheetml/main",
        relations=f"{strict}officeDocument/relationships",
    )
    assert told(parsed(data, "a.xlsx")) == ["# Autumn", "[Name | Days]", "1 September 2026 | 4"]


def test_cells_and_rows_that_do_not_say_where_they_stand_follow_one_another() -> None:
    cells = '<row><c t="inlineStr"><is><t>Ann</t></is></c><c><v>4</v></c></row>'
    document = parsed(
        package(NAMES.replace(' r="1"', "").replace(' r="A1"', "").replace(' r="B1"', "") + cells * 2), "a.xlsx"
    )
    assert [str(block.locator) for block in document.sections[0].blocks] == [
        f"sheet Autumn, row {number}" for number in (1, 2, 3)
    ]


def test_a_sheet_that_states_to_be_endless_is_read_for_what_it_holds() -> None:
    far = '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>end</t></is></c></row>'
    document = parsed(
        package(NAMES + far, before='<dimension ref="A1:XFD1048576"/>', after=f"<mergeCells>{MERGED}</mergeCells>"),
        "a.xlsx",
    )
    assert [(block.text, block.locator.number) for block in document.sections[0].blocks] == [
        ("Name | Days", 1),
        ("Name | end", 1048576),
    ]


MERGED = '<mergeCell ref="A1:A1048576"/><mergeCell ref="B1:XFD1"/>'


def test_rows_that_are_only_formatted_are_no_rows() -> None:
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="1"/></row>' for number in range(2, 60_000))
    last = '<row r="60000"><c r="A60000" t="inlineStr"><is><t>Ann</t></is></c><c r="B60000"><v>1</v></c></row>'
    document = parsed(package(NAMES + empty + last), "a.xlsx")
    assert [block.locator.number for block in document.sections[0].blocks] == [1, 60_000]


def test_rows_beyond_the_bound_are_named_and_not_read() -> None:
    reading = read_spreadsheet(sheet(["Name", "Days"], *(["Ann", number] for number in range(50))), max_rows=20)
    assert len(reading.sections[0].blocks) == 20
    assert reading.warnings == ("sheet Autumn: only its rows up to 20 are read, and 31 are not: divide the sheet",)


def test_the_words_of_a_text_box_are_read_with_the_row_it_stands_at() -> None:
    drawing = (
        '<d:wsDr xmlns:d="urn:d" xmlns:a="urn:a"><d:twoCellAnchor><d:from><d:row>6</d:row></d:from><d:sp><d:txBody>'
        "<a:p><a:r><a:t>INSET days are </a:t></a:r><a:r><a:t>in red.</a:t></a:r></a:p></d:txBody></d:sp>"
        "</d:twoCellAnchor></d:wsDr>"
    )
    rels = "http://schemas.openxmlformats.org/package/2006/relationships"
    document = parsed(
        package(
            NAMES + '<row r="2"><c r="B2"><v>4</v></c></row>',
            xl__worksheets___rels__sheet1_dot_xml_dot_rels=f'<Relationships xmlns="{rels}"><Relationship Id="b" '
            f'Type="{RELATIONS}/drawing" Target="../drawings/drawing1.xml"/></Relationships>',
            xl__drawings__drawing1_dot_xml=drawing,
        ),
        "a.xlsx",
    )
    box = document.sections[-1].blocks[-1]
    assert (box.text, str(box.locator)) == ("INSET days are in red.", "sheet Autumn, row 7")


def test_what_a_printed_footer_states_is_stated() -> None:
    def write(workbook: Any) -> None:
        workbook.active.append(["Point", "England"])
        workbook.active.append(["M1", 32916])
        workbook.active.oddFooter.left.text = "Version 1.3, next review 1 July 2027"
        workbook.active.oddFooter.right.text = "Page &P of &N"

    metadata = parsed(book(write), "pay.xlsx").metadata
    assert (metadata.version, metadata.review_due) == ("1.3", "2027-07-01")


# ── what is no workbook ──────────────────────────────────────────────────────────────────────────────────────────────

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize("path", ["a.xlsx", "a.xls", "a.ods"])
@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (OLE + bytes(512) + "EncryptedPackage".encode("utf-16-le"), "it is locked with a password"),
        (OLE + bytes(512), "there is no workbook in it, or it is damaged"),
        (b"<html><table><tr><td>Ann</td></tr></table></html>", "it is a web page or XML under the name of a workbook"),
        (b"Name\tDays\nAnn\t3\n", "it is text under the name of a workbook: open it in Excel and save it as .xlsx"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "it is not a spreadsheet, whatever its name says"),
    ],
)
def test_what_is_no_workbook_is_named(path: str, data: bytes, sentence: str) -> None:
    with pytest.raises(DocumentNotRead, match=sentence):
        parsed(data, path)


def test_a_workbook_cut_short_is_named() -> None:
    data = sheet(["Name", "Days"], ["Ann", 3])
    with pytest.raises(DocumentNotRead, match="it was cut short, its end is missing"):
        parsed(data[: len(data) // 2], "a.xlsx")


def test_a_word_document_under_the_name_of_a_workbook_is_named() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(DocumentNotRead, match="there is no workbook in it: save it from Excel"):
        parsed(out.getvalue(), "a.xlsx")


# ── the other formats ────────────────────────────────────────────────────────────────────────────────────────────────


def busy_workbook() -> bytes:
    """One of everything that the older formats can hold as well."""

    def write(workbook: Any) -> None:
        active = workbook.active
        for row in (
            ["Leave and pay"],
            [],
            ["Reason", "Autumn", None, "Share", "From", "At"],
            [None, "Days", "Cost", None, None, None],
            ["Bereavement", 5, 1250.5, 0.125, date(2026, 9, 1), time(8, 20)],
            ["Moving house", 1, -250, 1, date(2026, 9, 2), time(15, 45)],
            ["Jury service", 10, 0, 0.5, date(2026, 9, 3), time(12, 0)],
            ["Struck", 2, 3, 0, date(2026, 9, 4), time(9, 0)],
            ["Hidden", 2, 3, 0, date(2026, 9, 4), time(9, 0)],
        ):
            active.append(row)
        for cells in ("A3:A4", "B3:C3", "D3:D4", "E3:E4", "F3:F4"):
            active.merge_cells(cells)
        for number in range(5, 10):
            active[f"C{number}"].number_format = "£#,##0.00"
            active[f"D{number}"].number_format = "0.0%"
            active[f"E{number}"].number_format = "dddd d mmmm yyyy" if number % 2 else "dd/mm/yyyy"
            active[f"F{number}"].number_format = "hh:mm"
        active["A8"].font = Font(strike=True)
        active.row_dimensions[9].hidden = True
        hidden = workbook.create_sheet("Working")
        hidden.append(["secret"])
        hidden.sheet_state = "hidden"

    return book(write)


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_an_old_and_an_open_workbook_are_read_as_the_new_one_is(kind: str, tmp_path: Path) -> None:
    data = busy_workbook()
    new, other = parsed(data, "a.xlsx"), parsed(saved_as(data, "xlsx", kind, tmp_path), f"a.{kind}")
    assert told(new) == [
        "# Autumn > Leave and pay",
        "[Reason | Autumn Days | Autumn Cost | Share | From | At]",
        "Bereavement | 5 | £1,250.50 | 12.5% | Tuesday 1 September 2026 | 08:20",
        "Moving house | 1 | -£250.00 | 100.0% | 2 September 2026 | 15:45",
        "Jury service | 10 | £0.00 | 50.0% | Thursday 3 September 2026 | 12:00",
        " | 2 | £3.00 | 0.0% | 4 September 2026 | 09:00",
    ]
    assert other.sections == new.sections
    assert sorted(other.warnings) == sorted(new.warnings)


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Autumn">{rows}</table:table></office:spreadsheet>
</office:body></office:document-content>"""


def open_document(rows: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(rows=rows))
    return out.getvalue()


def words(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def test_rows_and_cells_that_an_open_workbook_repeats_are_read_as_often_and_empty_ones_never() -> None:
    twice = words("4", 'table:number-columns-repeated="2"')
    data = open_document(
        f"<table:table-row>{words('Name')}{words('Days')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="3">{twice}</table:table-row>'
        '<table:table-row table:number-rows-repeated="1048572">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    document = parsed(data, "a.ods")
    assert [(block.text, block.locator.number) for block in document.sections[0].blocks] == [
        ("Name | Days", 1),
        ("4 | 4", 2),
        ("4 | 4", 3),
        ("4 | 4", 4),
    ]


def test_an_open_workbook_that_repeats_a_row_without_end_is_read_up_to_the_bound() -> None:
    data = open_document(
        f'<table:table-row table:number-rows-repeated="1048576">{words("Ann")}{words("4")}</table:table-row>'
    )
    reading = read_spreadsheet(data, max_rows=10)
    assert len(reading.sections[0].blocks) == 10
    assert reading.warnings == (
        "sheet Autumn: only its rows up to 10 are read, and 1,048,566 are not: divide the sheet",
    )


def test_a_date_in_figures_is_written_out_in_an_open_workbook() -> None:
    dated = 'office:value-type="date" office:date-value="2026-09-01"'
    rows = "".join(
        f"<table:table-row>{words(name)}{words(shown, dated)}</table:table-row>"
        for name, shown in (("a", "01/09/26"), ("b", "Sep-26"), ("c", "1-Sep"), ("d", "Tue 1 September"))
    )
    shown = [block.cells[1] for block in parsed(open_document(rows), "a.ods").sections[0].blocks]
    assert shown == ["1 September 2026", "September 2026", "1 September", "Tue 1 September"]


def test_an_open_workbook_under_a_password_is_named() -> None:
    out = BytesIO(open_document(""))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("META-INF/manifest.xml", "<manifest><encryption-data/></manifest>")
    with pytest.raises(DocumentNotRead, match="it is locked with a password"):
        parsed(out.getvalue(), "a.ods")
