"""The chat model, on the wire, against a stand-in that speaks the OpenAI protocol on loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bot.answering.chat_model import ChatLimits, LangChainChatModel, client_options
from bot.answering.circuit import Circuit
from bot.answering.write import Written
from bot.errors import ChatModelFailed, SettingsError
from tests.openai_standin import OpenAIStandIn, Scripted


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIStandIn]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    with OpenAIStandIn() as running:
        yield running


def model_of(
    standin: OpenAIStandIn, *, timeout_seconds: float = 5.0, retries: int = 0, waits: list[float] | None = None
) -> LangChainChatModel:
    """`waits` takes the seconds between tries, which pass at once."""
    limits = ChatLimits(timeout_seconds=timeout_seconds, retries=retries)
    sleep = time.sleep if waits is None else waits.append
    return LangChainChatModel("openai:gpt-4.1-mini", base_url=standin.base_url, limits=limits, sleep=sleep)


def write(model: LangChainChatModel, **more: object) -> Written:
    return model.write("be brief", "how many?", temperature=0.0, max_output_tokens=400, **more)  # type: ignore[arg-type]


# ── one call ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_texts_and_the_settings_reach_the_provider_and_what_it_cost_comes_back(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("Five days [1].", tokens=(812, 7))]
    assert write(model_of(standin)) == Written("Five days [1].", tokens_in=812, tokens_out=7)
    sent = standin.requests[0]
    assert sent["model"] == "gpt-4.1-mini"
    assert [(message["role"], message["content"]) for message in sent["messages"]] == [
        ("system", "be brief"),
        ("user", "how many?"),
    ]
    assert sent["temperature"] == 0.0
    assert 400 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert standin.keys == ["Bearer sk-of-the-test"]


@pytest.mark.parametrize(
    ("scripted", "problem"),
    [
        (Scripted(status=500), "error"),
        (Scripted(status=429), "rate_limited"),
        (Scripted(status=401), "rejected"),
        (Scripted(status=404), "rejected"),
        (Scripted(""), "empty"),
        (Scripted("I cannot", refusal="I cannot help with that."), "refused"),
        (Scripted("Some", finish_reason="content_filter"), "refused"),
    ],
)
def test_whatever_fails_is_one_error_that_says_what(standin: OpenAIStandIn, scripted: Scripted, problem: str) -> None:
    standin.script = [scripted]
    with pytest.raises(ChatModelFailed, match=r"openai:gpt-4\.1-mini (did not answer|wrote nothing|refused)") as failed:
        write(model_of(standin))
    assert failed.value.problem == problem


def test_an_answer_at_the_cap_on_tokens_says_so(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("Five days [1]. The head", finish_reason="length")]
    assert write(model_of(standin)).is_cut_off


def test_a_provider_that_is_not_there_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    with OpenAIStandIn() as gone:
        model = model_of(gone)
    with pytest.raises(ChatModelFailed) as failed:
        write(model)
    assert failed.value.problem == "unreachable"


def test_a_provider_that_takes_too_long_is_given_up(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("late", delay_seconds=0.6)]
    model = model_of(standin, timeout_seconds=0.2)
    started = time.monotonic()
    with pytest.raises(ChatModelFailed) as failed:
        write(model)
    assert failed.value.problem == "too_slow"
    assert time.monotonic() - started < 0.5


def test_a_provider_that_drips_is_given_up_at_the_end_of_the_whole_time(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("a word " * 40, piece_seconds=0.05)]
    heard: list[str] = []
    with pytest.raises(ChatModelFailed) as failed:
        write(model_of(standin, timeout_seconds=0.6), on_text=heard.append)
    assert failed.value.problem == "too_slow"
    assert 0 < len(heard) < 20


# ── a stream ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stream_hands_on_each_piece_and_gives_the_whole_with_its_cost(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(pieces=("Five", " days", " [1]."), tokens=(40, 5))]
    heard: list[str] = []
    assert write(model_of(standin), on_text=heard.append) == Written("Five days [1].", tokens_in=40, tokens_out=5)
    assert heard == ["Five", " days", " [1]."]


def test_a_stream_that_breaks_is_not_begun_again_once_words_were_handed_on(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(pieces=("Five", " days", " [1]."), breaks_after=2)]
    heard: list[str] = []
    with pytest.raises(ChatModelFailed):
        write(model_of(standin, retries=2), on_text=heard.append)
    assert (heard, len(standin.requests)) == (["Five", " days"], 1)


def test_what_the_reader_of_a_stream_raises_is_raised_as_it_is(standin: OpenAIStandIn) -> None:
    def gone(_: str) -> None:
        raise BrokenPipeError

    standin.script = [Scripted("Five days [1].")]
    with pytest.raises(BrokenPipeError):
        write(model_of(standin), on_text=gone)


# ── again, or not for a while ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(standin: OpenAIStandIn, status: int) -> None:
    standin.script = [Scripted(status=status), Scripted(status=status), Scripted("Five days [1].")]
    waits: list[float] = []
    assert write(model_of(standin, retries=2, waits=waits)).text == "Five days [1]."
    assert len(waits) == 2
    assert 0.25 <= waits[0] <= 0.5 <= waits[1] <= 1.0


@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_will_not_pass_is_not_tried_again(standin: OpenAIStandIn, status: int) -> None:
    standin.script = [Scripted(status=status)]
    with pytest.raises(ChatModelFailed):
        write(model_of(standin, retries=2, waits=(waits := [])))
    assert (len(standin.requests), waits) == (1, [])


def test_a_provider_that_says_when_is_asked_again_then(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(status=429, headers={"Retry-After": "2"}), Scripted("Five days [1].")]
    waits: list[float] = []
    assert write(model_of(standin, retries=1, waits=waits)).text == "Five days [1]."
    assert waits == [2.0]


def test_a_wait_that_is_longer_than_the_time_left_is_not_begun(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(status=429, headers={"Retry-After": "60"})]
    with pytest.raises(ChatModelFailed) as failed:
        write(model_of(standin, retries=2, waits=(waits := [])))
    assert (failed.value.problem, len(standin.requests), waits) == ("rate_limited", 1, [])


def test_a_model_that_takes_no_temperature_is_asked_without_from_then_on(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(status=400), Scripted("Five days [1].")]
    model = model_of(standin)
    assert [write(model).text, write(model).text] == ["Five days [1].", "Five days [1]."]
    assert ["temperature" in request for request in standin.requests] == [True, False, False]


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(standin: OpenAIStandIn) -> None:
    now = [0.0]
    limits = ChatLimits(timeout_seconds=5, retries=0, pause_after_failures=2, pause_seconds=60)
    model = LangChainChatModel("openai:x", base_url=standin.base_url, limits=limits, clock=lambda: now[0])
    standin.script = [Scripted(status=500), Scripted(status=500), Scripted("Five days [1].")]
    problems = []
    for _ in range(4):
        with pytest.raises(ChatModelFailed) as failed:
            write(model)
        problems.append(failed.value.problem)
    assert (problems, len(standin.requests)) == (["error", "error", "not_asked", "not_asked"], 2)
    now[0] = 60.0
    assert write(model).text == "Five days [1]."


def test_a_model_that_refuses_is_not_a_provider_that_is_down(standin: OpenAIStandIn) -> None:
    limits = ChatLimits(timeout_seconds=5, retries=0, pause_after_failures=1, pause_seconds=60)
    model = LangChainChatModel("openai:x", base_url=standin.base_url, limits=limits)
    standin.script = [Scripted(""), Scripted("Five days [1].")]
    with pytest.raises(ChatModelFailed):
        write(model)
    assert write(model).text == "Five days [1]."


def test_after_the_pause_one_call_tries_and_its_failure_begins_the_pause_anew() -> None:
    now = [0.0]
    circuit = Circuit(opens_after=1, pause_seconds=10, clock=lambda: now[0])
    assert circuit.lets_through()
    circuit.failed()
    now[0] = 10.0
    assert (circuit.lets_through(), circuit.lets_through()) == (True, False)
    circuit.failed()
    assert not circuit.lets_through()
    now[0] = 20.0
    assert circuit.lets_through()
    circuit.succeeded()
    assert (circuit.lets_through(), circuit.lets_through()) == (True, True)


def test_of_many_threads_after_the_pause_one_tries() -> None:
    now = [0.0]
    circuit = Circuit(opens_after=1, pause_seconds=10, clock=lambda: now[0])
    circuit.lets_through()
    circuit.failed()
    now[0] = 10.0
    passed: list[bool] = []
    threads = [threading.Thread(target=lambda: passed.append(circuit.lets_through())) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(passed) == [False] * 15 + [True]


# ── at the start ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_key_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SettingsError, match=r"STAFFROOM_CHAT_MODEL=openai:gpt-4\.1-mini"):
        LangChainChatModel("openai:gpt-4.1-mini")


def test_an_unknown_provider_is_named_at_the_start_in_our_own_words() -> None:
    with pytest.raises(SettingsError) as refused:
        LangChainChatModel("nobody:model")
    assert "STAFFROOM_CHAT_MODEL=nobody:model: there is no provider 'nobody'. Write provider:model" in str(
        refused.value
    )
    assert "docs.langchain" not in str(refused.value)


def test_each_provider_is_capped_under_its_own_name_for_it() -> None:
    openai = {"max_tokens": 9, "timeout": 5.0, "max_retries": 0}
    assert client_options("openai", timeout_seconds=5.0, max_output_tokens=9) == openai
    assert client_options("anthropic", timeout_seconds=5.0, max_output_tokens=9) == openai
    assert client_options("ollama", timeout_seconds=5.0, max_output_tokens=9) == {
        "num_predict": 9,
        "client_kwargs": {"timeout": 5.0},
    }


def test_questions_are_not_traced_to_langsmith(standin: OpenAIStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from langsmith.utils import get_env_var, tracing_is_enabled

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    get_env_var.cache_clear()
    seen: list[object] = []
    model = model_of(standin)
    client = model._client(0.0, 400)
    real = type(client)._generate

    def spying(*given: object, **more: object) -> object:
        seen.append(tracing_is_enabled())
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(type(client), "_generate", spying)
    write(model)
    get_env_var.cache_clear()
    assert seen == [False]
