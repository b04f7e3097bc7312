from __future__ import annotations

from bot.batch import Search, read_questions, read_searches
from bot.model import Asker, Failed, Question, Reply, Turn
from ingestion.model import Slug


def test_a_line_becomes_a_question_with_its_history_school_and_roles() -> None:
    line = (
        '{"id": 7, "question": "and paid?", "school": "kestrel", "roles": ["ect"],'
        ' "history": [{"role": "user", "text": "a day for moving house?"}]}'
    )
    assert list(read_questions([line, "\n"])) == [
        Question("and paid?", Asker(Slug("kestrel"), ("ect",)), (Turn("user", "a day for moving house?"),), "7")
    ]


def test_a_line_that_cannot_be_used_fails_by_number_and_the_rest_go_on() -> None:
    first, second, third = read_questions(["{", '{"question": "ok"}', '{"question": "x", "history": "y"}'])
    assert isinstance(first, Reply)
    assert isinstance(first.answer, Failed)
    assert first.answer.sentence == "Line 1: not JSON."
    assert isinstance(second, Question)
    assert isinstance(third, Reply)
    assert isinstance(third.answer, Failed)
    assert "`history` is a list" in third.answer.sentence


def test_a_line_that_states_no_roles_is_asked_with_those_given_for_all() -> None:
    stated, unstated = '{"question": "x", "query": "x", "roles": ["ect"]}', '{"question": "x", "query": "x"}'
    questions = list(read_questions([stated, unstated], roles=("leaders",)))
    assert [one.asker.roles for one in questions if isinstance(one, Question)] == [("ect",), ("leaders",)]
    searches = list(read_searches([stated, unstated, '{"query": "x", "roles": "ect"}'], roles=("leaders",)))
    assert [one.roles for one in searches[:2]] == [("ect",), ("leaders",)]
    assert searches[2].problem == "Line 3: `roles` is a list of texts."


def test_searches_are_read_in_order() -> None:
    lines = ['{"id": "a", "query": "phones", "school": "kestrel"}', "nonsense"]
    assert list(read_searches(lines)) == [
        Search("a", "phones", Slug("kestrel")),
        Search(None, "", None, problem="Line 2: not JSON."),
    ]
