"""Claims about which edition of a document is in force."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ingestion.editions import Edition, Standing, decide_editions
from ingestion.model import Metadata, School, Slug, Status

TODAY = date(2026, 11, 21)
IN_FORCE, SUPERSEDED = Standing("in_force"), Standing("superseded")


def edition(path: str, title: str = "Lone working policy", school: School = None, **stated: Any) -> Edition:
    metadata = Metadata(title=title, **stated)
    return Edition(path, school, title, metadata)


def standings(*editions: Edition, today: date = TODAY) -> list[Standing]:
    decided = decide_editions(editions, today=today)
    return [decided[one.path] for one in editions]


# ── what an edition says of itself ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stated", "effective_from", "expected"),
    [
        (None, None, "in_force"),
        ("in_force", None, "in_force"),
        ("superseded", None, "superseded"),
        ("draft", None, "draft"),
        ("withdrawn", None, "withdrawn"),
        ("waiting", None, "waiting"),
        ("waiting", "2026-09-01", "in_force"),
        (None, "2026-11-20", "in_force"),
        (None, "2026-11-21", "in_force"),
        (None, "2026-11-22", "waiting"),
        ("in_force", "2027-01-01", "waiting"),
        ("superseded", "2027-01-01", "superseded"),
        ("draft", "2020-01-01", "draft"),
        (None, "2026-11", "in_force"),
        (None, "2026-12", "waiting"),
        (None, "2027", "waiting"),
        (None, "2026", "in_force"),
        (None, "next spring", "in_force"),
        (None, "2026-02-31", "in_force"),
    ],
)
def test_what_an_edition_says_of_itself_decides(
    stated: Status | None, effective_from: str | None, expected: Status
) -> None:
    metadata = Metadata(status=stated, effective_from=effective_from)
    assert standings(Edition("a.md", None, "A", metadata)) == [Standing(expected)]


def test_a_waiting_edition_comes_into_force_on_its_day_and_its_predecessor_goes() -> None:
    old = edition("old.md", version="2")
    new = edition("new.md", version="3", effective_from="2026-12-01")
    assert standings(old, new, today=date(2026, 11, 30)) == [IN_FORCE, Standing("waiting")]
    assert standings(old, new, today=date(2026, 12, 1)) == [SUPERSEDED, IN_FORCE]


# ── what another edition says of it ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "supersedes",
    [
        "archive/working-alone.md",
        "working-alone.md",
        "Working alone policy v2.4",
        "working alone policy, version 2.4",
        "Working Alone Policy (2.4)",
        "Working alone policy",
    ],
)
def test_an_edition_named_as_superseded_is(supersedes: str) -> None:
    old = edition("archive/working-alone.md", "Working alone policy", version="2.4")
    new = edition("lone-working.md", "Lone working policy", version="1.0", supersedes=supersedes)
    assert standings(old, new) == [SUPERSEDED, IN_FORCE]


@pytest.mark.parametrize("supersedes", ["Working alone policy v2.3", "Working policy v2.4", "alone.md", "2.4", "none"])
def test_an_edition_that_is_not_named_stays(supersedes: str) -> None:
    old = edition("archive/working-alone.md", "Working alone policy", version="2.4")
    new = edition("lone-working.md", "Lone working policy", supersedes=supersedes)
    assert standings(old, new) == [IN_FORCE, IN_FORCE]


def test_a_bare_version_names_the_edition_of_the_same_title() -> None:
    old = edition("a.md", version="2.4", effective_from="2026-01-01")
    new = edition("b.md", supersedes="v2.4")
    assert standings(old, new) == [SUPERSEDED, IN_FORCE]


@pytest.mark.parametrize("status", ["draft", "waiting"])
def test_an_edition_that_is_not_yet_in_force_supersedes_nothing(status: Status) -> None:
    old = edition("a.md", version="2")
    new = edition("b.md", version="3", supersedes="a.md", status=status)
    assert standings(old, new) == [IN_FORCE, Standing(status)]


@pytest.mark.parametrize("status", ["superseded", "withdrawn"])
def test_what_a_former_edition_superseded_does_not_come_back(status: Status) -> None:
    old = edition("a.md", "Working alone policy")
    former = edition("b.md", supersedes="a.md", status=status)
    assert standings(old, former) == [SUPERSEDED, Standing(status)]


def test_two_editions_that_name_each_other_are_told_apart_by_what_else_they_say() -> None:
    a = edition("a.md", version="2", supersedes="b.md")
    b = edition("b.md", version="3", supersedes="a.md")
    assert standings(a, b) == [SUPERSEDED, IN_FORCE]


def test_a_circle_of_three_takes_nothing_out_of_force() -> None:
    circle = [
        edition("a.md", "A", supersedes="b.md"),
        edition("b.md", "B", supersedes="c.md"),
        edition("c.md", "C", supersedes="a.md"),
    ]
    assert standings(*circle) == [IN_FORCE, IN_FORCE, IN_FORCE]


def test_an_edition_that_names_itself_stays() -> None:
    assert standings(edition("a.md", supersedes="a.md")) == [IN_FORCE]


# ── schools ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_school_never_supersedes_another_schools_or_the_trusts_document() -> None:
    trust = edition("trust/behaviour.md", "Behaviour policy", version="1")
    other = edition("schools/b/behaviour.md", "Behaviour policy", school=Slug("b"), version="1")
    ours = edition(
        "schools/a/behaviour.md", "Behaviour policy", school=Slug("a"), version="9", supersedes="trust/behaviour.md"
    )
    assert standings(trust, other, ours) == [IN_FORCE, IN_FORCE, IN_FORCE]
    by_title = replace(ours, metadata=replace(ours.metadata, supersedes="Behaviour policy v1"))
    assert standings(trust, other, by_title) == [IN_FORCE, IN_FORCE, IN_FORCE]


@pytest.mark.parametrize("supersedes", ["schools/a/phones.md", "phones.md", "Phones", "Phones v1"])
def test_the_trust_never_supersedes_a_schools_document(supersedes: str) -> None:
    school = edition("schools/a/phones.md", "Phones", school=Slug("a"), version="1")
    trust = edition("trust/phones-at-work.md", "Phones at work", supersedes=supersedes)
    assert standings(school, trust) == [IN_FORCE, IN_FORCE]


# ── namesakes ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"version": "2.4"}, {"version": "3.1"}),
        ({"version": "2.9"}, {"version": "2.10"}),
        ({"version": "v2"}, {"version": "Version 3 final"}),
        ({"effective_from": "2024-09-01"}, {"effective_from": "2026-09-01"}),
        ({"effective_from": "2024-09-01"}, {"effective_from": "2025"}),
        ({"version": "3", "effective_from": "2024"}, {"version": "3.0", "effective_from": "2026"}),
        ({"approved_on": "2024-07-01"}, {"approved_on": "2026-07"}),
        ({"review_due": "2025-07-01"}, {"review_due": "2027-07-01"}),
        ({"effective_from": "2025-09-01", "approved_on": "2025-08-01"}, {"approved_on": "2026-08-01"}),
    ],
)
def test_of_namesakes_the_one_with_the_later_version_or_date_is_in_force(
    older: dict[str, Any], newer: dict[str, Any]
) -> None:
    assert standings(edition("a.md", **older), edition("b.md", **newer)) == [SUPERSEDED, IN_FORCE]
    assert standings(edition("b.md", **older), edition("a.md", **newer)) == [SUPERSEDED, IN_FORCE]


@pytest.mark.parametrize(
    "title", ["Lone Working Policy", "Lone-working policy (v2.4)", "Lone working policy version 3"]
)
def test_titles_that_differ_in_case_punctuation_and_version_are_one_title(title: str) -> None:
    old, new = edition("a.md", title, version="2.4"), edition("b.md", version="3")
    assert standings(old, new) == [SUPERSEDED, IN_FORCE]


def test_titles_of_two_years_are_two_titles() -> None:
    editions = [edition(f"{year}.md", f"INSET calendar {year}", effective_from=year) for year in ("2025", "2026")]
    assert standings(*editions) == [IN_FORCE, IN_FORCE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"kind": "policy"}, {}),
        ({"version": "2"}, {}),
        ({}, {"review_due": "2027"}),
        ({"version": "2"}, {"effective_from": "2026-09-01"}),
        ({"kind": "behaviour"}, {"owner": "HR"}),
    ],
)
def test_namesakes_that_nothing_tells_apart_stay_in_force_with_a_doubt(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = standings(edition("a.md", **one), edition("b.md", **other))
    assert first == Standing(
        "in_force",
        "“Lone working policy” also stands in b.md, and no version or date tells which of them is in force.",
    )
    assert second.status == "in_force"
    assert "also stands in a.md" in (second.doubt or "")


@pytest.mark.parametrize("stated", [{}, {"kind": "cpd"}, {"owner": "HR"}])
def test_namesakes_that_are_no_editions_of_anything_are_in_force_without_a_doubt(stated: dict[str, Any]) -> None:
    files = [edition(f"week-{n}/instructions.md", "Instructions", **stated) for n in range(3)]
    assert standings(*files) == [IN_FORCE, IN_FORCE, IN_FORCE]


def test_a_doubt_names_three_rivals_and_counts_the_rest() -> None:
    first, *_ = standings(*(edition(f"{n}.md", kind="policy") for n in range(6)))
    assert "also stands in 1.md, 2.md, 3.md and 2 more, and no" in (first.doubt or "")


@pytest.mark.parametrize("stated", [{"version": "2.0"}, {"effective_from": "2026-09-01"}, {"approved_on": "2026-07"}])
def test_one_edition_in_two_files_is_in_force_without_a_doubt(stated: dict[str, Any]) -> None:
    assert standings(edition("a.docx", **stated), edition("a.pdf", **stated)) == [IN_FORCE, IN_FORCE]


def test_of_three_namesakes_only_the_latest_stays_and_drafts_do_not_count() -> None:
    editions = [
        edition("a.md", version="1"),
        edition("b.md", version="2"),
        edition("c.md", version="3"),
        edition("d.md", version="4", status="draft"),
    ]
    assert standings(*editions) == [SUPERSEDED, SUPERSEDED, IN_FORCE, Standing("draft")]


CIRCLE = {  # a is later than b by version, b than c by its date of effect, c than a by its approval
    "a.md": {"version": "2", "approved_on": "2024-01-01"},
    "b.md": {"version": "1", "effective_from": "2026-01-01"},
    "c.md": {"effective_from": "2025-01-01", "approved_on": "2025-01-01"},
}


def test_of_namesakes_each_of_which_is_earlier_than_another_all_stay_with_a_doubt() -> None:
    assert standings(*(edition(path, **stated) for path, stated in CIRCLE.items())) == [
        Standing(
            "in_force",
            f"“Lone working policy” also stands in {others}, "
            "and what their versions and dates say of which is in force contradicts itself.",
        )
        for others in ("b.md, c.md", "a.md, c.md", "a.md, b.md")
    ]


def test_a_namesake_that_nothing_places_takes_no_circle_out_of_force() -> None:
    decided = standings(*(edition(path, **stated) for path, stated in CIRCLE.items()), edition("d.md"))
    assert [standing.status for standing in decided] == ["in_force"] * 4
    assert all(standing.doubt for standing in decided)


def test_an_edition_later_than_one_of_a_circle_ends_it() -> None:
    newest = edition("d.md", version="3")
    assert standings(*(edition(path, **stated) for path, stated in CIRCLE.items()), newest) == [
        SUPERSEDED,
        SUPERSEDED,
        SUPERSEDED,
        IN_FORCE,
    ]
