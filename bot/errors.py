"""The failures of answering, beside those of ingestion.

StaffroomError                 (ingestion.errors draws the rest of the tree)
├── CannotStart
└── AnswerError
    ├── UnknownSchool          a school was named that the trust does not have
    └── ChatModelFailed        the chat model did not answer, or not in time; the quotation answer is given
"""

from ingestion.errors import CannotStart, CorpusError, IndexUnavailable, SettingsError, StaffroomError

__all__ = [
    "AnswerError",
    "CannotStart",
    "ChatModelFailed",
    "CorpusError",
    "IndexUnavailable",
    "SettingsError",
    "StaffroomError",
    "UnknownSchool",
]


class AnswerError(StaffroomError):
    """One question could not be answered; others can."""


class UnknownSchool(AnswerError):
    """A school was named that `trust.toml` does not have; the sentence lists those it has."""


class ChatModelFailed(AnswerError):
    """The chat model did not answer, or not in time."""
