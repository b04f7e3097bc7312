"""What a thread tells: the turns before a message, and the school chosen in it."""

from __future__ import annotations

from typing import Any

from bot.model import Turn
from bot.slack.audience import Identity
from bot.slack.history import MAX_TURNS, ThreadSoFar, reply_metadata, thread_so_far

HERE = Identity(team="T1", bot_user="U0BOT", bot_id="B0BOT")


def said(ts: str, text: str, *, user: str = "U1", **more: Any) -> dict[str, Any]:
    return {"ts": ts, "user": user, "text": text, **more}


def replied(ts: str, text: str, *, to: str | None = None, school: str | None = None) -> dict[str, Any]:
    metadata = {"metadata": reply_metadata(to=to, school=school)} if to else {}
    return said(ts, text, user="U0BOT", bot_id="B0BOT", **metadata)


def turns_before(before_ts: str, *messages: dict[str, Any]) -> list[tuple[str, str]]:
    found = thread_so_far(messages, HERE, before_ts=before_ts, asker="U1")
    return [(turn.role, turn.text) for turn in found.turns]


def test_the_askers_messages_and_the_replies_to_them_are_turns() -> None:
    messages = [
        replied("10.2", "Kept &amp; returned", to="10.1"),
        said("10.1", "<@U0BOT> phones?"),
        said("10.4", "and then?"),
    ]
    assert thread_so_far(messages, HERE, before_ts="10.4", asker="U1") == ThreadSoFar(
        (Turn("user", "phones?"), Turn("assistant", "Kept & returned")), None, "and then?"
    )


def test_what_a_bystander_says_is_no_turn() -> None:
    assert turns_before(
        "10.9", said("10.1", "phones?"), said("10.2", "we had this at Saltmarsh", user="U2"), said("10.9", "and then?")
    ) == [("user", "phones?")]


def test_a_reply_is_the_turn_of_whom_it_answers_in_whatever_order_they_asked() -> None:
    thread = [
        said("10.1", "phones?"),
        said("10.2", "leave?", user="U2"),
        replied("10.3", "in the office", to="10.1"),
        replied("10.4", "five days", to="10.2"),
    ]
    assert turns_before("10.9", *thread) == [("user", "phones?"), ("assistant", "in the office")]


def test_a_reply_posted_without_metadata_is_to_who_spoke_last() -> None:
    thread = [
        said("10.1", "phones?"),
        replied("10.2", "in the office"),
        said("10.3", "leave?", user="U2"),
        replied("10.4", "five days"),
    ]
    assert turns_before("10.9", *thread) == [("user", "phones?"), ("assistant", "in the office")]


def test_a_reply_to_a_button_under_a_reply_belongs_to_the_same_asker() -> None:
    thread = [said("10.1", "x"), replied("10.2", "Which one?", to="10.1"), replied("10.3", "That one", to="10.2")]
    assert turns_before("10.9", *thread)[-1] == ("assistant", "That one")


def test_who_wrote_the_question_is_its_asker_whoever_pressed_the_button() -> None:
    thread = [said("10.1", "at lunch?"), said("10.2", "hello", user="U2"), said("10.3", "phones?")]
    found = thread_so_far(thread, HERE, before_ts="10.3", asker="U2")
    assert found == ThreadSoFar((Turn("user", "at lunch?"),), None, "phones?")


def test_other_apps_and_notices_are_left_out() -> None:
    messages = [said("10.1", "buy now", bot_id="B0OTHER"), said("10.2", "joined", subtype="channel_join")]
    assert turns_before("10.9", *messages) == []


def test_only_the_last_ten_turns_are_kept() -> None:
    messages = [said(f"{number}.0", str(number)) for number in range(1, 20)]
    assert [text for _, text in turns_before("99.0", *messages)] == [
        str(number) for number in range(20 - MAX_TURNS, 20)
    ]


def test_the_school_chosen_last_for_the_asker_holds_and_only_the_bot_can_set_it() -> None:
    messages = [
        said("10.0", "phones?"),
        said("10.1", "leave?", user="U2"),
        replied("10.2", "…", to="10.0", school="saltmarsh"),
        replied("10.3", "…", to="10.0", school="kestrel"),
        replied("10.4", "…", to="10.0"),
        replied("10.5", "…", to="10.1", school="saltmarsh"),
        said("10.6", "…", metadata=reply_metadata(to="10.0", school="saltmarsh")),
    ]
    assert thread_so_far(messages, HERE, before_ts="10.7", asker="U1").chosen_school == "kestrel"


def test_a_bots_message_is_never_taken_for_the_question() -> None:
    found = thread_so_far([replied("10.1", "Which school?")], HERE, before_ts="10.1", asker="U1")
    assert found.question is None
