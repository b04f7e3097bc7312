"""The chat model, on the wire, against a stand-in that speaks the OpenAI protocol on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.answering.chat_model import LangChainChatModel
from bot.errors import ChatModelFailed, SettingsError
from tests.openai_standin import OpenAIStandIn, Scripted


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIStandIn]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-test")
    with OpenAIStandIn() as running:
        yield running


def model_of(standin: OpenAIStandIn, *, timeout_seconds: float = 5.0) -> LangChainChatModel:
    return LangChainChatModel("openai:gpt-4.1-mini", base_url=standin.base_url, timeout_seconds=timeout_seconds)


def test_both_texts_and_the_settings_reach_the_provider(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("Five days [1].")]
    assert model_of(standin).write("be brief", "how many?", temperature=0.0, max_output_tokens=400) == "Five days [1]."
    sent = standin.requests[0]
    assert sent["model"] == "gpt-4.1-mini"
    assert [(message["role"], message["content"]) for message in sent["messages"]] == [
        ("system", "be brief"),
        ("user", "how many?"),
    ]
    assert sent["temperature"] == 0.0
    assert 400 in (sent.get("max_tokens"), sent.get("max_completion_tokens"))
    assert standin.keys == ["Bearer sk-of-the-test"]


def test_a_provider_that_fails_is_one_error(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(status=500)]
    with pytest.raises(ChatModelFailed, match=r"openai:gpt-4\.1-mini did not answer"):
        model_of(standin).write("s", "u", temperature=0.0, max_output_tokens=10)


def test_a_refused_key_is_one_error(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted(status=401)]
    with pytest.raises(ChatModelFailed, match="did not answer"):
        model_of(standin).write("s", "u", temperature=0.0, max_output_tokens=10)


def test_a_provider_that_takes_too_long_is_given_up(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("late", delay_seconds=1.5)]
    with pytest.raises(ChatModelFailed, match="did not answer"):
        model_of(standin, timeout_seconds=0.2).write("s", "u", temperature=0.0, max_output_tokens=10)


def test_an_empty_answer_is_a_failure(standin: OpenAIStandIn) -> None:
    standin.script = [Scripted("")]
    with pytest.raises(ChatModelFailed, match="wrote nothing"):
        model_of(standin).write("s", "u", temperature=0.0, max_output_tokens=10)


def test_a_missing_key_is_named_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(SettingsError, match=r"STAFFROOM_CHAT_MODEL=openai:gpt-4\.1-mini"):
        LangChainChatModel("openai:gpt-4.1-mini", base_url=None, timeout_seconds=1)


def test_an_unknown_provider_is_named_at_the_start() -> None:
    with pytest.raises(SettingsError, match="nobody:model"):
        LangChainChatModel("nobody:model", base_url=None, timeout_seconds=1)
