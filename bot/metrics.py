"""What does the service count, for Prometheus?

Counts, times and outcomes; never a question, an answer or a person.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.model import Reply
from bot.wording import outcome_of

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 90)


class Metrics:
    """The service's own registry: two services in one process count apart."""

    def __init__(self) -> None:
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
        self.documents = Gauge("staffroom_index_documents", "Documents in the index", registry=self.registry)

    def count_reply(self, reply: Reply, *, place: str, seconds: float) -> None:
        """One question answered in Slack ("dm", "channel") or on the page ("page")."""
        self.questions.labels(outcome=outcome_of(reply.answer), place=place).inc()
        self.seconds.labels(place=place).observe(seconds)

    def render(self) -> tuple[bytes, str]:
        """The Prometheus text and its content type."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
