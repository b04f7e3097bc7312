"""What the service counts of a chat model."""

from __future__ import annotations

from bot.metrics import ChatPrices, Metrics
from bot.model import Answered, ModelCall, Reply, Trace

CALLS = (
    ModelCall("rewrite", "openai:x", "0" * 12, took_ms=400.0, tokens_in=100, tokens_out=20),
    ModelCall("compose", "openai:x", "1" * 12, took_ms=1600.0, tokens_in=2000, tokens_out=80),
    ModelCall("compose", "openai:x", "1" * 12, took_ms=20.0, problem="rate_limited"),
)


def counted(prices: ChatPrices | None) -> str:
    metrics = Metrics(prices=prices)
    reply = Reply(Answered(()), trace=Trace(model_calls=CALLS))
    metrics.count_reply(reply, place="dm", seconds=2.0)
    return metrics.render()[0].decode()


def test_calls_tokens_and_seconds_are_counted_by_how_they_ended() -> None:
    text = counted(None)
    assert 'staffroom_chat_calls_total{model="openai:x",outcome="ok",step="compose"} 1.0' in text
    assert 'staffroom_chat_calls_total{model="openai:x",outcome="rate_limited",step="compose"} 1.0' in text
    assert 'staffroom_chat_tokens_total{direction="in",model="openai:x"} 2100.0' in text
    assert 'staffroom_chat_tokens_total{direction="out",model="openai:x"} 100.0' in text
    assert 'staffroom_chat_seconds_sum{step="compose"} 1.62' in text


def test_cost_is_counted_only_where_prices_are_set() -> None:
    assert "staffroom_chat_cost" not in counted(None)
    # 2,100 in at 0.40 and 100 out at 1.60 a million
    assert 'staffroom_chat_cost_total{model="openai:x"} 0.001' in counted(ChatPrices(0.40, 1.60))
