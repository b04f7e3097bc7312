from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.schools import SchoolsAsked, is_only_schools, schools_asked, schools_named, without_schools
from ingestion.model import SchoolRecord, Slug, Trust
from tests.building import KESTREL, SALTMARSH, TRUST

ROWAN = SchoolRecord(Slug("rowan"), "Rowan House School", aliases=("Rowan",))
THREE = Trust(schools=(SALTMARSH, KESTREL, ROWAN))
S, K, R = Slug("saltmarsh"), Slug("kestrel"), Slug("rowan")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("saltmarsch phones", (S,)),
        ("phones at kestral", (K,)),
        ("whats kestrels phone rule", (K,)),
        ("the kestrels of the field", ()),
        ("phones at Oakwood Academy", ()),
        ("who is the primary contact", ()),
        ("salt marshes in geography", ()),
    ],
)
def test_a_school_is_known_when_it_is_misspelt_and_not_where_none_is_meant(text: str, named: tuple[Slug, ...]) -> None:
    assert schools_named(text, TRUST) == named


@pytest.mark.parametrize(
    ("text", "own", "asked"),
    [
        ("phone rules at all schools", K, SchoolsAsked((S, K, R), to_compare=True)),
        ("does each school do detentions", None, SchoolsAsked((S, K, R), to_compare=True)),
        ("compare saltmarsh and rowan on phones", K, SchoolsAsked((S, R), to_compare=True)),
        ("is rowan's phone rule the same as ours", K, SchoolsAsked((R, K), to_compare=True)),
        ("what do the other schools do", K, SchoolsAsked((S, R), to_compare=True)),
        ("what about at the other school", K, SchoolsAsked(asks_which=True)),
        ("and at ours?", K, SchoolsAsked((K,))),
        ("phones at lunch", K, None),
        ("a lad came from one of our other schools, do his detentions count", K, None),
    ],
)
def test_the_schools_that_a_question_is_about(text: str, own: Slug | None, asked: SchoolsAsked | None) -> None:
    assert schools_asked(text, THREE, own=own) == asked


def test_the_other_school_of_two_is_the_one_not_spoken_of() -> None:
    assert schools_asked("and at the other school?", TRUST, own=K) == SchoolsAsked((S,))
    assert schools_asked("and at the other school?", TRUST, own=K, spoken_of=(S,)) == SchoolsAsked((K,))


def test_the_other_school_of_many_is_the_one_spoken_of_before() -> None:
    assert schools_asked("and at the other school?", THREE, own=None, spoken_of=(R, S)) == SchoolsAsked((S,))
    assert schools_asked("and at the other school?", THREE, own=K, spoken_of=(R,)) == SchoolsAsked((K,))


def test_both_schools_are_those_spoken_of() -> None:
    assert schools_asked("at both schools?", THREE, own=K, spoken_of=(R,)) == SchoolsAsked((R, K), to_compare=True)
    assert schools_asked("at both schools?", TRUST, own=None) == SchoolsAsked((S, K), to_compare=True)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("what are the secondary steps after a warning", ()),
        ("phones in the secondary phase", ()),
        ("who leads the secondary department", ()),
        ("the primary stage of the process", ()),
        ("phones at the secondary", (K,)),
        ("the secondary's phone rule", (K,)),
        ("what are kestrel's aims", (K,)),
        ("saltmarsh concerns policy", (S,)),
        ("kestrel department heads", (K,)),
    ],
)
def test_a_word_that_is_a_school_only_by_itself_names_none_before_another(text: str, named: tuple[Slug, ...]) -> None:
    secondary = replace(KESTREL, aliases=(*KESTREL.aliases, "the secondary"))
    assert schools_named(text, Trust(schools=(SALTMARSH, secondary))) == named


def test_a_trust_of_one_school_has_no_other() -> None:
    assert schools_asked("at all schools", Trust(schools=(KESTREL,)), own=K) is None


def test_what_says_which_school_is_not_searched_for() -> None:
    assert without_schools("compare saltmarsh and kestrel on phones", TRUST) == "phones"
    assert without_schools("phone rule at all schools", TRUST) == "phone rule"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Kestrel", True), ("and at the other school?", True), ("kestrel phones", False), ("it", False)],
)
def test_a_reply_that_names_a_school_alone_is_known(text: str, expected: bool) -> None:
    assert is_only_schools(text, TRUST) is expected
