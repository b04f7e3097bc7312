from __future__ import annotations

import pytest

from bot.answering.interpret import clean_question, interpret
from bot.answering.redirects import Redirects
from bot.answering.schools import schools_named
from bot.model import (
    Asker,
    Clarification,
    Interpretation,
    LookUp,
    ProgrammeQuestion,
    Question,
    Redirect,
    StatementLookUp,
    Turn,
)
from ingestion.model import Slug, Trust
from tests.building import SALTMARSH, TRUST


def understood(text: str, *, school: str | None = None, history: tuple[Turn, ...] = ()) -> Interpretation:
    asker = Asker(Slug(school) if school else None)
    return interpret(Question(text, asker, history), trust=TRUST, redirects=Redirects())


def looked_up(text: str, *, school: str | None = None, history: tuple[Turn, ...] = ()) -> LookUp:
    interpretation = understood(text, school=school, history=history)
    assert isinstance(interpretation, LookUp)
    return interpretation


def test_a_school_is_known_by_its_name_or_an_alias() -> None:
    assert schools_named("phones at Saltmarsh Primary School", TRUST) == ("saltmarsh",)
    assert schools_named("what is kestrel's phone rule", TRUST) == ("kestrel",)
    assert schools_named("detentions at the primary", TRUST) == ("saltmarsh",)


def test_a_part_of_another_school_is_not_the_primary() -> None:
    assert schools_named("in the primary phase, who keeps the phone", TRUST) == ()


def test_the_words_looked_up_are_without_the_school_since_the_filter_says_it() -> None:
    assert looked_up("phones at the primary").query == "phones"
    assert looked_up("Kestrel?").query == "Kestrel?"


def test_schools_are_named_in_the_order_they_are_spoken() -> None:
    assert schools_named("compare Kestrel Heath and the primary", TRUST) == ("kestrel", "saltmarsh")


def test_a_school_inside_a_longer_word_is_not_named() -> None:
    assert schools_named("the kestrels of the field", TRUST) == ()


def test_the_school_in_the_question_stands_above_the_askers() -> None:
    assert looked_up("phone sanction at Kestrel", school="saltmarsh").schools == ("kestrel",)


def test_the_askers_school_is_used_when_none_is_named() -> None:
    assert looked_up("phone sanction", school="saltmarsh").schools == ("saltmarsh",)


def test_no_school_is_made_up() -> None:
    assert looked_up("phone sanction").schools == ()


def test_a_trust_of_one_school_needs_no_asking() -> None:
    trust = Trust(schools=(SALTMARSH,))
    interpretation = interpret(Question("phone sanction"), trust=trust, redirects=Redirects())
    assert isinstance(interpretation, LookUp)
    assert interpretation.schools == ("saltmarsh",)


def test_a_follow_up_takes_up_the_question_and_the_school_before_it() -> None:
    history = (Turn("user", "sanction for a phone at Kestrel?"), Turn("assistant", "C2."))
    lookup = looked_up("and if they refuse?", school="saltmarsh", history=history)
    assert lookup.query == "sanction for a phone ? and if they refuse?"
    assert lookup.schools == ("kestrel",)


def test_the_school_of_a_conversation_is_kept_over_several_follow_ups() -> None:
    history = (Turn("user", "phones at Saltmarsh?"), Turn("user", "and for lateness?"))
    assert looked_up("and how long is a detention?", school="kestrel", history=history).schools == ("saltmarsh",)


def test_a_follow_up_to_a_disclosure_is_one() -> None:
    history = (Turn("user", "a pupil told me her dad hits her"),)
    assert understood("what should I do now then?", school="kestrel", history=history) == Redirect(
        "safeguarding", Slug("kestrel"), "child"
    )


def test_a_disclosure_at_the_end_of_a_long_message_is_noticed() -> None:
    text = "so much has happened today " * 100 + "and a pupil told me her dad hits her"
    assert isinstance(understood(text), Redirect)


def test_a_question_that_stands_alone_leaves_the_one_before_it() -> None:
    history = (Turn("user", "sanction for a phone at Kestrel?"),)
    assert looked_up("how many days bereavement leave for a grandparent", history=history).query == (
        "how many days bereavement leave for a grandparent"
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("what does 4.6 say", "4.6"),
        ("what does ECF 4.6 say", "4.6"),
        ("SECF 7.2", "7.2"),
        ("4.6?", "4.6"),
        ("what is statement 4a about", "4a"),
    ],
)
def test_a_framework_code_is_looked_up_as_a_statement(text: str, code: str) -> None:
    interpretation = understood(text)
    assert isinstance(interpretation, StatementLookUp)
    assert interpretation.codes == (code,)


@pytest.mark.parametrize(
    "text", ["is version 3.1 the current policy", "do we finish at 3.15", "the fine is £2.50 a day"]
)
def test_other_numbers_are_not_framework_codes(text: str) -> None:
    assert not isinstance(understood(text), StatementLookUp)


def test_a_question_about_programmes_is_told_from_prose() -> None:
    assert isinstance(understood("NPQLBC or NPQSL for a head of year?"), ProgrammeQuestion)


@pytest.mark.parametrize("text", ["help", "Hello!", "what can you do?"])
def test_a_greeting_is_answered_with_what_it_can_do(text: str) -> None:
    assert understood(text, school="kestrel") == Redirect("help", Slug("kestrel"))


@pytest.mark.parametrize("text", ["", "   ", "?!", "<@U123>"])
def test_nothing_asked_is_said(text: str) -> None:
    assert isinstance(understood(text), Clarification)


def test_a_disclosure_leaves_before_anything_else_with_the_right_school() -> None:
    text = "a child at the primary told me her stepdad hits her"
    assert understood(text, school="kestrel") == Redirect("safeguarding", Slug("saltmarsh"), "child")


def test_slack_markup_is_cleaned_off() -> None:
    assert clean_question("<@U1> see <https://a.example/b|the policy> :wave: now") == "see the policy now"
