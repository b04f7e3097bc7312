"""The whole line with a chat model on the wire: shown as it writes, limited, counted, done without when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from structlog.testing import capture_logs

import bot.app
from bot.answering.redirects import Redirects
from bot.app import Staffroom
from bot.metrics import Metrics
from bot.model import Answered, AnswerSentence, Question, Reply, Turn
from bot.settings import Settings
from tests.fakes import FakeEmbedder
from tests.openai_standin import OpenAIStandIn, Scripted
from tests.scenario.office import LEAVE, LEAVE_ASKED, Office

FIVE = "Staff may take five days of paid leave for the funeral of a close relative"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = Office(tmp_path_factory.mktemp("chat"))
    assert made.run("refresh").status == 0
    return made


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIStandIn]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    with OpenAIStandIn() as running:
        yield running


@pytest.fixture
def ask(office: Office, provider: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`ask(question, **settings)`: the reply, and the sentences that were shown before it."""
    monkeypatch.setattr(bot.app, "embedder_of", lambda settings: FakeEmbedder())
    monkeypatch.setattr(bot.app, "redirects_of", lambda settings: Redirects())
    opened: list[Staffroom] = []

    def asking(
        *questions: str, watched: bool = True, history: tuple[Turn, ...] = (), **settings: str
    ) -> tuple[list[Reply], list[AnswerSentence]]:
        values = {
            "STAFFROOM_DATA": str(office.data),
            "STAFFROOM_CHAT_MODEL": "openai:standin",
            "STAFFROOM_CHAT_BASE_URL": provider.base_url,
            "STAFFROOM_CHAT_RETRIES": "0",
        }
        staffroom = Staffroom(Settings(**{**values, **settings}, _env_file=None), today=lambda: date(2026, 11, 21))
        opened.append(staffroom)
        shown: list[AnswerSentence] = []
        on_sentence = shown.append if watched else None
        with capture_logs():
            return [
                staffroom.answer(Question(one, history=history), on_sentence=on_sentence) for one in questions
            ], shown

    yield asking
    for staffroom in opened:
        staffroom.close()


def sentences(reply: Reply) -> list[AnswerSentence]:
    assert isinstance(reply.answer, Answered)
    return list(reply.answer.sentences)


def test_what_was_shown_while_it_was_written_is_the_answer(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted(f"{FIVE} [1]. Everybody gets a horse [1].", tokens=(700, 30))]
    [reply], shown = ask(LEAVE_ASKED)
    assert shown == sentences(reply) == [AnswerSentence(f"{FIVE}.", (1,))]
    assert provider.requests[0]["stream"] is True
    assert reply.trace is not None
    [call] = reply.trace.model_calls
    assert (call.step, call.tokens_in, call.tokens_out, call.problem) == ("compose", 700, 30, None)
    assert [why.split(" (")[0] for why in reply.trace.dropped] == ["Everybody gets a horse."]


def test_unwatched_the_text_is_fetched_whole(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted(f"{FIVE} [1].")]
    [reply], shown = ask(LEAVE_ASKED, watched=False)
    assert (shown, len(sentences(reply))) == ([], 1)
    assert not provider.requests[0].get("stream")


def test_a_follow_up_is_written_anew_before_it_is_looked_up(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted("How many days of paid leave for moving house?"), Scripted("NOT IN THE PASSAGES")]
    [reply], _ = ask("and for moving house?", history=(Turn("user", LEAVE_ASKED), Turn("assistant", LEAVE)))
    assert [call.step for call in reply.trace.model_calls] == ["rewrite", "compose"]
    assert reply.trace.query == "How many days of paid leave for moving house?"


def test_when_the_stream_breaks_the_whole_answer_still_arrives(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted(pieces=(f"{FIVE} [1].", " One", " day"), breaks_after=2)]
    [reply], shown = ask(LEAVE_ASKED)
    assert [sentence.text for sentence in shown] == [f"{FIVE}."]
    assert isinstance(reply.answer, Answered)
    assert (reply.answer.made_by, reply.answer.sentences) == ("quotations", ())
    assert reply.answer.citations[0].quote == LEAVE


@pytest.mark.parametrize(
    "scripted",
    [
        Scripted(status=429, headers={"Retry-After": "30"}),
        Scripted(status=503),
        Scripted(FIVE, finish_reason="length"),
        Scripted("No.", refusal="I cannot help with that."),
        Scripted(""),
    ],
)
def test_whatever_goes_wrong_the_quotations_are_the_answer(
    ask: Any, provider: OpenAIStandIn, scripted: Scripted
) -> None:
    provider.script = [scripted]
    [reply], shown = ask(LEAVE_ASKED)
    assert shown == []
    assert isinstance(reply.answer, Answered)
    assert reply.answer.citations[0].quote == LEAVE


def test_a_provider_that_is_down_costs_its_time_only_a_few_times(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted(status=500)]
    replies, _ = ask(*[LEAVE_ASKED] * 5, STAFFROOM_CHAT_PAUSE_AFTER_FAILURES="2")
    assert len(provider.requests) == 2
    assert [reply.trace.model_calls[0].problem for reply in replies] == ["error", "error", *["not_asked"] * 3]


def test_an_admins_caps_are_what_is_sent(ask: Any, provider: OpenAIStandIn) -> None:
    ask(LEAVE_ASKED, STAFFROOM_CHAT_MAX_OUTPUT_TOKENS="2000", STAFFROOM_CHAT_MAX_INPUT_TOKENS="200")
    sent = provider.requests[0]
    assert 2000 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert len(sent["messages"][-1]["content"]) < 4 * 200 + 600


def test_what_it_cost_is_in_the_metrics(ask: Any, provider: OpenAIStandIn) -> None:
    provider.script = [Scripted(f"{FIVE} [1].", tokens=(700, 30))]
    [reply], _ = ask(LEAVE_ASKED)
    metrics = Metrics()
    metrics.count_reply(reply, place="page", seconds=1.0)
    assert 'staffroom_chat_tokens_total{direction="in",model="openai:standin"} 700.0' in metrics.render()[0].decode()


def test_an_unknown_provider_is_one_sentence(office: Office) -> None:
    ran = office.run("ask", LEAVE_ASKED, STAFFROOM_CHAT_MODEL="nobody:x")
    assert ran.status == 2
    assert ran.err.startswith("STAFFROOM_CHAT_MODEL=nobody:x: there is no provider 'nobody'.")
    assert len(ran.err.strip().splitlines()) == 1
