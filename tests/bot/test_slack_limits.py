"""The checker of Slack's limits refuses what Slack refuses: else the stand-in and the property test prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.slack_limits import problems_of_message


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(**changes: Any) -> dict[str, Any]:
    own = {"type": "button", "action_id": "a:1", "text": {"type": "plain_text", "text": "Yes"}, "value": "v"}
    return {**own, **changes}


def table(rows: int, columns: int, text: str = "x") -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


@pytest.mark.parametrize(
    "blocks",
    [
        [section("")],
        [section("x" * 3_001)],
        [section("x" * 2_900)] * 5,
        [section("x")] * 51,
        [{"type": "context", "elements": []}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{"type": "actions", "elements": [button(text={"type": "plain_text", "text": "x" * 76})]}],
        [{"type": "actions", "elements": [button(value="x" * 2_001)]}],
        [{"type": "actions", "elements": [button(), button()]}],
        [{"type": "actions", "elements": [button(action_id=f"a:{number}") for number in range(26)]}],
        [table(101, 2)],
        [table(2, 21)],
        [table(2, 2, "")],
        [table(2, 2), table(2, 2)],
        [{"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": ""}]}]}],
        [{"type": "marquee"}],
    ],
)
def test_what_slack_rejects_is_named(blocks: list[dict[str, Any]]) -> None:
    assert problems_of_message("x", blocks) != []


def test_a_message_within_the_limits_is_taken() -> None:
    blocks = [section("x" * 3_000), {"type": "actions", "elements": [button()]}, table(100, 20)]
    assert problems_of_message("x" * 40_000, blocks) == []
    assert problems_of_message("", []) == ["no_text"]
