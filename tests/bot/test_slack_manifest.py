"""The manifest asks for what the code uses: an event without a handler would be answered 404 and sent again."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.slack import listeners
from bot.wording import EXAMPLE_QUESTIONS

MANIFEST = Path(__file__).parents[2] / "manifest.yaml"
GUIDE = MANIFEST.parent / "docs" / "slack.md"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def test_every_subscribed_event_has_a_listener_and_every_listener_its_event(manifest: dict[str, Any]) -> None:
    subscribed = {name.partition(".")[0] for name in manifest["settings"]["event_subscriptions"]["bot_events"]}
    listened = set(re.findall(r'app\.event\("(\w+)"', inspect.getsource(listeners)))
    assert subscribed == listened


def test_every_scope_is_explained_in_the_guide(manifest: dict[str, Any]) -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    assert [scope for scope in manifest["oauth_config"]["scopes"]["bot"] if f"`{scope}`" not in guide] == []


def test_the_agents_texts_are_within_slacks_limits(manifest: dict[str, Any]) -> None:
    view = manifest["features"]["agent_view"]
    assert len(view["agent_description"]) <= 300
    assert len(view["suggested_prompts"]) <= 4
    assert tuple(prompt["message"] for prompt in view["suggested_prompts"]) == EXAMPLE_QUESTIONS
