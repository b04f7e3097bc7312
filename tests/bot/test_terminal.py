"""An answer on a terminal while a chat model writes it."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from bot.model import Answered, AnswerSentence, Citation
from bot.terminal import LiveAnswer

CITATION = Citation(1, "Leave policy", "trust/leave.md", None, "", ("Funerals",), "page 2", "Five days are paid.")
FIRST, SECOND = AnswerSentence("You get five days.", (1,)), AnswerSentence("They are paid.", (1,))


def terminal() -> tuple[LiveAnswer, StringIO]:
    written = StringIO()
    return LiveAnswer(Console(file=written, force_terminal=True, color_system=None, width=100)), written


def test_sentences_stand_there_as_they_come_and_their_sources_beneath_them_once() -> None:
    live, written = terminal()
    assert live.on_sentence is not None
    live.on_sentence(FIRST)
    assert written.getvalue() == "You get five days. [1] "
    live.on_sentence(SECOND)
    live.finish(Answered((CITATION,), (FIRST, SECOND), made_by="x"))
    text = written.getvalue()
    assert text.count("You get five days.") == text.count("They are paid.") == 1
    assert text.index("They are paid. [1]") < text.index("Leave policy")


def test_when_the_model_stopped_halfway_the_documents_own_words_follow() -> None:
    live, written = terminal()
    assert live.on_sentence is not None
    live.on_sentence(FIRST)
    live.finish(Answered((CITATION,)))
    assert "The model stopped there. In the documents’ own words:" in written.getvalue()
    assert "Five days are paid." in written.getvalue()


def test_where_the_output_is_piped_nothing_is_said_before_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    live = LiveAnswer(Console(file=StringIO()))
    assert live.on_sentence is None
    live.finish(Answered((CITATION,), (FIRST,), made_by="x"))
    assert capsys.readouterr().out.startswith("You get five days. [1]")
