"""Framework statements and programmes are read as records, and as text beside them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.errors import DocumentNotRead
from ingestion.model import Block, Locator, Record
from tests.ingestion.files import parsed, shown

STATEMENTS = """framework,section,section_name,type,code,text
ECF,4,Classroom Practice,learn that,4.6,"Questioning is a tool,
essential for teachers."
ECF,4,Classroom Practice,learn that,4.7,High-quality talk.
ECF,4,Classroom Practice,learn how to,,Narrate thought processes.

ECF,5,Adaptive Teaching,learn that,5.1,Pupils differ.
"""


def test_statements_stand_under_framework_section_and_type() -> None:
    document = parsed(STATEMENTS, "frameworks/ecf.csv")
    assert [
        (section.heading, [block.text for block in section.blocks]) for section in document.sections if section.blocks
    ] == [
        (
            ("ECF", "4 Classroom Practice", "learn that"),
            ["code | text", "4.6 | Questioning is a tool, essential for teachers.", "4.7 | High-quality talk."],
        ),
        (("ECF", "4 Classroom Practice", "learn how to"), ["code | text", " | Narrate thought processes."]),
        (("ECF", "5 Adaptive Teaching", "learn that"), ["code | text", "5.1 | Pupils differ."]),
    ]
    assert document.sections[2].blocks[2] == Block(
        "table_row", "4.7 | High-quality talk.", Locator("row", 3), ("4.7", "High-quality talk.")
    )
    assert (document.title, document.metadata.kind) == ("ECF", "framework")


def test_each_statement_is_a_record_and_one_without_a_code_is_kept() -> None:
    document = parsed(STATEMENTS, "trust/any-place.csv")
    assert [record.key for record in document.records] == ["ECF:4.6", "ECF:4.7", "ECF:", "ECF:5.1"]
    assert document.records[2] == Record(
        "statement",
        "ECF:",
        {
            "framework": "ECF",
            "section": "4",
            "section_name": "Classroom Practice",
            "type": "learn how to",
            "code": "",
            "text": "Narrate thought processes.",
        },
        Locator("row", 4),
    )


def test_a_row_with_too_many_cells_is_named_and_the_others_stand() -> None:
    document = parsed(STATEMENTS + "ECF,5,Adaptive Teaching,learn that,5.2,One, two\n", "ecf.csv")
    assert len(document.records) == 4
    assert document.warnings == ("row 7: 7 cells instead of 6: not read; mend its commas",)


def test_columns_besides_those_of_a_statement_stand_in_its_row_and_not_in_its_record() -> None:
    stated = "Code,Framework,Section,Section_Name,Type,Text,Week\n4.6,ECF,4,Practice,learn that,Talk matters.,5\n"
    document = parsed(stated, "ecf.csv")
    assert [block.text for block in document.sections[-1].blocks] == ["code | text | week", "4.6 | Talk matters. | 5"]
    assert sorted(document.records[0].fields) == ["code", "framework", "section", "section_name", "text", "type"]


def test_a_csv_that_lacks_a_column_of_statements_is_a_table() -> None:
    document = parsed(STATEMENTS.replace("section_name", "chapter"), "ecf.csv")
    assert document.records == ()
    assert document.sections[0].blocks[0].text == "framework | section | chapter | type | code | text"


def test_a_header_of_statements_without_one_is_named() -> None:
    with pytest.raises(DocumentNotRead, match="it has a heading row but no framework statement"):
        parsed(STATEMENTS.splitlines()[0], "ecf.csv")


PROGRAMMES = """
[[programmes]]
id = "npqlbc"
name = "NPQ in leading behaviour and culture"
aliases = ["NPQLBC"]
provider = "Samphire Coast"
audience = ["teachers", "heads of year"]
length_months = 12
funded = true
last_checked = 2026-11-01

[[programmes.cohorts]]
closes = 2027-01-15
starts = 2027-02-02

[[programmes]]
id = "ta"
"""


def test_programmes_golden(golden: Callable[[str, str], None]) -> None:
    golden("parse/programmes.txt", shown(parsed(PROGRAMMES, "programmes.toml")))


def test_a_programme_that_cannot_be_read_takes_no_other_down() -> None:
    document = parsed(PROGRAMMES + '\n[[programmes]]\nid = "npqlbc"\nname = "Again"\n', "programmes.toml")
    assert [record.key for record in document.records] == ["npqlbc"]
    assert document.warnings == (
        "line 16: programmes[2] has no name: add it",
        "line 19: programmes[3] has the id 'npqlbc' of another programme: give it its own",
    )


COHORT = '[[programmes]]\nid = "npqlbc"\nname = "NPQ"\n[[programmes.cohorts]]\nopens = 2026-11-01\ncloses = {}\n'


@pytest.mark.parametrize("closes", ["15 January 2027", "rolling", "2027-13-40"])
def test_a_closing_date_that_is_none_is_named_and_kept_as_text(closes: str) -> None:
    document = parsed(COHORT.format(f'"{closes}"'), "programmes.toml")
    assert document.warnings == (
        f"line 1: programme 'npqlbc': cohorts[1].closes is '{closes}', which is no date: "
        "write it as 2027-01-15, or leave it out",
    )
    assert document.records[0].fields["cohorts"] == [{"opens": "2026-11-01", "closes": closes}]


@pytest.mark.parametrize("closes", ["2027-01-15", '"2027-01-15"', '"2027-01"'])
def test_a_closing_date_needs_no_warning(closes: str) -> None:
    document = parsed(COHORT.format(closes), "programmes.toml")
    assert document.warnings == ()
    assert document.records[0].fields["cohorts"][0]["closes"] == closes.strip('"')


@pytest.mark.parametrize("field", ["aliases", "former_names"])
def test_names_given_as_text_are_named_and_read_as_one_name(field: str) -> None:
    document = parsed(f'[[programmes]]\nid = "npqh"\nname = "NPQH"\n{field} = "Headship award"\n', "programmes.toml")
    assert document.records[0].fields[field] == ["Headship award"]
    assert document.warnings == (
        f"line 1: programme 'npqh': {field} is 'Headship award', read as one name: write a list in [ ]",
    )


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("[[programmes]", "it is not valid TOML: "),
        ('name = "A"', r"it has no \[\[programmes\]\]: write one for each"),
        ("[[programmes]]\nid = 3\nname = 'A'", r"line 1: programmes\[1\] has the id 3: write it as text in quotes"),
    ],
)
def test_a_programmes_file_without_a_record_is_not_read(stated: str, reason: str) -> None:
    with pytest.raises(DocumentNotRead, match=reason):
        parsed(stated, "programmes.toml")
