"""Claims about who may read a document, by what it states of its audience."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.audience import ALSO_READ, CLOSED, EVERYONE, ROLES, may_read, readers_of, role_named, roles_read_by
from ingestion.model import Metadata


def stated(*audience: str, where: str = "sidecar") -> Metadata:
    return Metadata(audience=audience, origins={"audience": where})


@pytest.mark.parametrize(
    "audience",
    [
        (),
        ("all",),
        ("All staff",),
        ("staff",),
        ("Staff only",),
        ("Everyone",),
        ("All employees of the trust",),
        ("Applies to all employees",),
        ("whole school",),
        ("The whole school community",),
        ("trust",),
        ("Parents/carers",),
        ("Pupils", "families"),
        ("Parents", "carers", "members of the public and all staff"),
        ("All staff", "governors", "volunteers"),
        ("All staff, governors and volunteers",),
        ("Teachers and support staff",),
        ("All teachers", "coaches", "middle and senior leaders"),
        ("All staff who plan", "lead or help on visits", "headteachers"),
        ("All teachers and support staff", "except early career teachers in induction"),
        ("Senior leaders", "all staff"),
    ],
)
def test_what_is_for_everybody_is_open_to_somebody_without_a_role(audience: tuple[str, ...]) -> None:
    assert readers_of(stated(*audience)) == EVERYONE
    assert may_read(stated(*audience), ())


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (("leaders",), {"leader"}),
        (("SLT",), {"leader"}),
        (("All senior leaders",), {"leader"}),
        (("Leaders (all)",), {"leader"}),
        (("Senior leaders and above",), {"leader"}),
        (("Members of the SLT",), {"leader"}),
        (("For SLT eyes only",), {"leader"}),
        (("Confidential: HR",), {"human resources"}),
        (("Staff on the leadership team",), {"leader"}),
        (("Headteachers in all five schools",), {"headteacher"}),
        (("Heads, and the board of trustees",), {"headteacher", "trustee"}),
        (("Middle and senior leaders",), {"middle leader", "leader"}),
        (("ECTs", "their mentors"), {"ect", "mentor"}),
        (("Mentors of early career teachers",), {"mentor"}),
        (("Teachers only",), {"teacher"}),
        (("All teachers only",), {"teacher"}),
        (("Health & safety leads",), {"health", "safety lead", "health safety lead"}),
        (("All members of the pay committee",), {"pay committee"}),
        (("Leaders", "except heads"), {"leader", "except head"}),
    ],
)
def test_a_sidecar_keeps_a_document_to_the_roles_that_it_names(audience: tuple[str, ...], readers: set[str]) -> None:
    assert readers_of(stated(*audience)) == readers
    assert readers_of(stated(*audience, where="front matter")) == readers
    assert not may_read(stated(*audience), ())


@pytest.mark.parametrize(
    "words",
    ["Pupil premium lead", "Staff governors", "All staff on the board", "Public relations manager", "not TAs"],
)
def test_words_that_only_begin_like_everybody_open_nothing(words: str) -> None:
    assert not may_read(stated(words), ())


@pytest.mark.parametrize(
    "audience",
    [
        ("Teachers", "mentors", "coaches and leaders"),
        ("Early career teachers", "mentors", "induction tutors", "headteachers"),
        ("Headteachers", "senior leaders", "heads of year", "office staff", "governors"),
        ("School business managers", "office staff", "visit leaders"),
    ],
)
def test_a_cover_sheet_that_describes_its_readers_keeps_nothing_from_anybody(audience: tuple[str, ...]) -> None:
    assert readers_of(stated(*audience, where="cover sheet")) == EVERYONE
    assert readers_of(stated(*audience)) != EVERYONE


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (("Headteachers", "senior leaders", "governors"), {"headteacher", "leader", "governor"}),
        (("Teachers", "mentors only"), {"teacher", "mentor"}),
        (
            ("Consultation with recognised unions and headteachers only",),
            {"consultation with recognised union", "headteacher"},
        ),
    ],
)
def test_a_cover_sheet_that_names_leaders_alone_or_says_only_is_meant(
    audience: tuple[str, ...], readers: set[str]
) -> None:
    assert readers_of(stated(*audience, where="cover sheet")) == readers


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Leaders", "leader"),
        ("SLT", "leader"),
        ("senior-leadership team", "leader"),
        ("heads", "headteacher"),
        ("Head-teachers", "headteacher"),
        ("the principal", "headteacher"),
        ("ECTs", "ect"),
        ("NQT", "ect"),
        ("Early Career Teacher", "ect"),
        ("TAs", "teaching assistant"),
        ("Deputy DSLs", "safeguarding lead"),
        ("DDSL", "safeguarding lead"),
        ("Head of Sixth Form", "head of sixth form"),
        ("Catering staff", "catering staff"),
        ("", ""),
        ("—", ""),
    ],
)
def test_a_role_has_one_name_however_it_is_written(words: str, name: str) -> None:
    assert role_named(words) == name


@pytest.mark.parametrize(
    ("audience", "role", "may"),
    [
        ("leaders", "headteacher", True),
        ("leaders", "Deputy Head", True),
        ("leaders", "middle leader", False),
        ("leaders", "head of sixth form", False),
        ("leaders", "teacher", False),
        ("leaders", "governor", False),
        ("headteachers", "leader", False),
        ("headteachers", "CEO", True),
        ("ECTs", "mentor", True),
        ("ECTs", "induction tutor", True),
        ("ECTs", "headteacher", True),
        ("ECTs", "teaching assistant", False),
        ("mentors", "ect", False),
        ("governors", "headteacher", False),
        ("trustees", "governor", False),
        ("HR", "headteacher", False),
        ("DSLs", "headteacher", False),
        ("DSLs", "safeguarding team", True),
        ("catering staff", "Catering Staff", True),
    ],
)
def test_who_leads_or_trains_others_reads_what_is_written_for_them(audience: str, role: str, may: bool) -> None:
    assert may_read(stated(audience), (role,)) is may


@pytest.mark.parametrize("closed", sorted(CLOSED - {"leader", "headteacher"}))
def test_no_role_reads_a_closed_groups_papers_by_way_of_another(closed: str) -> None:
    others = ROLES.keys() - {closed}
    assert {other for other in others if closed in roles_read_by([other])} == set()


def test_every_role_that_is_read_as_well_is_a_role() -> None:
    assert {*ALSO_READ, *(role for others in ALSO_READ.values() for role in others)} <= ROLES.keys()


def test_no_name_stands_for_two_roles() -> None:
    names = [name for role, others in ROLES.items() for name in (role, *others)]
    assert sorted(names) == sorted(set(names))
    assert [role for role, others in ROLES.items() for name in (role, *others) if role_named(name) != role] == []


@given(words=st.text(max_size=60), roles=st.lists(st.text(max_size=20), max_size=3))
def test_words_of_any_sort_are_read_and_keep_a_document_in_one_piece(words: str, roles: list[str]) -> None:
    readers = readers_of(stated(words))
    assert all(role == role.strip() and "|" not in role and "," not in role for role in readers)
    assert may_read(stated(words), sorted(readers))
    assert may_read(stated(words), roles) <= may_read(stated(words), [*roles, "leader"])
