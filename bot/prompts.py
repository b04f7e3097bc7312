"""How does the text in `prompts/` become a message, and which version of it was used?

A prompt is a folder of two texts and `prompt.toml`; a written reply is `NAME.md` with `NAME.toml`. Each TOML names
the variables of its text. A variable that is used and not named, or named and not used, fails at start-up by name.
Values are put in once: text from people or documents can hold `{{ … }}` and stays as it is.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from bot.errors import SettingsError

_VARIABLE = re.compile(r"\{\{ (\w+) \}\}")
_BRACES = re.compile(r"\{\{.*?\}\}")
CHARACTERS_A_TOKEN = 4
"""Of English prose, about; providers count each in their own way."""
REPLY_NAMES = (
    "safeguarding", "safeguarding_child", "safeguarding_self_harm", "safeguarding_fgm", "safeguarding_radicalisation",
    "safeguarding_image", "safeguarding_weapon", "safeguarding_staff", "safeguarding_head", "safeguarding_own_crisis",
    "personal_data_pupil_record", "personal_data_staff_record", "personal_data_payroll", "personal_data_system",
    "out_of_scope_write", "out_of_scope_rules", "out_of_scope_advice",
    "help", "help_thanks", "no_evidence", "which_school", "no_question", "failed",
)  # fmt: skip


@dataclass(frozen=True)
class WrittenReply:
    """A reply written by people; `fill` puts its variables in. `sentences` are parts that are said only where they
    fit."""

    name: str
    text: str
    variables: frozenset[str]
    sentences: Mapping[str, str]

    def fill(self, **values: str) -> str:
        """The reply as markdown. Raises KeyError when a variable is missing or unknown."""
        return _fill(self.name, self.text, self.variables, values)


@dataclass(frozen=True)
class Prompt:
    """A system text and a user text with the settings they are sent with; `digest` is 12 hex digits of all of it."""

    name: str
    system: str
    user: str
    variables: frozenset[str]
    temperature: float
    max_output_tokens: int
    max_input_characters: int
    """Of what is put in; a token is about four characters of English."""
    digest: str

    def capped(self, *, max_input_tokens: int | None, max_output_tokens: int | None) -> Prompt:
        """The same prompt with an admin's own caps; None leaves its own."""
        return replace(
            self,
            max_input_characters=max_input_tokens * CHARACTERS_A_TOKEN
            if max_input_tokens
            else self.max_input_characters,
            max_output_tokens=max_output_tokens or self.max_output_tokens,
        )

    def fill_user(self, **values: str) -> str:
        """The user text with its variables put in. Raises KeyError when one is missing or unknown."""
        return _fill(self.name, self.user, self.variables, values)


def load_replies(folder: Traversable | None = None) -> dict[str, WrittenReply]:
    """Every written reply by name. Raises SettingsError naming the file whose text and variables do not agree."""
    folder = folder or files("prompts") / "replies"
    replies = {}
    for name in REPLY_NAMES:
        text = (folder / f"{name}.md").read_text(encoding="utf-8").strip()
        config = _read_config(folder / f"{name}.toml", needs={"variables"}, allows={"sentences"})
        variables = frozenset(config["variables"])
        _check_variables(f"prompts/replies/{name}.md", text, variables)
        replies[name] = WrittenReply(name, text, variables, config.get("sentences", {}))
    return replies


def load_prompt(step: str, folder: Traversable | None = None) -> Prompt:
    """The prompt of one step. Raises SettingsError naming the file whose text and variables do not agree."""
    folder = folder or files("prompts") / step
    texts = {part: (folder / f"{part}.md").read_text(encoding="utf-8").strip() for part in ("system", "user")}
    config_file = folder / "prompt.toml"
    config = _read_config(config_file, needs={"variables", "temperature", "max_output_tokens", "max_input_characters"})
    variables = frozenset(config["variables"])
    _check_variables(f"prompts/{step}/user.md", texts["user"], variables)
    _check_variables(f"prompts/{step}/system.md", texts["system"], frozenset())
    whole = "\0".join([texts["system"], texts["user"], config_file.read_text(encoding="utf-8")])
    return Prompt(
        name=step,
        system=texts["system"],
        user=texts["user"],
        variables=variables,
        temperature=float(config["temperature"]),
        max_output_tokens=int(config["max_output_tokens"]),
        max_input_characters=int(config["max_input_characters"]),
        digest=hashlib.sha256(whole.encode()).hexdigest()[:12],
    )


def _read_config(file: Traversable, *, needs: set[str], allows: Collection[str] = ()) -> dict[str, Any]:
    config = tomllib.loads(file.read_text(encoding="utf-8"))
    if unknown := set(config) - needs - set(allows):
        raise SettingsError(
            f"prompts/{file.name}: unknown key {min(unknown)!r}; known are {sorted({*needs, *allows})}."
        )
    if missing := needs - set(config):
        raise SettingsError(f"prompts/{file.name}: the key {min(missing)!r} is missing.")
    return config


def _check_variables(name: str, text: str, variables: frozenset[str]) -> None:
    if wrongly := [braces for braces in _BRACES.findall(text) if not _VARIABLE.fullmatch(braces)]:
        raise SettingsError(
            f"{name}: {wrongly[0]!r} is no variable: write it as {{{{ name }}}}, with one blank each side."
        )
    used = frozenset(_VARIABLE.findall(text))
    if used != variables:
        wrong = sorted(used ^ variables)[0]
        where = "used in the text and not listed" if wrong in used else "listed and not used in the text"
        raise SettingsError(f"{name}: the variable {wrong!r} is {where} in its TOML file.")


def _fill(name: str, text: str, variables: frozenset[str], values: dict[str, str]) -> str:
    if wrong := variables ^ set(values):
        raise KeyError(f"{name}: {sorted(wrong)[0]!r} is missing or unknown")
    return _VARIABLE.sub(lambda match: values[match[1]], text)
