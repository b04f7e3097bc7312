"""What a thread tells: the turns before a message, and the school chosen in it."""

from __future__ import annotations

from typing import Any

from bot.model import Turn
from bot.slack.audience import Identity
from bot.slack.history import MAX_TURNS, ThreadSoFar, school_metadata, thread_so_far

HERE = Identity(team="T1", bot_user="U0BOT", bot_id="B0BOT")


def said(ts: str, text: str, *, user: str = "U1", **more: Any) -> dict[str, Any]:
    return {"ts": ts, "user": user, "text": text, **more}


def test_the_bots_own_messages_are_the_assistants_and_all_others_a_users() -> None:
    messages = [
        said("10.2", "Kept &amp; returned", user="U0BOT", bot_id="B0BOT"),
        said("10.1", "<@U0BOT> phones?"),
        said("10.3", "thanks", user="U2"),
        said("10.4", "and then?"),
    ]
    assert thread_so_far(messages, HERE, before_ts="10.4") == ThreadSoFar(
        (Turn("user", "phones?"), Turn("assistant", "Kept & returned"), Turn("user", "thanks")), None, "and then?"
    )


def test_other_apps_and_notices_are_left_out() -> None:
    messages = [said("10.1", "buy now", bot_id="B0OTHER"), said("10.2", "joined", subtype="channel_join")]
    assert thread_so_far(messages, HERE, before_ts="10.9").turns == ()


def test_only_the_last_ten_turns_are_kept() -> None:
    messages = [said(f"{number}.0", str(number)) for number in range(1, 20)]
    assert [turn.text for turn in thread_so_far(messages, HERE, before_ts="99.0").turns] == [
        str(number) for number in range(20 - MAX_TURNS, 20)
    ]


def test_the_school_chosen_last_holds_and_only_the_bot_can_set_it() -> None:
    messages = [
        said("10.1", "…", user="U0BOT", metadata=school_metadata("saltmarsh")),
        said("10.2", "…", user="U0BOT", metadata=school_metadata("kestrel")),
        said("10.3", "…", user="U0BOT"),
        said("10.4", "…", user="U2", metadata=school_metadata("saltmarsh")),
    ]
    assert thread_so_far(messages, HERE, before_ts="10.5").chosen_school == "kestrel"


def test_a_bots_message_is_never_taken_for_the_question() -> None:
    assert thread_so_far([said("10.1", "Which school?", user="U0BOT")], HERE, before_ts="10.1").question is None
