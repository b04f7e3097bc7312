"""Claims about which edition of a document is in force."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.dates import first_day, is_within
from ingestion.editions import Edition, Standing, decide_editions, edition_before
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
        (None, "2026-23", "in_force"),
        (None, "2027-21", "waiting"),
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


def test_of_a_circle_of_three_one_is_searched_with_a_doubt() -> None:
    circle = [
        edition("a.md", "A", supersedes="b.md"),
        edition("b.md", "B", supersedes="c.md", approved_on="2026-07-09"),
        edition("c.md", "C", supersedes="a.md"),
    ]
    assert standings(*circle) == [
        Standing(
            "superseded",
            "“A” and b.md name each other as superseded, and no version or date tells which of them is in force: "
            "that one is searched, as the last approved.",
        ),
        Standing(
            "in_force",
            "“B” and a.md, c.md name each other as superseded, and no version or date tells which of them is in force: "
            "this one is searched, as the last approved.",
        ),
        Standing(
            "superseded",
            "“C” and b.md name each other as superseded, and no version or date tells which of them is in force: "
            "that one is searched, as the last approved.",
        ),
    ]


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


def test_calendars_of_two_years_are_two_documents() -> None:
    editions = [edition(f"{year}.md", f"INSET calendar {year}", effective_from=year) for year in ("2025", "2026")]
    assert standings(*editions) == [IN_FORCE, IN_FORCE]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("Behaviour policy 2025–26", "Behaviour policy 2026–27"),
        ("Behaviour policy (2025/26)", "Behaviour Policy 2026"),
        ("Behaviour policy, September 2025", "Behaviour policy (updated September 2026)"),
        ("Behaviour policy 2024 FINAL", "Behaviour policy academic year 2025-2026"),
    ],
)
def test_a_policys_title_may_name_the_year_of_its_edition(older: str, newer: str) -> None:
    old, new = edition("a.md", older, kind="behaviour"), edition("b.md", newer, kind="behaviour")
    assert standings(old, new) == [SUPERSEDED, IN_FORCE]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Behaviour policy", "Behaviour policy for trips"),
        ("Policy on behaviour", "Behaviour policy"),
        ("Admissions policy 2026–27", "Admissions policy 2027–28"),
        ("Charging policy", "Remissions policy"),
        ("Covid-19 policy", "Covid-20 policy"),
    ],
)
def test_titles_that_are_not_plainly_one_are_two(one: str, other: str) -> None:
    assert standings(edition("a.md", one, kind="policy"), edition("b.md", other, kind="policy")) == [IN_FORCE, IN_FORCE]


def test_an_edition_for_a_year_that_has_not_begun_waits_where_there_is_another() -> None:
    this_year, next_year = (
        edition(f"{year}.md", f"Behaviour policy {year}", kind="behaviour", approved_on=approved)
        for year, approved in (("2026-27", "2026-07-09"), ("2027-28", "2026-11-02"))
    )
    assert standings(this_year, next_year) == [
        IN_FORCE,
        Standing(
            "waiting",
            "“Behaviour policy 2027-28” waits: its title names a year that has not begun, and it does not say from "
            "when it holds.",
        ),
    ]
    assert standings(this_year, next_year, today=date(2027, 9, 1)) == [SUPERSEDED, IN_FORCE]
    assert standings(next_year) == [IN_FORCE]


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ({}, {"approved_on": "2026-07-09"}, "as the last approved"),
        ({"version": "2"}, {"review_due": "2027"}, "as the one whose review falls due last"),
        ({"version": "2"}, {"effective_from": "2026-23"}, "as the last to take effect"),
        ({"version": "2"}, {"created_on": "2025"}, "as the last created"),
        ({}, {"version": "2"}, "as the one with the highest version"),
    ],
)
def test_of_namesakes_that_nothing_tells_apart_the_latest_approved_is_searched_with_a_doubt(
    one: dict[str, Any], other: dict[str, Any], because: str
) -> None:
    first, second = standings(edition("a.md", kind="policy", **one), edition("b.md", kind="policy", **other))
    assert first == Standing(
        "superseded",
        "“Lone working policy” also stands in b.md, and no version or date tells which of them is in force: "
        f"that one is searched, {because}.",
    )
    assert second == Standing(
        "in_force",
        "“Lone working policy” also stands in a.md, and no version or date tells which of them is in force: "
        f"this one is searched, {because}.",
    )


@pytest.mark.parametrize(
    ("one", "other", "because"),
    [
        ("leave-v2.docx", "leave_V10.docx", "as its file name has the highest version"),
        ("behaviour-2026.docx", "behaviour-2025-reviewed-2027.docx", "as its file name has the latest year"),
        ("b.docx", "a.docx", "for no better reason than that its path comes first"),
    ],
)
def test_a_files_name_is_the_last_to_tell(one: str, other: str, because: str) -> None:
    first, second = standings(edition(one, kind="policy"), edition(other, kind="policy"))
    assert (first.status, second.status) == ("superseded", "in_force")
    assert f"this one is searched, {because}." in (second.doubt or "")
    assert f"that one is searched, {because}." in (first.doubt or "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"version": "4.2", "effective_from": "2024-09-01"}, {"version": "1.0", "effective_from": "2026-09-01"}),
        (
            {"approved_on": "2025-12", "effective_from": "2025-09"},
            {"approved_on": "2026-01", "effective_from": "2025-01"},
        ),
    ],
)
def test_versions_and_dates_that_contradict_each_other_are_in_doubt(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = standings(edition("a.md", **one), edition("b.md", **other))
    assert (first.status, second.status) == ("superseded", "in_force")
    assert "contradicts itself: this one is searched, as the last" in (second.doubt or "")
    assert "contradicts itself: that one is searched, as the last" in (first.doubt or "")


@pytest.mark.parametrize("stated", [{"version": "2"}, {"review_due": "2027"}])
def test_a_namesake_that_is_no_policy_and_states_nothing_stays_beside_one_that_does_with_a_doubt(
    stated: dict[str, Any],
) -> None:
    decided = standings(edition("a.md", "Instructions", **stated), edition("b.md", "Instructions"))
    assert decided == [
        Standing(
            "in_force",
            f"“Instructions” also stands in {other}, and no version or date tells which of them is in force.",
        )
        for other in ("b.md", "a.md")
    ]


@pytest.mark.parametrize("stated", [{}, {"kind": "cpd"}, {"owner": "HR"}])
def test_namesakes_that_are_no_editions_of_anything_are_in_force_without_a_doubt(stated: dict[str, Any]) -> None:
    files = [edition(f"week-{n}/instructions.md", "Instructions", **stated) for n in range(3)]
    assert standings(*files) == [IN_FORCE, IN_FORCE, IN_FORCE]


def test_a_doubt_names_three_rivals_and_counts_the_rest() -> None:
    first, *others = standings(*(edition(f"{n}.md", kind="policy") for n in range(6)))
    assert "also stands in 1.md, 2.md, 3.md and 2 more, and no" in (first.doubt or "")
    assert [other.status for other in others] == ["superseded"] * 5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"version": "2.0"}, {"version": "2"}),
        ({"effective_from": "2026-09-01"}, {"effective_from": "2026-09-01"}),
        ({"approved_on": "2026-07"}, {"approved_on": "2026-07-09", "version": "2"}),
        ({"review_due": "2027-23"}, {"review_due": "2027-09"}),
    ],
)
def test_one_edition_in_two_files_is_in_force_without_a_doubt(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = edition("a.docx", kind="policy", **one), edition("b.pdf", kind="policy", **other)
    assert standings(first, second) == [IN_FORCE, IN_FORCE]


def test_a_pdf_beside_its_word_file_is_the_same_edition_even_where_it_states_nothing() -> None:
    files = edition("a.docx", kind="policy", version="2"), edition("a.pdf", kind="policy")
    assert standings(*files) == [IN_FORCE, IN_FORCE]


def test_both_files_of_an_edition_supersede_the_one_before() -> None:
    files = edition("new.docx", version="2"), edition("new.pdf", version="2"), edition("old.pdf", version="1")
    assert standings(*files) == [IN_FORCE, IN_FORCE, SUPERSEDED]


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


def test_of_namesakes_each_of_which_is_earlier_than_another_the_latest_approved_is_searched() -> None:
    decided = standings(*(edition(path, **stated) for path, stated in CIRCLE.items()))
    assert [standing.status for standing in decided] == ["superseded", "superseded", "in_force"]
    assert decided[2].doubt == (
        "“Lone working policy” also stands in a.md, b.md, and what their versions and dates say of which is in force "
        "contradicts itself: this one is searched, as the last approved."
    )


def test_a_policy_that_states_nothing_does_not_stand_beside_a_circle() -> None:
    decided = standings(*(edition(path, **stated, kind="policy") for path, stated in CIRCLE.items()),
                        edition("d.md", kind="policy"))  # fmt: skip
    assert [standing.status for standing in decided] == ["superseded", "superseded", "in_force", "superseded"]
    assert all(standing.doubt for standing in decided)


def test_an_edition_later_than_one_of_a_circle_ends_it() -> None:
    newest = edition("d.md", version="3")
    assert standings(*(edition(path, **stated) for path, stated in CIRCLE.items()), newest) == [
        SUPERSEDED,
        SUPERSEDED,
        SUPERSEDED,
        IN_FORCE,
    ]


# ── whatever is in the corpus ────────────────────────────────────────────────────────────────────────────────────────

DATES = st.none() | st.sampled_from(["2024-09-01", "2025", "2026-07", "2026-23", "2027-21"])
ANY_EDITION = st.builds(
    Metadata,
    kind=st.sampled_from(["policy", "behaviour", "values"]),
    version=st.none() | st.sampled_from(["1", "2.4", "2.10"]),
    status=st.none() | st.sampled_from(["in_force", "draft", "superseded"]),
    effective_from=DATES,
    approved_on=DATES,
    review_due=DATES,
    supersedes=st.none() | st.sampled_from(["0.md", "1.md", "v2.4", "Behaviour policy v1"]),
).filter(lambda stated: stated.status != "superseded" or stated.supersedes is None)
"""What a former edition superseded does not come back, so that none may be left: a claim of its own."""
TITLES = st.sampled_from(["Behaviour policy", "Behaviour policy 2025-26", "Behaviour policy 2026-27 (final)"])


@given(st.lists(st.tuples(TITLES, ANY_EDITION), min_size=1, max_size=6))
def test_of_the_editions_of_one_policy_one_is_in_force_in_one_file_or_more(
    editions: list[tuple[str, Metadata]],
) -> None:
    corpus = [Edition(f"{n}.md", None, title, stated) for n, (title, stated) in enumerate(editions)]
    decided = decide_editions(corpus, today=TODAY)
    in_force = [one for one in corpus if decided[one.path].status == "in_force"]
    could_be = [
        one
        for one in corpus
        if one.metadata.status in (None, "in_force") and (first_day(one.metadata.effective_from) or TODAY) <= TODAY
    ]
    assert bool(in_force) == bool(could_be)
    assert _are_files_of_one_edition(in_force)


def _are_files_of_one_edition(editions: list[Edition]) -> bool:
    """Whether each agrees with another of them in something that both state, so that all hang together."""
    linked = editions[:1]
    while more := [one for one in editions if one not in linked and any(_agree(one, other) for other in linked)]:
        linked += more
    return len(linked) == len(editions)


def _agree(one: Edition, other: Edition) -> bool:
    a, b = one.metadata, other.metadata
    dates = ((a.effective_from, b.effective_from), (a.approved_on, b.approved_on), (a.review_due, b.review_due))
    are_dates_one = any(is_within(ours, theirs) or is_within(theirs, ours) for ours, theirs in dates)
    return are_dates_one or (a.version is not None and a.version == b.version)


# ── which edition one replaced ───────────────────────────────────────────────────────────────────────────────────────


def before(one: Edition, *others: Edition) -> str | None:
    """The path of the edition before, whichever way round they are told."""
    one_way, other_way = edition_before(one, [one, *others]), edition_before(one, [*reversed(others), one])
    assert one_way == other_way
    return one_way.path if one_way else None


def test_the_edition_before_is_the_last_of_the_earlier_ones_whatever_their_paths() -> None:
    v9, v10, v11 = (edition(f"leave-v{number}.md", version=str(number)) for number in (9, 10, 11))
    assert before(v11, v9, v10) == "leave-v10.md"
    assert before(v10, v9, v11) == "leave-v9.md"
    assert before(v9, v10, v11) is None


def test_the_edition_of_the_year_before_is_of_the_same_policy() -> None:
    last = edition("a.docx", "Leave policy 2024-25", kind="policy")
    this = edition("b.docx", "Leave policy 2025-26", kind="policy")
    assert before(this, last) == "a.docx"
    assert before(last, this) is None


def test_an_edition_before_under_another_title_is_the_one_it_names() -> None:
    old = edition("old.md", "Working alone policy", version="2.4")
    new = edition("new.md", version="1.0", supersedes="Working alone policy v2.4")
    assert before(new, old) == "old.md"
    assert before(old, new) is None


def test_what_an_edition_names_comes_before_what_its_version_tells() -> None:
    v9, v10 = edition("a.md", version="9"), edition("b.md", version="10")
    assert before(edition("c.md", version="11", supersedes="v9"), v9, v10) == "a.md"


def test_of_two_editions_that_name_each_other_the_later_one_came_after() -> None:
    a = edition("a.md", version="2", supersedes="b.md")
    b = edition("b.md", version="3", supersedes="a.md")
    assert (before(b, a), before(a, b)) == ("a.md", None)


def test_another_schools_edition_or_a_draft_is_none_before() -> None:
    new = edition("new.md", version="3", school=Slug("saltmarsh"))
    assert before(new, edition("a.md", version="2"), edition("b.md", version="2", school=Slug("kestrel"))) is None
    assert before(new, edition("c.md", version="2", school=Slug("saltmarsh"), status="draft")) is None


def test_a_draft_would_replace_the_last_edition_in_force() -> None:
    in_force, draft = edition("a.md", version="2"), edition("b.md", version="3", status="draft")
    assert before(draft, in_force) == "a.md"


def test_of_an_edition_in_two_files_the_one_of_the_same_format_is_before() -> None:
    old = [edition("old/leave.docx", version="2"), edition("old/leave.pdf", version="2")]
    assert before(edition("new/leave.pdf", version="3"), *old) == "old/leave.pdf"
    assert before(edition("new/leave.docx", version="3"), *old) == "old/leave.docx"


def test_the_same_edition_in_another_file_is_not_before() -> None:
    assert before(edition("leave.pdf", version="3"), edition("leave.docx", version="3")) is None


def test_where_nothing_is_stated_a_policys_file_names_tell_what_was_before() -> None:
    old, new = edition("leave-v9.md", kind="policy"), edition("leave-v10.md", kind="policy")
    assert (before(new, old), before(old, new)) == ("leave-v9.md", None)


def test_where_nothing_tells_there_is_none_before() -> None:
    a, b = edition("a.md", kind="policy"), edition("b.md", kind="policy")
    assert (before(a, b), before(b, a)) == (None, None)
    session = edition("week-1.md", "Instructions"), edition("week-2.md", "Instructions")
    assert (before(*session), before(*reversed(session))) == (None, None)
