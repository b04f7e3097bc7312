"""What a document says of itself is read from where it says it, and never guessed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover, date_in, kind_of, read_metadata, status_of, version_of
from ingestion.model import Block, BlockKind, Locator, Metadata, Section

PAGE = Locator("page", 1, 1)


def lines(*texts: str, heading: tuple[str, ...] = ()) -> Section:
    return Section(heading, tuple(Block("paragraph", text, PAGE) for text in texts))


def table(*rows: Sequence[str], heading: tuple[str, ...] = (), header: bool = False) -> Section:
    def kind(number: int) -> BlockKind:
        return "table_header" if header and number == 0 else "table_row"

    return Section(
        heading, tuple(Block(kind(number), " | ".join(row), PAGE, tuple(row)) for number, row in enumerate(rows))
    )


def of(*sections: Section, path: str = "trust/a.docx", margins: tuple[str, ...] = ()) -> dict[str, object]:
    """The fields that are stated, by name."""
    return fields(read_metadata(path, cover=Cover(margins=margins), sections=sections))


def fields(metadata: Metadata) -> dict[str, object]:
    return {name: getattr(metadata, name) for name in metadata.origins}


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("1 September 2026", "2026-09-01"),
        ("1st September 2026", "2026-09-01"),
        ("Tuesday 1 September, 2026", "2026-09-01"),
        ("the 1st of September 2026", "2026-09-01"),
        ("September 1, 2026", "2026-09-01"),
        ("1 Sept 26", "2026-09-01"),
        ("01/09/2026", "2026-09-01"),
        ("1.9.26", "2026-09-01"),
        ("01-09-2026", "2026-09-01"),
        ("2026-09-01", "2026-09-01"),
        ("Sept 2026", "2026-09"),
        ("September '26", "2026-09"),
        ("Sep-26", "2026-09"),
        ("09/2026", "2026-09"),
        ("2026-09", "2026-09"),
        ("2027", "2027"),
        ("1 September 2027 or sooner if the law changes", "2027-09-01"),
        ("Autumn 2026", None),
        ("Autumn term 2026", None),
        ("annually", None),
        ("academic year 2026/27", None),
        ("31/02/2026", None),
        ("13/13/2026", None),
        ("July 2026 or July 2027", None),
        ("________", None),
        ("version 2.1", None),
    ],
)
def test_dates_are_read_with_the_precision_that_was_written(text: str, date: str | None) -> None:
    assert date_in(text) == date


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("3.1", "3.1"),
        ("v3.1", "3.1"),
        ("Version 3", "3"),
        ("2.0.1 (September 2026)", "2.0.1"),
        ("No. 4", "4"),
        ("1 September 2026", None),
        ("01/09/2026", None),
        ("Final", None),
        ("2026-27", None),
    ],
)
def test_versions_are_numbers_and_dates_are_not(text: str, version: str | None) -> None:
    assert version_of(text) == version


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Approved", "in_force"),
        ("in_force", "in_force"),
        ("Final", "in_force"),
        ("Draft, to be approved in May", "draft"),
        ("For consultation", "draft"),
        ("Superseded by version 3", "superseded"),
        ("Withdrawn", "withdrawn"),
        ("Statutory", None),
        ("Under review", None),
    ],
)
def test_a_status_is_read_from_its_words(text: str, status: str | None) -> None:
    assert status_of(text) == status


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Behaviour policy", "behaviour"),
        ("Behaviour framework", "behaviour"),
        ("Policy on behaviour and discipline", "behaviour"),
        ("Vision and values", "values"),
        ("Leave of absence policy", "policy"),
        ("Staff code of conduct", "policy"),
        ("ECT handbook", "cpd"),
        ("CPD offer 2026–27", "cpd"),
        ("Early Career Framework", "framework"),
        ("Behaviour management workload discussion", None),
        ("Lunch menu", None),
    ],
)
def test_a_kind_is_told_from_the_words_of_a_title(title: str, kind: str | None) -> None:
    assert kind_of(title) == kind


# ── cover sheets ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Next review", "review_due"),
        ("NEXT REVIEW DATE:", "review_due"),
        ("Review due", "review_due"),
        ("To be reviewed", "review_due"),
        ("Date of next review (annual)", "review_due"),
        ("Review date", "review_due"),
        ("Effective from", "effective_from"),
        ("Date effective", "effective_from"),
        ("Implementation date", "effective_from"),
        ("Date approved", "approved_on"),
        ("Ratified on", "approved_on"),
        ("Date of adoption", "approved_on"),
    ],
)
@pytest.mark.parametrize("place", ["table", "line", "margin"])
def test_dates_are_found_under_the_labels_that_policies_use(label: str, name: str, place: str) -> None:
    date = "1 September 2027"
    line = f"{label.rstrip(':')}: {date}"
    match place:
        case "table":
            found = of(table((label, date)))
        case "line":
            found = of(lines("A policy", line))
        case _:
            found = of(lines("A policy"), margins=(f"{line} | Page 1 of 9",))
    assert found == {name: "2027-09-01"}


@pytest.mark.parametrize("label", ["Last reviewed", "Date reviewed", "Review cycle", "Created", "Date issued", "Date"])
def test_a_label_that_states_something_else_states_nothing(label: str) -> None:
    assert of(table((label, "1 September 2025"))) == {}


def test_a_cover_table_is_read() -> None:
    cover = table(
        ("Document title", "Leave of absence policy"),
        ("Document type", "Policy"),
        ("Version no.", "3.2"),
        ("Status", "Approved"),
        ("Policy lead", "Head of people"),
        ("Ratified by", "Board of trustees, 9 July 2026"),
        ("Applies to", "All staff, governors"),
        ("Supersedes", "Leave policy v3.1"),
        ("Next review", "TBC"),
    )
    assert of(cover) == {
        "title": "Leave of absence policy",
        "kind": "policy",
        "version": "3.2",
        "status": "in_force",
        "owner": "Head of people",
        "approved_by": "Board of trustees",
        "approved_on": "2026-07-09",
        "audience": ("All staff", "governors"),
        "supersedes": "Leave policy v3.1",
    }


def test_two_labels_in_a_row_are_two_pairs() -> None:
    assert of(
        table(("Version", "2.1", "Owner", "Headteacher"), ("Approved by", "Governors", "Review date", "May 2027"))
    ) == {
        "version": "2.1",
        "owner": "Headteacher",
        "approved_by": "Governors",
        "review_due": "2027-05",
    }


def test_a_row_of_labels_over_a_row_of_values_is_read() -> None:
    assert of(table(("Version", "Approved by", "Next review"), ("2", "Governors", "May 2027"))) == {
        "version": "2",
        "approved_by": "Governors",
        "review_due": "2027-05",
    }


def test_the_latest_row_of_a_version_table_counts_wherever_it_stands() -> None:
    history = table(
        ("Version", "Date", "Approved by", "Change"),
        ("2.10", "9 July 2026", "Board of trustees", "Phones"),
        ("2.9", "1 July 2025", "Headteacher", "Uniform"),
        header=True,
    )
    assert of(history) == {"version": "2.10", "approved_by": "Board of trustees"}


def test_a_version_table_at_the_end_is_found_by_its_heading() -> None:
    prose = lines(*["word " * 60] * 20, heading=("1 Purpose",))
    control = table(("Version", "4.0"), ("Review date", "July 2027"), heading=("Document control",))
    assert of(prose, control, prose) == {"version": "4.0", "review_due": "2027-07"}


def test_several_things_on_one_line_are_told_apart() -> None:
    assert of(lines("Version: 2.1 Review date: July 2027; Approved by: Governors")) == {
        "version": "2.1",
        "review_due": "2027-07",
        "approved_by": "Governors",
    }
    assert of(lines("A"), margins=("Version 2.2 · Next review September 2027",)) == {
        "version": "2.2",
        "review_due": "2027-09",
    }


def test_a_label_above_its_value_is_read_only_where_the_value_shows_it() -> None:
    assert of(lines("Review date", "July 2027", "Lead", "From year 3 onwards")) == {"review_due": "2027-07"}


def test_prose_far_into_a_document_states_nothing_of_it() -> None:
    prose = ["word " * 60] * 20
    assert of(lines(*prose, "Review date: July 2027", *prose)) == {}


@pytest.mark.parametrize("line", ["DRAFT", "Draft v0.3", "DRAFT – not for circulation", "Home working policy – DRAFT"])
def test_a_draft_stamped_on_the_cover_is_a_draft(line: str) -> None:
    assert of(lines("Samphire Coast", line))["status"] == "draft"


def test_the_word_draft_in_prose_is_no_stamp() -> None:
    assert of(lines("Staff may draft a letter.", "A draft agenda is sent a week before.")) == {}


# ── titles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_title_that_a_program_filled_in_is_passed_over() -> None:
    cover = Cover(titles=("Microsoft Word - x.docx", "policy_final_v2.docx", "Document1", "Untitled", "Lone working"))
    assert read_metadata("a.docx", cover=cover).title == "Lone working"
    assert read_metadata("a.docx", cover=Cover(titles=("PowerPoint Presentation",))).title is None


def test_draft_is_no_part_of_a_title() -> None:
    metadata = read_metadata("a.docx", cover=Cover(titles=("DRAFT – Home working policy",)))
    assert (metadata.title, metadata.status, metadata.kind) == ("Home working policy", "draft", "policy")


def test_a_behaviour_policy_whose_cover_says_policy_is_one() -> None:
    metadata = read_metadata(
        "a.docx", cover=Cover(titles=("Behaviour policy",)), sections=[table(("Document type", "Policy"))]
    )
    assert metadata.kind == "behaviour"


# ── sidecars, front matter, file names, and which wins ───────────────────────────────────────────────────────────────


def test_the_sidecar_wins_then_the_front_matter_then_the_cover_then_the_file_name() -> None:
    metadata = read_metadata(
        "trust/leave v9 DRAFT.docx",
        sidecar=b'title = "From the sidecar"\nreview_due = 2027-09-01\n',
        front_matter={"title": "From the front matter", "owner": "Head of people", "version": 8},
        cover=Cover(titles=("From the cover",)),
        sections=[table(("Version", "7"), ("Owner", "Headteacher"), ("Approved by", "Governors"))],
    )
    assert fields(metadata) == {
        "title": "From the sidecar",
        "review_due": "2027-09-01",
        "owner": "Head of people",
        "version": "8",
        "approved_by": "Governors",
        "status": "draft",
    }
    assert metadata.origins == {
        "title": "sidecar",
        "review_due": "sidecar",
        "owner": "front matter",
        "version": "front matter",
        "approved_by": "cover sheet",
        "status": "file name",
    }


@pytest.mark.parametrize(
    ("sidecar", "reason"),
    [
        ("verison = '1'", "its sidecar has the unknown key 'verison': known are title, kind, version, status"),
        ("review_due = 'Autumn 2026'", "its sidecar's review_due cannot be read: 'Autumn 2026'; write a date as"),
        ("status = 'maybe'", "its sidecar's status cannot be read: 'maybe'; write one of in_force, superseded"),
        ("kind = 'memo'", "its sidecar's kind cannot be read: 'memo'; write one of values, behaviour"),
        ("title = ", "its sidecar is not valid TOML"),
    ],
)
def test_a_sidecar_that_cannot_be_used_is_named(sidecar: str, reason: str) -> None:
    with pytest.raises(DocumentNotRead) as error:
        read_metadata("a.docx", sidecar=sidecar.encode())
    assert str(error.value).startswith(reason)


def test_a_site_s_own_front_matter_states_nothing() -> None:
    assert fields(read_metadata("a.md", front_matter={"layout": "page", "lead": "Words", "type": "x", "date": 1})) == {}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("trust/Leave_policy_v2.1_DRAFT.docx", {"version": "2.1", "status": "draft", "kind": "policy"}),
        ("trust/superseded behaviour policy.pdf", {"status": "superseded", "kind": "behaviour"}),
        ("trust/aircraft-lessons.pdf", {}),
        ("trust/notes 2026.pdf", {}),
    ],
)
def test_a_file_name_states_a_little(path: str, found: dict[str, str]) -> None:
    assert fields(read_metadata(path)) == found
