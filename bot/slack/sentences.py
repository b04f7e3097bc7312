"""What does Staffroom say in Slack by itself: refusals, and what became of a question that was not answered?"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from importlib.resources import files

from bot.errors import SettingsError


@dataclass(frozen=True)
class Sentences:
    """The written sentences of `prompts/replies/slack.toml`; `for_school` holds `{school}` once."""

    not_staff: str
    shared_channel: str
    cannot_check: str
    stopped: str
    shutdown: str
    question_gone: str
    for_school: str


def load_sentences() -> Sentences:
    """All of them. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    text = (files("prompts") / "replies" / "slack.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    known = {field.name for field in fields(Sentences)}
    wrong = sorted((set(found) ^ known) | {name for name, said in found.items() if not str(said).strip()})
    if wrong:
        raise SettingsError(f"prompts/replies/slack.toml: {wrong[0]!r} is missing, unknown or empty.")
    if "{school}" not in found["for_school"]:
        raise SettingsError("prompts/replies/slack.toml: 'for_school' must hold {school}.")
    return Sentences(**found)
