"""Who is staff, which channel is the trust's own; unclear is no."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.audience import Identity, is_internal, is_staff
from tests.slack_standin import TEAM, channel, member

HERE = Identity(team=TEAM, bot_user="U0BOT", bot_id="B0BOT")
ON_GRID = Identity(team=TEAM, bot_user="U0BOT", bot_id="B0BOT", enterprise="E1")


def test_a_full_member_is_staff() -> None:
    assert is_staff(member("U1"), HERE)


@pytest.mark.parametrize("missing", ["deleted", "is_bot", "is_restricted", "is_ultra_restricted", "team_id"])
def test_a_member_of_whom_something_is_not_told_is_not_staff(missing: str) -> None:
    user = member("U1")
    del user[missing]
    assert not is_staff(user, HERE)


def test_a_member_of_another_workspace_is_staff_only_in_the_same_organisation() -> None:
    elsewhere = member("U1", team_id="T2", enterprise_user={"enterprise_id": "E1"})
    assert is_staff(elsewhere, ON_GRID)
    assert not is_staff(elsewhere, HERE)
    assert not is_staff(member("U1", team_id="T2", enterprise_user={"enterprise_id": "E2"}), ON_GRID)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"is_shared": True, "is_org_shared": True}, True),
        ({"is_shared": True}, False),
        ({"is_shared": True, "is_org_shared": True, "is_ext_shared": True}, False),
        ({"is_pending_ext_shared": True}, False),
        ({"pending_shared": ["T2"]}, False),
        ({"is_shared": None}, False),
        ({"is_ext_shared": None}, False),
    ],
)
def test_a_channel_is_internal_only_when_slack_says_so(changes: dict[str, Any], expected: bool) -> None:
    assert is_internal(channel("C1", **changes)) is expected
