"""What does the service count, for Prometheus?

Counts, times and outcomes; never a question, an answer or a person.
"""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.model import ModelCall, Reply
from bot.wording import outcome_of

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 90)


@dataclass(frozen=True)
class ChatPrices:
    """The prices of a million tokens that go in and come out, in any one currency."""

    input: float = 0.0
    output: float = 0.0

    def cost_of(self, call: ModelCall) -> float:
        """What one call cost; nothing of it that its provider does not tell."""
        return ((call.tokens_in or 0) * self.input + (call.tokens_out or 0) * self.output) / 1_000_000


class Metrics:
    """The service's own registry: two services in one process count apart."""

    def __init__(self, *, prices: ChatPrices | None = None) -> None:
        self.registry = CollectorRegistry()
        self.questions = Counter(
            "staffroom_questions", "Questions answered", ["outcome", "place"], registry=self.registry
        )
        self.seconds = Histogram(
            "staffroom_answer_seconds",
            "From a question to its answer",
            ["place"],
            registry=self.registry,
            buckets=SECONDS,
        )
        self.slack_errors = Counter(
            "staffroom_slack_errors", "Errors of Slack's Web API", ["method", "error"], registry=self.registry
        )
        self.slack_events = Counter(
            "staffroom_slack_events", "Slack events by what was done with them", ["taken"], registry=self.registry
        )
        self.refusals = Counter(
            "staffroom_slack_refusals", "Questions refused for who may see them", ["reason"], registry=self.registry
        )
        self.chat_calls = Counter(
            "staffroom_chat_calls",
            "Calls of the chat model by how they ended: ok, or what went wrong",
            ["step", "model", "outcome"],
            registry=self.registry,
        )
        self.chat_tokens = Counter(
            "staffroom_chat_tokens",
            "Tokens of the chat model, as its provider counts them",
            ["model", "direction"],
            registry=self.registry,
        )
        self.chat_seconds = Histogram(
            "staffroom_chat_seconds",
            "One call of the chat model, retries and all",
            ["step"],
            registry=self.registry,
            buckets=SECONDS,
        )
        self._prices = prices
        self.chat_cost = (
            None
            if prices is None
            else Counter(
                "staffroom_chat_cost",
                "What the chat model cost, in the currency of the prices that were set",
                ["model"],
                registry=self.registry,
            )
        )
        self.documents = Gauge("staffroom_index_documents", "Documents in the index", registry=self.registry)

    def count_reply(self, reply: Reply, *, place: str, seconds: float) -> None:
        """One question answered in Slack ("dm", "channel") or on the page ("page")."""
        self.questions.labels(outcome=outcome_of(reply.answer), place=place).inc()
        self.seconds.labels(place=place).observe(seconds)
        for call in reply.trace.model_calls if reply.trace else ():
            self.count_call(call)

    def count_call(self, call: ModelCall) -> None:
        """One call of a chat model. What its provider does not tell the tokens of, is not counted in them."""
        self.chat_calls.labels(step=call.step, model=call.model, outcome=call.problem or "ok").inc()
        self.chat_seconds.labels(step=call.step).observe(call.took_ms / 1000)
        for direction, tokens in (("in", call.tokens_in), ("out", call.tokens_out)):
            self.chat_tokens.labels(model=call.model, direction=direction).inc(tokens or 0)
        if self.chat_cost is not None and self._prices is not None:
            self.chat_cost.labels(model=call.model).inc(self._prices.cost_of(call))

    def render(self) -> tuple[bytes, str]:
        """The Prometheus text and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
