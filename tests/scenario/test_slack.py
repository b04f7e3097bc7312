"""Signed payloads go to the running service; what people would see is read from the Slack stand-in."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog

from bot.errors import SettingsError
from bot.model import Asker, Question, Reply, Turn
from bot.web.service import create_service
from tests.building import KESTREL, SALTMARSH, TRUST
from tests.replies import FAILED, QUOTED, WHICH_SCHOOL
from tests.scenario.running import FakeStaffroom, settings_for, staffroom_in_slack, wait_until_ready
from tests.slack_standin import (
    APP_TOKEN,
    BOT_ID,
    BOT_USER,
    CHANNEL,
    DM,
    TEACHER,
    Failure,
    Sender,
    Workspace,
    buttons_of,
    channel,
    direct,
    member,
    mention,
    press,
    sign,
    slack_workspace,
)


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with slack_workspace() as workspace:
        yield workspace


@pytest.fixture
def staffroom() -> FakeStaffroom:
    return FakeStaffroom()


@pytest.fixture
async def sender(staffroom: FakeStaffroom, slack: Workspace, tmp_path: Path) -> AsyncIterator[Sender]:
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        yield sender


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions that nobody answers are looked for often, and put off for a moment only."""
    monkeypatch.setattr("bot.slack.connection.RENEW_SECONDS", 0.05)
    monkeypatch.setattr("bot.slack.conversation.POST_AGAIN_SECONDS", 0.1)


@asynccontextmanager
async def killed_at_the_end(slack: Workspace, data: Path) -> AsyncIterator[Sender]:
    """A service in a process of its own that never answers, and is killed."""
    command = (sys.executable, "-m", "tests.scenario.silent", slack.url, str(data))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        url = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        async with aiohttp.ClientSession() as session:
            await wait_until_ready(session, url)
            yield Sender(session, url)
    finally:
        process.kill()
        await process.communicate()


async def reasons_once_not(sender: Sender, reason: str) -> list[str]:
    """Why the service is not ready, once that is something else than `reason`."""
    async with asyncio.timeout(5):
        while True:
            async with sender.session.get(f"{sender.url}/health/ready") as response:
                reasons: list[str] = (await response.json())["reasons"]
            if reasons != [reason]:
                return reasons
            await asyncio.sleep(0.01)


def stop_pressed(message: Mapping[str, Any], *, channel: str = CHANNEL) -> dict[str, Any]:
    """The envelope of Stop under the answer to a message."""
    event = {"type": "agent_session_stopped", "user": TEACHER, "channel": channel, "thread_ts": message["ts"]}
    return {**mention(message, event_id=f"EvStop{message['ts']}"), "event": event}


ASKED = f"<@{BOT_USER}> what happens to a <https://x.example|phone> at lunch? :thinking_face:"


async def test_a_mention_is_answered_in_its_thread(sender: Sender, slack: Workspace, staffroom: FakeStaffroom) -> None:
    message = slack.write(ASKED)
    assert await sender.event(mention(message)) == (200, "")
    [posted] = await slack.until_posted()
    assert posted["thread_ts"] == message["ts"]
    assert "A phone that is seen or heard" in json.dumps(posted["blocks"])
    assert [question.text for question in staffroom.asked] == ["what happens to a phone at lunch?"]
    [call] = slack.made("chat.postMessage")
    assert (call["unfurl_links"], call["unfurl_media"]) == (False, False)


async def test_a_direct_message_is_answered_without_asking_who_reads_the_channel(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    message = slack.write("what happens to a phone at lunch?", channel=DM)
    await sender.event(direct(message))
    [posted] = await slack.until_posted()
    assert posted["thread_ts"] == message["ts"]
    assert slack.made("conversations.info") == []
    assert staffroom.asked == [Question("what happens to a phone at lunch?", Asker(), id=message["ts"])]


async def test_the_status_is_shown_while_it_works_and_released_at_the_end(sender: Sender, slack: Workspace) -> None:
    message = slack.write(ASKED)
    await sender.event(mention(message))
    await slack.until(lambda: len(slack.made("agents.sessions.setStatus")) == 2)
    shown = [
        (call["channel_id"], call["thread_ts"], call["status"]) for call in slack.made("agents.sessions.setStatus")
    ]
    assert shown == [(CHANNEL, message["ts"], "processing"), (CHANNEL, message["ts"], "active")]


async def test_a_status_that_slack_refuses_does_not_cost_the_answer(sender: Sender, slack: Workspace) -> None:
    slack.fail("agents.sessions.setStatus", Failure("not_allowed", times=9))
    await sender.event(mention(slack.write(ASKED)))
    assert len(await slack.until_posted()) == 1


async def test_five_deliveries_of_one_event_at_once_are_answered_once(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    envelope = mention(slack.write(ASKED))
    statuses = await asyncio.gather(*(sender.event(envelope) for _ in range(5)))
    assert {status for status, _ in statuses} == {200}
    await slack.until_posted()
    await sender.event(envelope, **{"X-Slack-Retry-Num": "2"})
    await asyncio.sleep(0.2)
    assert (len(staffroom.asked), len(slack.posted())) == (1, 1)


async def test_one_message_with_two_event_ids_is_answered_once(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    message = slack.write(ASKED)
    await sender.event(mention(message, event_id="Ev1"))
    await sender.event(mention(message, event_id="Ev2"))
    await slack.until_posted()
    await asyncio.sleep(0.2)
    assert len(staffroom.asked) == 1


async def test_two_services_on_the_same_data_answer_an_event_once(slack: Workspace, tmp_path: Path) -> None:
    first, second = FakeStaffroom(), FakeStaffroom()
    async with (
        staffroom_in_slack(first, slack, tmp_path) as to_first,
        staffroom_in_slack(second, slack, tmp_path) as to_second,
    ):
        envelope = mention(slack.write(ASKED))
        await asyncio.gather(to_first.event(envelope), to_second.event(envelope))
        await slack.until_posted()
        await asyncio.sleep(0.2)
    assert len(first.asked) + len(second.asked) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"bot_id": "B0OTHER"},
        {"bot_id": BOT_ID, "user": BOT_USER},
        {"user": BOT_USER},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "channel_join"},
        {"hidden": True},
        {"channel_type": "channel"},
    ],
)
async def test_what_is_not_a_persons_message_to_us_gets_no_answer(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom, change: dict[str, object]
) -> None:
    envelope = direct(slack.write("hello", channel=DM))
    envelope["event"] |= change
    assert (await sender.event(envelope))[0] == 200
    await sender.event(direct(slack.write("a real question", channel=DM)))
    await slack.until_posted()
    assert [question.text for question in staffroom.asked] == ["a real question"]


async def test_a_follow_up_carries_the_turns_before_it(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    first = slack.write(ASKED)
    await sender.event(mention(first))
    await slack.until_posted()
    await sender.event(mention(slack.write(f"<@{BOT_USER}> and in year 6?", thread_ts=first["ts"])))
    await slack.until_posted(2)
    history = staffroom.asked[1].history
    assert history[0] == Turn("user", "what happens to a phone at lunch?")
    assert [turn.role for turn in history] == ["user", "assistant"]
    assert "A phone that is seen or heard" in history[1].text
    assert staffroom.asked[1].text == "and in year 6?"


async def test_a_thread_that_cannot_be_read_still_gets_an_answer(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    first = slack.write("morning all")
    slack.fail("conversations.replies", Failure("missing_scope", times=9))
    await sender.event(mention(slack.write(ASKED, thread_ts=first["ts"])))
    await slack.until_posted()
    assert staffroom.asked[0].history == ()


@pytest.mark.parametrize(
    "change",
    [
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_bot": True},
        {"deleted": True},
        {"is_stranger": True},
        {"team_id": "T0OTHER"},
        {"is_restricted": None},
    ],
)
async def test_someone_who_is_not_staff_is_refused_without_a_word_of_policy(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom, change: dict[str, object]
) -> None:
    slack.users["U0GUEST"] = member("U0GUEST", **change)
    await sender.event(direct(slack.write("phones?", channel=DM, user="U0GUEST")))
    [posted] = await slack.until_posted()
    assert "only staff of the trust" in posted["text"]
    assert staffroom.asked == []


@pytest.mark.parametrize(
    "change",
    [
        {"is_ext_shared": True, "is_shared": True},
        {"is_pending_ext_shared": True},
        {"is_shared": True},
        {"pending_shared": ["T0OTHER"]},
        {"is_ext_shared": None},
    ],
)
async def test_a_channel_that_outsiders_can_read_is_refused(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom, change: dict[str, object]
) -> None:
    slack.channels[CHANNEL] = channel(CHANNEL, **change)
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "Send me a direct message instead" in posted["text"]
    assert staffroom.asked == []


async def test_a_channel_shared_within_the_organisation_is_answered(sender: Sender, slack: Workspace) -> None:
    slack.channels[CHANNEL] = channel(CHANNEL, is_shared=True, is_org_shared=True)
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "A phone that is seen or heard" in posted["text"]


async def test_the_envelope_alone_can_say_that_a_channel_is_shared(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    await sender.event(mention(slack.write(ASKED), is_ext_shared_channel=True))
    await slack.until_posted()
    assert staffroom.asked == []


async def test_who_cannot_be_checked_is_refused(sender: Sender, slack: Workspace, staffroom: FakeStaffroom) -> None:
    slack.fail("users.info", Failure("missing_scope"))
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "could not check who can read" in posted["text"]
    assert staffroom.asked == []


async def test_a_guest_cannot_press_a_button_under_someone_elses_question(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.reply = WHICH_SCHOOL
    slack.users["U0GUEST"] = member("U0GUEST", is_restricted=True)
    await sender.event(mention(slack.write(ASKED)))
    [asking] = await slack.until_posted()
    await sender.action(press(asking, buttons_of(asking)["Kestrel Heath Academy"], user="U0GUEST"))
    refused = (await slack.until_posted(2))[1]
    assert "only staff of the trust" in refused["text"]
    assert len(staffroom.asked) == 1


def ask_which_school(question: Question) -> Reply:
    return QUOTED if question.asker.school else WHICH_SCHOOL


async def test_a_pressed_school_button_answers_the_question_in_its_thread_and_says_for_which_school(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    message = slack.write(ASKED)
    await sender.event(mention(message))
    [asking] = await slack.until_posted()
    assert await sender.action(press(asking, buttons_of(asking)["Saltmarsh Primary School"])) == (200, "")
    answer = (await slack.until_posted(2))[1]
    assert answer["thread_ts"] == message["ts"]
    assert answer["blocks"][0]["elements"][0]["text"] == "For Saltmarsh Primary School, as chosen"
    assert staffroom.asked[1] == Question("what happens to a phone at lunch?", Asker(SALTMARSH.slug), id=message["ts"])


async def test_the_chosen_school_holds_for_the_rest_of_the_thread(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    message = slack.write(ASKED)
    await sender.event(mention(message))
    [asking] = await slack.until_posted()
    await sender.action(press(asking, buttons_of(asking)["Kestrel Heath Academy"]))
    await slack.until_posted(2)
    await sender.event(mention(slack.write("and at break?", thread_ts=message["ts"])))
    await slack.until_posted(3)
    assert staffroom.asked[2].asker.school == KESTREL.slug


async def test_a_button_pressed_twice_answers_once(sender: Sender, slack: Workspace, staffroom: FakeStaffroom) -> None:
    staffroom.replies = ask_which_school
    await sender.event(mention(slack.write(ASKED)))
    [asking] = await slack.until_posted()
    payload = press(asking, buttons_of(asking)["Saltmarsh Primary School"])
    await asyncio.gather(sender.action(payload), sender.action(payload))
    await slack.until_posted(2)
    await asyncio.sleep(0.2)
    assert len(staffroom.asked) == 2


async def test_a_button_can_be_pressed_again_after_a_failure(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    await sender.event(mention(slack.write(ASKED)))
    [asking] = await slack.until_posted()
    payload = press(asking, buttons_of(asking)["Saltmarsh Primary School"])
    staffroom.replies = lambda question: FAILED
    await sender.action(payload)
    await slack.until(lambda: len(slack.made("agents.sessions.setStatus")) == 4)
    await asyncio.sleep(0.1)
    staffroom.replies = ask_which_school
    await sender.action(payload)
    assert "A phone that is seen or heard" in (await slack.until_posted(3))[2]["text"]


async def test_a_question_too_long_for_a_button_is_read_again_from_the_thread(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    long_question = "what about phones " + "at lunch and at break " * 200
    await sender.event(direct(slack.write(long_question, channel=DM)))
    [asking] = await slack.until_posted()
    button = buttons_of(asking)["Saltmarsh Primary School"]
    assert "question" not in json.loads(str(button["value"]))
    await sender.action(press(asking, button, channel=DM))
    await slack.until_posted(2)
    assert staffroom.asked[1].text == long_question.strip()


async def test_a_button_whose_question_was_deleted_says_so(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    message = slack.write("what about phones " + "at lunch and at break " * 200, channel=DM)
    await sender.event(direct(message))
    [asking] = await slack.until_posted()
    slack.messages[DM].remove(message)
    await sender.action(press(asking, buttons_of(asking)["Saltmarsh Primary School"], channel=DM))
    assert "Please ask it again" in (await slack.until_posted(2))[1]["text"]


async def test_the_school_of_the_channel_is_the_askers(slack: Workspace, tmp_path: Path) -> None:
    in_channel = replace(KESTREL, slack_channels=(CHANNEL,))
    staffroom = FakeStaffroom(trust=replace(TRUST, schools=(SALTMARSH, in_channel)))
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
        await slack.until_posted()
    assert staffroom.asked[0].asker.school == "kestrel"


async def test_membership_of_one_schools_user_group_tells_the_school(slack: Workspace, tmp_path: Path) -> None:
    schools = (replace(SALTMARSH, slack_usergroup="S0SALT"), replace(KESTREL, slack_usergroup="S0KEST"))
    staffroom = FakeStaffroom(trust=replace(TRUST, schools=schools))
    slack.user_groups = {"S0SALT": [TEACHER], "S0KEST": []}
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
        await slack.until_posted()
    assert staffroom.asked[0].asker.school == "saltmarsh"


async def test_staff_of_two_schools_have_no_school_until_they_choose(slack: Workspace, tmp_path: Path) -> None:
    schools = (replace(SALTMARSH, slack_usergroup="S0SALT"), replace(KESTREL, slack_usergroup="S0KEST"))
    staffroom = FakeStaffroom(trust=replace(TRUST, schools=schools))
    slack.user_groups = {"S0SALT": [TEACHER], "S0KEST": [TEACHER]}
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
        await slack.until_posted()
    assert staffroom.asked[0].asker.school is None


async def test_blocks_that_slack_rejects_are_posted_as_text(sender: Sender, slack: Workspace) -> None:
    slack.fail("chat.postMessage", Failure("invalid_blocks", only_with=lambda call: bool(call.get("blocks"))))
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert posted["blocks"] == []
    assert "A phone that is seen or heard" in posted["text"]
    assert "Saltmarsh Primary School, Behaviour policy" in posted["text"]


async def test_retry_after_is_obeyed(sender: Sender, slack: Workspace) -> None:
    slack.fail("chat.postMessage", Failure("ratelimited", status=429, retry_after_seconds=1))
    await sender.event(mention(slack.write(ASKED)))
    await slack.until_posted()
    first, second = (call.at for call in slack.calls if call.method == "chat.postMessage")
    assert second - first >= 1.0


async def test_a_failed_answer_is_a_sentence_with_its_reference(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.reply = FAILED
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "7f3a91bc" in posted["text"]


async def test_an_answer_service_that_raises_is_a_sentence_with_a_reference(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    def break_down(_: Question) -> Reply:
        raise RuntimeError("secret detail")

    staffroom.replies = break_down
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "reference" in posted["text"]
    assert "secret detail" not in json.dumps(posted)


async def test_slack_is_acknowledged_before_the_answer_is_made(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    finish = threading.Event()

    def wait(_: Question) -> Reply:
        finish.wait(5)
        return QUOTED

    staffroom.replies = wait
    status, _ = await sender.event(mention(slack.write(ASKED)))
    assert (status, slack.posted()) == (200, [])
    finish.set()
    await slack.until_posted()


async def test_questions_of_one_thread_are_answered_in_order(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    posted_before: dict[str, int] = {}

    def slow_first(question: Question) -> Reply:
        time.sleep(0.3 if question.text == "first" else 0)
        posted_before[question.text] = len(slack.posted())
        return QUOTED

    staffroom.replies = slow_first
    first = slack.write("first", channel=DM)
    await sender.event(direct(first))
    await slack.until(lambda: len(staffroom.asked) == 1)
    await sender.event(direct(slack.write("second", channel=DM, thread_ts=first["ts"])))
    await slack.until_posted(2)
    assert posted_before == {"first": 0, "second": 1}


async def test_a_shutdown_waits_for_the_answer_under_way(slack: Workspace, tmp_path: Path) -> None:
    def slowly(_: Question) -> Reply:
        time.sleep(0.5)
        return QUOTED

    async with staffroom_in_slack(FakeStaffroom(replies=slowly), slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
    [posted] = slack.posted()
    assert "A phone that is seen or heard" in posted["text"]


async def test_pressing_stop_ends_the_work_and_says_so(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    finish = threading.Event()

    def wait(_: Question) -> Reply:
        finish.wait(5)
        return QUOTED

    staffroom.replies = wait
    message = slack.write("phones?", channel=DM)
    await sender.event(direct(message))
    await slack.until(lambda: len(staffroom.asked) == 1)
    stopped = {"type": "agent_session_stopped", "channel": DM, "thread_ts": message["ts"], "user": TEACHER}
    envelope = {**direct(message, event_id="EvStop"), "event": stopped}
    assert (await sender.event(envelope))[0] == 200
    [posted] = await slack.until_posted()
    finish.set()
    assert posted["text"].startswith("Stopped.")


async def test_an_opened_direct_message_offers_three_questions(sender: Sender, slack: Workspace) -> None:
    opened = {"type": "app_home_opened", "user": TEACHER, "channel": DM, "tab": "messages"}
    await sender.event({**direct({"ts": "1"}, event_id="EvHome"), "event": opened})
    await slack.until(lambda: bool(slack.made("assistant.threads.setSuggestedPrompts")))
    [call] = slack.made("assistant.threads.setSuggestedPrompts")
    assert call["channel_id"] == DM
    assert len(call["prompts"]) == 3


async def test_slacks_test_of_the_address_is_answered(sender: Sender) -> None:
    status, body = await sender.event({"type": "url_verification", "challenge": "c-123"})
    assert (status, json.loads(body)) == (200, {"challenge": "c-123"})


async def test_a_forged_signature_is_refused_and_nothing_of_it_is_logged(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = json.dumps(mention(slack.write("a secret question"))).encode()
    status, _ = await sender.raw(body, {"Content-Type": "application/json", **sign(body, secret="wrong")})
    assert status == 401
    assert staffroom.asked == []
    assert "secret question" not in caplog.text


EMPTY = b"{}"


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (EMPTY, dict, 400),
        (EMPTY, lambda: sign(EMPTY, at=time.time() - 3600), 401),
        (EMPTY, lambda: {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": "v0=0"}, 400),
        (EMPTY, lambda: {**sign(EMPTY), "X-Slack-Request-Timestamp": "-5"}, 400),
        (EMPTY, lambda: {**sign(EMPTY), "X-Slack-Signature": "v0=é"}, 401),
        (b"\xff\xfe{}", lambda: sign(b"\xff\xfe{}"), 400),
        (b"{not json", lambda: sign(b"{not json"), 400),
        (b"[1, 2]", lambda: {**sign(b"[1, 2]"), "Content-Type": "application/json"}, 400),
        (b'{"event": "x"}', lambda: sign(b'{"event": "x"}'), 400),
        (b"payload=%7Bno", lambda: sign(b"payload=%7Bno"), 400),
        (b"[" * 100_000, lambda: {**sign(b"[" * 100_000), "Content-Type": "application/json"}, 400),
        (b"{" + b" " * 1024 * 1024 + b"}", lambda: sign(b"{}"), 413),
    ],
    ids=[
        "unsigned", "stale", "no number", "negative", "not ASCII", "not UTF-8", "not JSON", "a list", "odd event",
        "bad form", "nested", "too long",
    ],
)  # fmt: skip
async def test_a_request_that_is_not_slacks_or_cannot_be_read_is_refused(
    sender: Sender, staffroom: FakeStaffroom, body: bytes, headers: Callable[[], dict[str, str]], expected: int
) -> None:
    status, text = await sender.raw(body, headers())  # signed now: a signature is good for five minutes
    assert status == expected
    assert text.endswith(".\n") or status == 413
    assert staffroom.asked == []


async def test_a_question_whose_service_was_killed_after_the_acknowledgement_is_answered_once(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path, short_lease: None
) -> None:
    async with killed_at_the_end(slack, tmp_path) as to_the_killed:
        envelope = mention(slack.write(ASKED))
        assert (await to_the_killed.event(envelope))[0] == 200
    assert slack.posted() == []
    async with (
        staffroom_in_slack(staffroom, slack, tmp_path) as sender,
        staffroom_in_slack(staffroom, slack, tmp_path),
    ):
        assert (await sender.event(envelope, **{"X-Slack-Retry-Num": "1"}))[0] == 200
        [posted] = await slack.until_posted()
        await asyncio.sleep(1.0)
    assert posted["thread_ts"] == envelope["event"]["ts"]
    assert (len(staffroom.asked), len(slack.posted())) == (1, 1)


async def test_a_button_whose_service_was_killed_is_answered_by_the_next(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path, short_lease: None
) -> None:
    staffroom.replies = ask_which_school
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
        [asking] = await slack.until_posted()
    async with killed_at_the_end(slack, tmp_path) as to_the_killed:
        assert (await to_the_killed.action(press(asking, buttons_of(asking)["Kestrel Heath Academy"])))[0] == 200
    async with staffroom_in_slack(staffroom, slack, tmp_path):
        await slack.until_posted(2)
    assert staffroom.asked[1] == replace(staffroom.asked[0], asker=Asker(KESTREL.slug))


async def test_an_answer_that_slack_cannot_take_just_now_is_posted_later(
    short_lease: None, sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    slack.fail("chat.postMessage", Failure("fatal_error"))
    await sender.event(mention(slack.write(ASKED)))
    [posted] = await slack.until_posted()
    assert "A phone that is seen or heard" in posted["text"]
    assert len(staffroom.asked) == 2


async def test_an_answer_that_slack_will_never_take_is_not_made_again(
    short_lease: None, sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    slack.fail("chat.postMessage", Failure("is_archived", times=9))
    await sender.event(mention(slack.write(ASKED)))
    await slack.until(lambda: bool(slack.made("chat.postMessage")))
    await asyncio.sleep(1.0)
    assert len(staffroom.asked) == 1


async def test_a_button_can_be_pressed_again_after_stop(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    staffroom.replies = ask_which_school
    message = slack.write(ASKED)
    await sender.event(mention(message))
    [asking] = await slack.until_posted()
    payload = press(asking, buttons_of(asking)["Saltmarsh Primary School"])
    finish = threading.Event()

    def wait(_: Question) -> Reply:
        finish.wait(5)
        return QUOTED

    staffroom.replies = wait
    await sender.action(payload)
    await slack.until(lambda: len(staffroom.asked) == 2)
    await sender.event(stop_pressed(message))
    assert "Stopped" in (await slack.until_posted(2))[1]["text"]
    await slack.until(lambda: len(slack.made("agents.sessions.setStatus")) >= 5)
    finish.set()
    staffroom.replies = ask_which_school
    await sender.action(payload)
    assert "A phone that is seen or heard" in (await slack.until_posted(3))[2]["text"]


async def test_what_a_bystander_wrote_in_the_thread_is_no_part_of_the_question(
    sender: Sender, slack: Workspace, staffroom: FakeStaffroom
) -> None:
    first = slack.write(ASKED)
    await sender.event(mention(first))
    await slack.until_posted()
    slack.write("we had this at Kestrel Heath last week", user="U0BYSTANDER", thread_ts=first["ts"])
    await sender.event(mention(slack.write(f"<@{BOT_USER}> and in year 6?", thread_ts=first["ts"])))
    await slack.until_posted(2)
    assert [turn.role for turn in staffroom.asked[1].history] == ["user", "assistant"]
    assert "Kestrel" not in str(staffroom.asked[1].history)


@pytest.mark.parametrize("missing", ["team_id", "user_id"])
async def test_an_answer_of_slack_that_does_not_say_who_we_are_is_named_by_ready_and_asked_again(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path, missing: str
) -> None:
    lacking = slack.identity.pop(missing)
    async with staffroom_in_slack(staffroom, slack, tmp_path, until_ready=False) as sender:
        [reason] = await reasons_once_not(sender, "Slack has not answered yet.")
        assert f"holds no {missing}" in reason
        slack.identity[missing] = lacking
        await sender.event(mention(slack.write(ASKED)))
        await slack.until(lambda: len(slack.made("auth.test")) == 2)
        assert await reasons_once_not(sender, reason) == []


async def test_a_connection_that_breaks_on_an_unknown_error_is_named_by_ready_and_logged(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise LookupError("unforeseen")

    monkeypatch.setattr("bot.slack.connection.register_listeners", break_down)
    with structlog.testing.capture_logs() as logged:
        async with staffroom_in_slack(staffroom, slack, tmp_path, until_ready=False) as sender:
            [reason] = await reasons_once_not(sender, "Slack has not answered yet.")
            status, _ = await sender.event(mention(slack.write(ASKED)))
    assert "LookupError" in reason
    assert "restart" in reason
    assert status == 503
    assert "slack_connection_broke" in [line["event"] for line in logged]


def test_a_service_that_cannot_keep_slacks_events_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "slack-events.sqlite3").mkdir()
    with pytest.raises(SettingsError, match="STAFFROOM_DATA"):
        create_service(FakeStaffroom(), settings_for(tmp_path, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s"))


async def test_a_wrong_token_is_named_by_ready_and_events_are_kept_for_later(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path
) -> None:
    async with staffroom_in_slack(
        staffroom, slack, tmp_path, until_ready=False, SLACK_BOT_TOKEN="xoxb-wrong"
    ) as sender:
        await slack.until(lambda: bool(slack.made("auth.test")))
        await asyncio.sleep(0.05)
        async with sender.session.get(f"{sender.url}/health/ready") as response:
            assert response.status == 503
            [reason] = (await response.json())["reasons"]
        status, _ = await sender.event(mention(slack.write(ASKED)))
    assert "SLACK_BOT_TOKEN" in reason
    assert "invalid_auth" in reason
    assert status == 503


async def test_slack_is_tried_again_until_it_answers(
    slack: Workspace, staffroom: FakeStaffroom, tmp_path: Path
) -> None:
    slack.fail("auth.test", Failure("internal_error", times=1))
    async with staffroom_in_slack(staffroom, slack, tmp_path) as sender:
        await sender.event(mention(slack.write(ASKED)))
        await slack.until_posted()
    assert len(slack.made("auth.test")) == 2


async def test_socket_mode_answers_without_a_signing_secret(slack: Workspace, tmp_path: Path) -> None:
    staffroom = FakeStaffroom()
    async with staffroom_in_slack(
        staffroom, slack, tmp_path, SLACK_APP_TOKEN=APP_TOKEN, SLACK_SIGNING_SECRET=""
    ) as sender:
        await slack.until(lambda: bool(slack.sockets))
        envelope = mention(slack.write(ASKED))
        await slack.sockets[0].send_json(
            {"type": "events_api", "envelope_id": "e-1", "payload": envelope, "accepts_response_payload": False}
        )
        await slack.until_posted()
        await slack.until(lambda: "e-1" in slack.acknowledged)
        status, text = await sender.event(envelope)
    assert status == 404
    assert "SLACK_SIGNING_SECRET" in text
    assert len(staffroom.asked) == 1


async def test_metrics_count_outcomes_and_never_words(sender: Sender, slack: Workspace) -> None:
    await sender.event(mention(slack.write(ASKED)))
    await slack.until(lambda: len(slack.made("agents.sessions.setStatus")) == 2)
    async with sender.session.get(f"{sender.url}/metrics") as response:
        text = await response.text()
    assert 'staffroom_questions_total{outcome="answered",place="channel"} 1.0' in text
    assert 'staffroom_answer_seconds_count{place="channel"} 1.0' in text
    assert "staffroom_index_documents 3.0" in text
    assert "lunch" not in text


async def test_the_log_holds_no_question_and_no_answer(
    sender: Sender, slack: Workspace, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    await sender.event(mention(slack.write(f"<@{BOT_USER}> my unmistakable question")))
    await slack.until_posted()
    logged = caplog.text + "".join(capsys.readouterr())
    assert "unmistakable" not in logged
    assert "A phone that is seen" not in logged
