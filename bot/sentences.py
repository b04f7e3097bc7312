"""Which sentences does a place say by itself, beside the answers, and are they all written?

They stand in `prompts/PLACE.toml`, one a key; a dataclass of the place names the keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

from bot.errors import SettingsError

Sentences = TypeVar("Sentences")


def load_sentences(
    kind: type[Sentences], place: str, *, holding: Mapping[str, str] | None = None, folder: Traversable | None = None
) -> Sentences:
    """All sentences of a place, as its frozen dataclass of texts. `holding`: what a sentence must hold, by its name.

    Raises SettingsError naming a sentence that is missing, unknown or empty, or lacks what it must hold.
    """
    name = f"prompts/{place}.toml"
    found = tomllib.loads(((folder or files("prompts")) / f"{place}.toml").read_text(encoding="utf-8"))
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # a dataclass, which no type can say
    empty = {key for key, said in found.items() if not isinstance(said, str) or not said.strip()}
    if wrong := sorted((set(found) ^ known) | empty):
        raise SettingsError(f"{name}: {wrong[0]!r} is missing, unknown or empty.")
    for key, variable in (holding or {}).items():
        if variable not in found[key]:
            raise SettingsError(f"{name}: {key!r} must hold {variable}.")
    return kind(**found)
