from __future__ import annotations

import pytest

from bot.answering.redirects import Redirection, Redirects
from bot.answering.redirects.ordinary import asks_in_general, is_bare
from tests.bot.test_redirects import FakeReader


@pytest.mark.parametrize(
    "text",
    [
        "what do i do if a kid has their phone out",
        "a child has nits",
        "who is the headteacher",
        "what should i do if a child discloses abuse",
        "what about boys?",
    ],
)
def test_a_short_question_in_general_needs_a_surer_reader(text: str) -> None:
    assert asks_in_general(text)
    assert Redirects(FakeReader({text: {"child": 4.5, "question": 4.0}})).of(text) is None
    assert Redirects(FakeReader({text: {"child": 6.0}})).of(text) == Redirection("safeguarding", "child")


@pytest.mark.parametrize(
    "text",
    [
        "she flinches when i come near",
        "what do i do, he has bruises again",
        "kid with a knife by the toilets",
        "girl said her uncle hurts her at lunch",
    ],
)
def test_what_happened_is_not_put_in_general(text: str) -> None:
    assert not asks_in_general(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("start time", "personal_data"),
        ("who is on call", "personal_data"),
        ("learn that for standard 5", "out_of_scope"),
        ("list the acceptable gifts", "out_of_scope"),
    ],
)
def test_a_few_words_without_any_of_such_a_request_are_looked_up(text: str, kind: str) -> None:
    assert is_bare(text, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("is Mr Jones off", "personal_data"),
        ("reset my password", "personal_data"),
        ("write my reports", "out_of_scope"),
    ],
)
def test_a_request_with_its_words_is_not_bare(text: str, kind: str) -> None:
    assert not is_bare(text, kind)


def test_a_corpus_without_schools_turns_away_only_what_asks_plainly_for_records() -> None:
    redirects = Redirects(FakeReader({"rosario": {"pupil_record": 5.5, "question": 4.0}}))
    text = "who played his rosario on the show, and is she still alive"
    assert redirects.of(text) == Redirection("personal_data", "pupil_record")
    assert redirects.of(text, in_trust=False) is None
