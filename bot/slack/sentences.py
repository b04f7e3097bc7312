"""What does Staffroom say in Slack by itself: refusals, and what became of a question that was not answered?"""

from __future__ import annotations

from dataclasses import dataclass

from bot.sentences import load_sentences


@dataclass(frozen=True)
class Sentences:
    """The written sentences of `prompts/slack.toml`; `for_school` holds `{school}` once."""

    not_staff: str
    shared_channel: str
    cannot_check: str
    stopped: str
    shutdown: str
    question_gone: str
    for_school: str


def load_slack_sentences() -> Sentences:
    """All of them. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    return load_sentences(Sentences, "slack", holding={"for_school": "{school}"})
