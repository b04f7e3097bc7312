"""The failures of answering, beside those of ingestion.

StaffroomError                 (ingestion.errors draws the rest of the tree)
├── CannotStart
└── AnswerError
    ├── UnknownSchool          a school was named that the trust does not have
    └── ChatModelFailed        the chat model did not answer, or not in time; the quotation answer is given
"""

from typing import Literal

from ingestion.errors import CannotStart, CorpusError, IndexUnavailable, SettingsError, StaffroomError

__all__ = [
    "AnswerError",
    "CannotStart",
    "ChatModelFailed",
    "ChatProblem",
    "CorpusError",
    "IndexUnavailable",
    "SettingsError",
    "StaffroomError",
    "UnknownSchool",
]


ChatProblem = Literal["too_slow", "rate_limited", "unreachable", "error", "rejected", "refused", "empty", "not_asked"]
"""What went wrong with a chat model: `rejected` is its provider's word on the request (a wrong key, an unknown model),
`refused` the model's own; `not_asked` that it failed several times and is left alone for a while."""


class AnswerError(StaffroomError):
    """One question could not be answered; others can."""


class UnknownSchool(AnswerError):
    """A school was named that `trust.toml` does not have; the sentence lists those it has."""


class ChatModelFailed(AnswerError):
    """The chat model did not answer, or not in time."""

    def __init__(self, reason: str, problem: ChatProblem = "error") -> None:
        super().__init__(reason)
        self.problem: ChatProblem = problem
