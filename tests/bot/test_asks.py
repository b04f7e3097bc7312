from __future__ import annotations

import pytest

from bot.answering.asks import share_given, sorts_asked


@pytest.mark.parametrize(
    ("question", "sort", "gives", "gives_not"),
    [
        ("what time do gates open", "time", "Gates open at 8.30.", "Gates are opened by site staff."),
        ("when does the SENCO one close", "date", "Applications close on 15 January.", "Apply through the hub."),
        ("how long is a C3", "duration", "60 minutes, the next day", "Given by the tutor"),
        ("how many C2s before removal", "count", "Two of them in one lesson", "They are logged"),
        ("is it paid", "money", "Up to 5 days, unpaid", "Up to 5 days"),
        ("what number do i ring", "contact", "Ring 01632 960310.", "Ring the office."),
        ("who signs it off", "person", "The headteacher decides.", "It is signed at once."),
        ("where do i park", "place", "In the lower car park", "Permits cost nothing"),
        ("can i search a bag", "permission", "Only authorised staff may search.", "A search of bags"),
        ("which form is it", "form", "Use LA1.", "Ask in writing."),
        ("what happens if they refuse", "steps", "Call the on-call lead.", "Refusal is serious."),
    ],
)  # fmt: skip
def test_a_text_gives_what_a_question_asks_for(question: str, sort: str, gives: str, gives_not: str) -> None:
    assert sort in sorts_asked(question)
    assert share_given(frozenset({sort}), gives) == 1.0
    assert share_given(frozenset({sort}), gives_not) == 0.0


def test_a_question_that_asks_for_no_sort_is_given_nothing() -> None:
    assert sorts_asked("behaviour policy") == frozenset()
    assert share_given(frozenset(), "anything") == 0.0
