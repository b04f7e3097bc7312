"""Turns are kept, in order within a thread, and waited for."""

from __future__ import annotations

import asyncio

from bot.slack.turns import Turns, WhyCancelled

THREAD = ("C1", "17.1")


async def nothing(_: WhyCancelled) -> None:
    return None


async def test_turns_of_one_thread_run_one_at_a_time_in_order_of_arrival() -> None:
    turns, done, running = Turns(), [], 0

    def work(number: int):  # type: ignore[no-untyped-def]
        async def run() -> None:
            nonlocal running
            running += 1
            assert running == 1
            await asyncio.sleep(0.02 / number)
            running -= 1
            done.append(number)

        return run

    for number in (1, 2, 3):
        turns.start(THREAD, work(number), when_cancelled=nothing)
    await turns.drain(1)
    assert (done, turns.under_way) == ([1, 2, 3], 0)


async def test_two_threads_do_not_wait_for_each_other() -> None:
    turns, both = Turns(), asyncio.Barrier(2)

    async def meet() -> None:
        await both.wait()

    turns.start(("C1", "1.0"), meet, when_cancelled=nothing)
    turns.start(("C1", "2.0"), meet, when_cancelled=nothing)
    await asyncio.wait_for(turns.drain(1), 0.5)
    assert turns.under_way == 0


async def test_what_is_not_done_when_the_service_stops_says_so_even_if_it_never_began() -> None:
    turns, said = Turns(), []

    async def for_ever() -> None:
        await asyncio.sleep(60)

    async def say(why: WhyCancelled) -> None:
        said.append(why)

    turns.start(THREAD, for_ever, when_cancelled=say)
    turns.start(THREAD, for_ever, when_cancelled=say)
    await turns.drain(0.01)
    assert said == ["shutdown", "shutdown"]


async def test_a_turn_that_is_stopped_before_its_first_step_says_so_and_only_once() -> None:
    turns, said, done = Turns(), [], []

    async def work() -> None:
        done.append("done")

    async def say(why: WhyCancelled) -> None:
        await asyncio.sleep(0)
        said.append(why)

    turns.start(THREAD, work, when_cancelled=say)
    turns.stop(THREAD)
    await asyncio.sleep(0)
    turns.stop(THREAD)
    await turns.drain(1)
    assert (said, done, turns.under_way) == (["stopped"], [], 0)


async def test_a_turn_that_breaks_leaves_the_next_one_of_its_thread_to_run() -> None:
    turns, done = Turns(), []

    async def break_down() -> None:
        raise RuntimeError("broken")

    async def work() -> None:
        done.append("done")

    turns.start(THREAD, break_down, when_cancelled=nothing)
    turns.start(THREAD, work, when_cancelled=nothing)
    await turns.drain(1)
    assert (done, turns.under_way) == (["done"], 0)


async def test_stopping_a_thread_leaves_the_others() -> None:
    turns, said, done = Turns(), [], []

    async def shortly() -> None:
        await asyncio.sleep(0.02)
        done.append("done")

    async def say(why: WhyCancelled) -> None:
        said.append(why)

    turns.start(THREAD, shortly, when_cancelled=say)
    turns.start(("C1", "2.0"), shortly, when_cancelled=say)
    await asyncio.sleep(0)
    assert turns.stop(THREAD)
    assert not turns.stop(("C1", "3.0"))
    await turns.drain(1)
    assert (said, done) == (["stopped"], ["done"])
