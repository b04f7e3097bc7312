"""What an event says: for us or not, and the words that were asked."""

from __future__ import annotations

from typing import Any

import pytest

from bot.slack.events import Ignored, Incoming, clean_text, read_message

BOT = "U0BOT"


def envelope(**event: Any) -> dict[str, Any]:
    own = {"type": "app_mention", "user": "U1", "channel": "C1", "ts": "17.1", "text": f"<@{BOT}> phones?"}
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": {**own, **event}}


def test_a_mention_is_read_with_where_to_answer() -> None:
    assert read_message(envelope(), bot_user=BOT) == Incoming(
        event_id="Ev1", team="T1", channel="C1", place="channel", user="U1", ts="17.1", thread_ts="17.1", text="phones?"
    )


def test_a_reply_in_a_thread_is_answered_in_that_thread() -> None:
    incoming = read_message(envelope(thread_ts="12.0"), bot_user=BOT)
    assert isinstance(incoming, Incoming)
    assert incoming.thread_ts == "12.0"


def test_a_direct_message_with_a_file_is_still_a_question() -> None:
    event = envelope(type="message", channel="D1", channel_type="im", subtype="file_share", text="is this right?")
    incoming = read_message(event, bot_user=BOT)
    assert isinstance(incoming, Incoming)
    assert (incoming.place, incoming.text) == ("dm", "is this right?")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"bot_id": "B1"}, "bot"),
        ({"bot_profile": {"id": "B1"}}, "bot"),
        ({"user": BOT}, "own_message"),
        ({"subtype": "message_changed"}, "subtype"),
        ({"hidden": True}, "subtype"),
        ({"type": "message", "channel_type": "channel"}, "not_a_dm"),
        ({"type": "message", "channel_type": "mpim"}, "not_a_dm"),
        ({"channel": "D1"}, "dm_mention"),
        ({"user": None}, "incomplete"),
        ({"ts": ""}, "incomplete"),
    ],
)
def test_what_is_not_for_us_is_ignored_with_the_reason(event: dict[str, Any], reason: str) -> None:
    assert read_message(envelope(**event), bot_user=BOT) == Ignored(reason)  # type: ignore[arg-type]


def test_an_envelope_without_an_event_is_incomplete() -> None:
    assert read_message({"type": "event_callback"}, bot_user=BOT) == Ignored("incomplete")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"<@{BOT}> what about phones?", "what about phones?"),
        (f"hello <@{BOT}|staffroom>, phones?", "hello , phones?"),
        ("ask <@U2|ann> first", "ask a colleague first"),
        ("see <#C2|behaviour> or <#C3>", "see #behaviour or a channel"),
        ("<!here> <!subteam^S1|@ks2> <!date^1^{date}|today>", "@ks2 today"),
        ("<https://a.example/x|the policy> and <https://b.example>", "the policy and https://b.example"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("Q&amp;A &lt;5 minutes&gt;", "Q&A <5 minutes>"),
        ("&amp;lt; is written so", "&lt; is written so"),
        (":wave: hi :+1::skin-tone-3: at 10:30:45", "hi at 10:30:45"),
        ("is *4.6* _really_ `needed`?", "is 4.6 really needed?"),
        ("2 * 3 and snake_case stay", "2 * 3 and snake_case stay"),
        ("two\n\n  lines", "two\nlines"),
        ("", ""),
    ],
)
def test_only_the_words_are_left(said: str, meant: str) -> None:
    assert clean_text(said, bot_user=BOT) == meant
