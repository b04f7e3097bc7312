from __future__ import annotations

import pytest

from bot.answering.redirects.disclosure import case_in_plain_words, reads_as_disclosure


@pytest.mark.parametrize(
    "text",
    [
        "A pupil has just told me that her uncle touches her",
        "a girl in year 9 showed me marks on her arms and asked me to keep it secret",
        "one of my form said he wants to kill himself",
        "bit worried about a boy in my class, he is always hungry",
        "I’m concerned about one of the students, something isn't right at home",
        "there's a student with a knife on the field",
        "some y10 lads are sharing nudes of a girl",
        "a y5 girl says she is going abroad for a special ceremony",
        "one of our sixth formers keeps talking about joining extremists",
        "I saw a teaching assistant messaging a pupil on Snapchat",
        "it's about the headteacher",
        "i can't cope any more, in tears every morning",
        "there are bruises all over his back, he is in reception",
        "she is scared to go home",
        "my husband hits me",
    ],
)
def test_a_plain_disclosure_or_concern_is_noticed(text: str) -> None:
    assert reads_as_disclosure(text)


@pytest.mark.parametrize(
    "text",
    [
        "how soon must a concern be logged",
        "how long do we keep safeguarding records",
        "who is the designated safeguarding lead",
        "what does the policy say about self-harm",
        "where do I find the low-level concern form",
        "what training do I need on FGM",
        "what is the sanction for a phone at lunch",
        "can I search a bag if I smell weed",
        "how many days off for my nan's funeral",
        "which programme suits a new head of year",
        "what happens if a pupil refuses to hand over a phone",
        "when must parents be told about a use of force",
        "how do I report a concern about a colleague",
        "can i have time off to hit the shops",
    ],
)
def test_a_question_about_policy_is_not_a_disclosure(text: str) -> None:
    assert not reads_as_disclosure(text)


@pytest.mark.parametrize(
    ("text", "case"),
    [
        ("a pupil told me her dad hits her", "child"),
        ("one of my form said he wants to kill himself", "self_harm"),
        ("there's a student with a knife on the field", "weapon"),
        ("some y10 lads are sharing nudes of a girl", "image"),
        ("a y5 girl says she is going abroad for a special ceremony", "fgm"),
        ("one of our sixth formers keeps talking about joining extremists", "radicalisation"),
        ("I saw a teaching assistant messaging a pupil on Snapchat", "staff"),
        ("it's about the headteacher", "head"),
        ("i can't cope any more, in tears every morning", "own_crisis"),
        ("my husband hits me", "own_crisis"),
    ],
)
def test_plain_words_tell_the_case(text: str, case: str) -> None:
    assert case_in_plain_words(text) == case
