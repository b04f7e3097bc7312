"""What a document says of itself is read from where it says it, and never guessed."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.dates import first_day
from ingestion.errors import DocumentNotRead
from ingestion.index.codec import decode_metadata, encode_metadata
from ingestion.metadata import Cover, conflict_warnings, date_in, kind_of, read_metadata, status_of, version_of
from ingestion.metadata.values import cycle_of
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
        ("September 2026.", "2026-09"),
        ("Autumn 2026", "2026-23"),
        ("Autumn term 2026", "2026-23"),
        ("Autumn 26", "2026-23"),
        ("Spring Term 2 2027", "2027-21"),
        ("Spring 2027", "2027-21"),
        ("Summer half-term 2027", "2027-22"),
        ("the end of the summer term, 2027", "2027-22"),
        ("2027 Summer term", "2027-22"),
        ("Winter 2026", "2026-24"),
        ("Autumn term 2026/27", "2026-23"),
        ("Spring term 2026/27", "2027-21"),
        ("Summer 2026–2027", "2027-22"),
        ("Summer term 2026/29", None),
        ("Autumn term 2026 (by 1 November 2026)", "2026-11-01"),
        ("Autumn term 2026 (by 1 March 2027)", None),
        ("September 2026 (1 September 2026)", "2026-09-01"),
        ("2026-23", "2026-23"),
        ("2023-24", None),
        ("annually", None),
        ("Autumn term", None),
        ("2026/27", None),
        ("academic year 2026/27", None),
        ("summer uniform 2026", None),
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
        ("Behaviour for learning", "behaviour"),
        ("Rewards and sanctions", "behaviour"),
        ("Relationships and behaviour policy", "behaviour"),
        ("Statement of behaviour principles", "behaviour"),
        ("Staff behaviour policy (code of conduct)", "policy"),
        ("Harmful sexual behaviour policy", "policy"),
        ("Relationships and sex education policy", "policy"),
        ("Anti-bullying policy", "policy"),
        ("Suspension and exclusion policy", "policy"),
        ("Disciplinary policy", "policy"),
        ("British values policy", "policy"),
        ("Safeguarding training policy", "policy"),
        ("Vision and values", "values"),
        ("Our values", "values"),
        ("Leave of absence policy", "policy"),
        ("Charging and remissions", "policy"),
        ("Supporting pupils with medical conditions", "policy"),
        ("Staff code of conduct", "policy"),
        ("Grievance procedure", "policy"),
        ("Admission arrangements 2027–28", "policy"),
        ("ECT handbook", "cpd"),
        ("Mentor guide", "cpd"),
        ("CPD offer 2026–27", "cpd"),
        ("Behaviour management training", "cpd"),
        ("Early Career Framework", "framework"),
        ("Aspiring leaders programme", "programme"),
        ("Behaviour management workload discussion", None),
        ("Staff handbook 2026–27", None),
        ("Register of policies", None),
        ("Minutes of the behaviour policy working group", None),
        ("Provision map", None),
        ("Lunch menu", None),
    ],
)
def test_a_kind_is_told_from_the_words_of_a_title(title: str, kind: str | None) -> None:
    assert kind_of(title) == kind


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("Annually", "Annually"),
        ("annual review", "annual"),
        ("Every 2 years (or sooner)", "Every 2 years"),
        ("every two school years", "every two school years"),
        ("at least annually", "at least annually"),
        ("Biennial", "Biennial"),
        ("3-yearly", "3-yearly"),
        ("24 months", "24 months"),
        ("each year", "each year"),
        ("Termly", "Termly"),
        ("as needed", None),
        ("July 2027", None),
    ],
)
def test_a_review_cycle_is_kept_in_its_own_words(text: str, cycle: str | None) -> None:
    assert cycle_of(text) == cycle


# ── cover sheets ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Next review", "review_due"),
        ("NEXT REVIEW DATE:", "review_due"),
        ("Review due", "review_due"),
        ("To be reviewed", "review_due"),
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


@pytest.mark.parametrize(
    "label",
    ["Last reviewed", "Date reviewed", "Review cycle", "Date issued", "Date", "Model policy review date", "Start date",
     "Previous review", "Publication date", "Date of next meeting"],
)  # fmt: skip
def test_a_label_that_states_something_else_states_nothing(label: str) -> None:
    assert of(table((label, "1 September 2025"))) == {}


@pytest.mark.parametrize("label", ["Created", "Date created", "Originally created", "Date of creation"])
def test_when_a_document_was_made_is_read(label: str) -> None:
    assert of(table((label, "Sept 2019"))) == {"created_on": "2019-09"}


@pytest.mark.parametrize(
    ("label", "value", "found"),
    [
        ("Review cycle", "Every 2 years", {"review_cycle": "Every 2 years"}),
        ("Frequency of review", "Annually", {"review_cycle": "Annually"}),
        ("Review", "annually", {"review_cycle": "annually"}),
        ("Review due", "Annually, next in May 2027", {"review_cycle": "Annually", "review_due": "2027-05"}),
        ("Next review (every three years)", "May 2029", {"review_cycle": "every three years", "review_due": "2029-05"}),
        ("Review", "Logs are checked termly", {}),
        ("Review cycle", "When the law changes", {}),
    ],
)
def test_how_often_it_is_reviewed_is_no_date(label: str, value: str, found: dict[str, str]) -> None:
    assert of(table((label, value))) == found


@pytest.mark.parametrize(
    ("label", "name"), [("Effective from", "effective_from"), ("Applies from", "effective_from"), ("Review date", None)]
)
def test_a_school_year_begins_with_its_autumn_term_and_is_no_day(label: str, name: str | None) -> None:
    assert of(table((label, "Academic year 2026/27"))) == ({name: "2026-23"} if name else {})


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


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        (
            "This policy was approved by the Trust Board on 9 July 2026 and will be reviewed every two years.",
            {"approved_by": "Trust Board", "approved_on": "2026-07-09", "review_cycle": "every two years"},
        ),
        ("The policy will next be reviewed by the end of the autumn term 2027.", {"review_due": "2027-23"}),
        ("The next review of this policy is due in May 2028.", {"review_due": "2028-05"}),
        (
            "This policy takes effect on 1 September 2026. It replaces the Leave policy v2.1 and is reviewed annually.",
            {"effective_from": "2026-09-01", "supersedes": "Leave policy v2.1", "review_cycle": "annually"},
        ),
        ("This policy replaces all earlier versions.", {}),
        ("This policy was last reviewed in March 2026.", {}),
        ("The lease was approved by the council on 4 May 2019 and will be reviewed in 2029.", {}),
        ("Risk assessments are reviewed annually.", {}),
        ("This policy has regard to the guidance that applies from 26 July 2026.", {}),
        ("This guidance comes into force on 1 April 2026.", {}),
        ("It takes effect on 1 September 2026.", {}),
        ("This policy will be reviewed in the light of the Act of 1 May 2027.", {}),
    ],
)
def test_a_sentence_states_what_it_says_of_its_own_document(sentence: str, found: dict[str, str]) -> None:
    assert of(lines(sentence)) == found


def test_guidance_that_calls_itself_so_speaks_of_itself() -> None:
    metadata = read_metadata(
        "a.md", cover=Cover(titles=("Guidance on trips",)), sections=[lines("This guidance applies from May 2027.")]
    )
    assert metadata.effective_from == "2027-05"


# ── what is stated of other things ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "section",
    [
        table(("Role", "Responsibility"), ("Headteacher", "Leads behaviour"), header=True),
        table(("Action", "Lead", "Review date", "Status"), ("Plan", "Head", "May 2027", "Current"), header=True),
        table(("Title", "Version", "Review date"), ("A", "2", "May 2027"), ("B", "3", "May 2028"), header=True),
        table(("School", "Date approved", "Change"), ("Rowan", "9 July 2026", "None"), ("Kestrel", "May 2026", "Fees")),
        table(("Owner", "The person who keeps the policy up to date")),
        table(("Ratified by governors", "Yes"), ("Approved", "✓"), ("Adopted", "No")),
        table(("Owner", "[name]"), ("Approved by", "________"), ("Review date", "DD/MM/YYYY"), ("Version", "x.x")),
        lines("Policy owner:", "Approved by:", "Date approved:", "Version:"),
        lines(
            "Version 2 of the form must be used.", "Approved the minutes of 3 May 2026.", "Review 12 March 2026 notes."
        ),
        lines("Agreed by all staff that phones are away", "Approved by the head before booking"),
        lines("1. Behaviour policy: version 2.2, effective from 1 September 2026, review due September 2027."),
        lines(
            "Read with Keeping children safe in education and what else is named there, in force from 1 September 2025."
        ),
        lines("Issue: 3 pupils were late.", "Lead: courses for heads of year"),
    ],
)
def test_what_is_said_of_other_things_is_not_stated_of_the_document(section: Section) -> None:
    assert of(section) == {}


def test_minutes_tell_of_other_papers() -> None:
    metadata = read_metadata(
        "a.docx",
        cover=Cover(titles=("Minutes of the trust board",)),
        sections=[lines("Approved by: the chair", "Review date: July 2027")],
    )
    assert fields(metadata) == {"title": "Minutes of the trust board"}


def test_a_form_at_the_end_names_nobody() -> None:
    prose = lines(*["word " * 60] * 20)
    form = lines("Form LA1", "Approved by: headteacher / line manager", "Owner: office")
    assert of(prose, form) == {}
    closing = lines("Approved by: Trust Board", "Date approved: July 2026")
    assert of(prose, closing) == {"approved_by": "Trust Board", "approved_on": "2026-07"}


def test_a_review_date_is_the_review_that_was_where_the_next_one_stands_beside_it() -> None:
    assert of(table(("Review date", "May 2025"), ("Next review", "May 2026"))) == {"review_due": "2026-05"}
    assert of(table(("Date approved", "May 2025"), ("Review date", "May 2025"))) == {"approved_on": "2025-05"}
    history = table(("Review date", "Version", "Change"), ("May 2024", "1", "a"), ("May 2025", "2", "b"), header=True)
    assert of(history) == {"version": "2"}


# ── conflicts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def conflicting(*sections: Section, margins: tuple[str, ...] = (), titles: tuple[str, ...] = ()) -> Metadata:
    return read_metadata("trust/a.docx", cover=Cover(titles=titles, margins=margins), sections=sections)


def test_two_review_dates_leave_it_unknown_and_are_reported() -> None:
    metadata = conflicting(table(("Next review", "July 2027")), margins=("Review: September 2026",))
    assert metadata.review_due is None
    assert metadata.conflicts == {"review_due": ("July 2027 (cover table)", "September 2026 (page header or footer)")}
    assert conflict_warnings(metadata) == (
        "it states two review dates, July 2027 (cover table) and September 2026 (page header or footer): "
        "none of them is taken; state review_due in a sidecar",
    )


def test_a_conflict_survives_the_registry() -> None:
    metadata = conflicting(table(("Version", "2.0")), margins=("Policy v2.1",))
    assert metadata.conflicts == {"version": ("2.0 (cover table)", "2.1 (page header or footer)")}
    assert decode_metadata(encode_metadata(metadata)) == metadata


def test_a_more_precise_date_is_no_conflict() -> None:
    metadata = conflicting(table(("Next review", "July 2027")), margins=("Review: 14 July 2027", "Review: summer 2027"))
    assert (metadata.review_due, metadata.conflicts) == ("2027-07-14", {})
    assert conflicting(table(("Version", "2.0")), margins=("Policy v2",)).version == "2.0"


def test_a_sidecar_settles_a_conflict() -> None:
    sections = [table(("Version", "2.0"), ("Review date", "May 2027"))]
    metadata = read_metadata(
        "a.docx", sidecar=b'version = "2.1"', cover=Cover(margins=("v2.2 · Review date: May 2027",)), sections=sections
    )
    assert (metadata.version, metadata.review_due, metadata.conflicts) == ("2.1", "2027-05", {})


def test_a_files_name_settles_no_conflict() -> None:
    metadata = read_metadata(
        "leave v3.docx", cover=Cover(margins=("Leave policy v2",)), sections=[table(("Version", "1"))]
    )
    assert metadata.version is None
    assert set(metadata.conflicts) == {"version"}


@pytest.mark.parametrize(
    ("latest", "cover", "version", "is_unclear"),
    [("2.1", "2.1", "2.1", False), ("2.0", "2.1", "2.1", False), ("2.2", "2.1", None, True)],
)
def test_a_version_table_that_has_gone_on_contradicts_the_cover(
    latest: str, cover: str, version: str | None, is_unclear: bool
) -> None:
    history = table(("Version", "Date", "Change"), ("1.0", "2024", "a"), (latest, "2026", "b"), header=True)
    metadata = conflicting(table(("Version", cover)), lines("Version history"), history)
    assert (metadata.version, "version" in metadata.conflicts) == (version, is_unclear)


def test_what_calls_itself_a_draft_and_approved_is_kept_as_a_draft() -> None:
    metadata = conflicting(table(("Status", "Approved")), margins=("DRAFT",))
    assert metadata.status == "draft"
    assert conflict_warnings(metadata) == (
        "it states two statuses, Approved (cover table) and DRAFT (stamp): it is kept as a draft; "
        "state status in a sidecar",
    )


def test_of_two_stages_of_approval_the_last_counts_and_who_gave_it() -> None:
    stages = table(("Approved by SLT", "May 2026"), ("Ratified by governors", "9 July 2026"))
    assert of(stages) == {"approved_by": "governors", "approved_on": "2026-07-09"}
    assert of(table(("Approved by", "Head"), ("Date approved", "May 2026"), ("Date ratified", "July 2026"))) == {
        "approved_on": "2026-07"
    }
    twice = conflicting(table(("Date approved", "May 2026")), margins=("Approved: July 2026",))
    assert (twice.approved_on, set(twice.conflicts)) == (None, {"approved_on"})


def test_a_stamp_of_withdrawal_is_later_than_the_cover() -> None:
    metadata = conflicting(table(("Status", "Approved")), margins=("SUPERSEDED",))
    assert (metadata.status, metadata.conflicts) == ("superseded", {})


@given(st.text(max_size=80))
def test_no_words_are_too_odd_to_be_read(words: str) -> None:
    sections = [lines(words, f"Review date: {words}"), table(("Version", words), (words, words))]
    metadata = read_metadata("a.docx", cover=Cover(titles=(words,), margins=(words,)), sections=sections)
    assert all(
        first_day(getattr(metadata, name)) for name in metadata.origins if name.endswith(("_on", "_due", "_from"))
    )


# ── a line that was made to stop the reader ──────────────────────────────────────────────────────────────────────────

PIECES = ["1", " ", "1 ", "-", ".", "_", "(", "1.", "v1.", "a ", "Review ", "version 1 ", "approved by ", "1 May ", "|",
          ": ", "Autumn 2026 ", "this policy ", "[", "–", "\t", "2026-", "every ", "A"]  # fmt: skip


@pytest.mark.parametrize("size", [300, 1_000_000])
def test_no_line_takes_long_to_read(size: int) -> None:
    began = time.perf_counter()
    for piece in PIECES:
        line = (piece * size)[:size]
        section = Section(
            (line,), (Block("paragraph", line, PAGE), Block("table_row", line, PAGE, (line, line)),
                      Block("table_row", line, PAGE, ("Review date", line)), Block("paragraph", "Owner:", PAGE),
                      Block("paragraph", line, PAGE))
        )  # fmt: skip
        cover = Cover(titles=(line, "Behaviour " + line), margins=(line, "Version 1 " + line))
        read_metadata("a.docx", cover=cover, sections=[section], front_matter={"title": line, "review due": line})
    took_seconds = time.perf_counter() - began
    assert took_seconds < (2 if size == 300 else 20), f"{took_seconds:.1f} s for {len(PIECES)} documents"


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
        (
            "review_due = 'every autumn'",
            "its sidecar's review_due cannot be read: 'every autumn'; write a date as 2026-09-01, 2026-09 or 2026, "
            "or a term as autumn 2026",
        ),
        ("conflicts = 'none'", "its sidecar has the unknown key 'conflicts'"),
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
