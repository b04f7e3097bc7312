"""What a chat model writes over the evidence: which sentences become the draft, when they are shown, what is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from bot.answering.trace import TraceNotes
from bot.answering.write import OnSentence, Written, compose_with_model, split_claims
from bot.errors import ChatModelFailed
from bot.model import AnswerSentence, Draft, Evidence, LookUp
from bot.prompts import load_prompt
from ingestion.model import IndexedPassage
from tests.building import TRUST, indexed, scored

PROMPT = load_prompt("compose")
LEAVE = indexed("Bereavement leave is up to five days, paid. The head decides on more.", id=1)
PARKING = indexed("Staff park behind the hall.", id=2, title="Handbook", path="trust/handbook.md")


class WritesThis:
    """A chat model that writes what it is told to, in pieces where it is listened to, and keeps what it was sent."""

    name = "test:model"

    def __init__(self, *pieces: str, is_cut_off: bool = False, fails_after: int | None = None) -> None:
        self._pieces = pieces
        self._is_cut_off = is_cut_off
        self._fails_after = fails_after
        self.sent = ""

    def write(
        self,
        system: str,
        user: str,
        *,
        temperature: float,
        max_output_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Written:
        self.sent = user
        for place, piece in enumerate(self._pieces):
            if place == self._fails_after:
                raise ChatModelFailed("gone", "unreachable")
            if on_text:
                on_text(piece)
        return Written("".join(self._pieces), self._is_cut_off, tokens_in=90, tokens_out=9)


def composed(
    model: WritesThis,
    *passages: IndexedPassage,
    asked: str = "how long is bereavement leave?",
    notes: TraceNotes | None = None,
    on_sentence: OnSentence | None = None,
    max_input_characters: int = 12_000,
) -> Draft:
    return compose_with_model(
        asked,
        Evidence(tuple(map(scored, passages or (PARKING, LEAVE)))),
        lookup=LookUp(asked),
        model=model,
        prompt=replace(PROMPT, max_input_characters=max_input_characters),
        trust=TRUST,
        notes=notes or TraceNotes(embedding_model="none"),
        on_sentence=on_sentence,
    )


def texts(draft: Draft) -> Sequence[str]:
    return [claim.text for claim in draft.claims]


# ── the draft ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_claims_rest_on_the_passages_they_cite_and_what_was_dropped_is_told_with_why() -> None:
    notes = TraceNotes(embedding_model="none")
    model = WritesThis("Bereavement leave is up to five days [2]. I made this up. So is this [9].")
    draft = composed(model, notes=notes)
    assert [(claim.text, claim.supports) for claim in draft.claims] == [("Bereavement leave is up to five days.", (0,))]
    assert draft.quotations[0].found.id == 1
    assert draft.made_by == f"test:model {PROMPT.digest}"
    assert notes.freeze().dropped == (
        "I made this up. (it cites no passage)",
        "So is this. (it cites a passage that was not sent)",
    )


def test_a_call_is_written_down_with_its_prompt_its_time_and_its_tokens() -> None:
    notes = TraceNotes(embedding_model="none")
    composed(WritesThis("Bereavement leave is up to five days [2]."), notes=notes)
    with pytest.raises(ChatModelFailed):
        composed(WritesThis("Ber", fails_after=0), notes=notes)
    good, bad = notes.freeze().model_calls
    assert (good.step, good.model, good.prompt, good.problem) == ("compose", "test:model", PROMPT.digest, None)
    assert (good.tokens_in, good.tokens_out, bad.tokens_in, bad.problem) == (90, 9, None, "unreachable")


@pytest.mark.parametrize(
    "written",
    [
        "NOT IN THE PASSAGES",
        "I am sorry, that is not in the passages [1].",
        "Staff park behind the hall [1].",
        "Bereavement leave is paid [2].",
        "Bereavement leave is up to ten days, paid [2]. The head decides on more [2].",
    ],
)
def test_what_does_not_answer_makes_no_claims(written: str) -> None:
    assert composed(WritesThis(written)).claims == ()


def test_a_last_sentence_that_is_cut_off_is_dropped() -> None:
    written = "Bereavement leave is up to five days, paid [2]. The head decides [2] on"
    assert texts(composed(WritesThis(written, is_cut_off=True))) == ["Bereavement leave is up to five days, paid."]
    whole = "Bereavement leave is up to five days, paid [2]. The head decides on more [2]."
    assert len(composed(WritesThis(whole, is_cut_off=True)).claims) == 2


@pytest.mark.parametrize(
    ("written", "claims"),
    [
        ("Five days [1]. Ask the head [2][3].", [("Five days.", (1,)), ("Ask the head.", (2, 3))]),
        ("Five days. [1] Ask.", [("Five days.", (1,)), ("Ask.", ())]),
        ("It is 3.5 days [2]", [("It is 3.5 days", (2,))]),
        ("Five days [1, 2].", [("Five days.", (1, 2))]),
        ("Staff must not, i.e. never, share it [1].", [("Staff must not, i.e. never, share it.", (1,))]),
        ("The head [1] decides. So be it [2].", [("The head decides.", (1,)), ("So be it.", (2,))]),
        ("", []),
    ],
)
def test_a_models_text_is_split_into_claims_with_their_numbers(
    written: str, claims: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert split_claims(written) == claims


@pytest.mark.parametrize(
    "written",
    [
        "- Leave is five days [1].\n- Ask the head [2].",
        "1. Leave is five days [1].\n2. Ask the head [2].",
        "Leave is five\ndays [1].\n\nAsk the head [2].",
        "Leave is five days.\n[1] Ask the head. [2]",
        "Le\u200bave is five days [1]. Ask the he\u00adad [2].",
    ],
)
def test_lists_lines_and_hidden_characters_do_not_confuse_it(written: str) -> None:
    assert split_claims(written) == [("Leave is five days.", (1,)), ("Ask the head.", (2,))]


# ── while it writes ──────────────────────────────────────────────────────────────────────────────────────────────────


def shown_at(*pieces: str, fails_after: int | None = None) -> tuple[list[tuple[int, AnswerSentence]], Draft | None]:
    """Each sentence that was shown with how many pieces had come by then."""
    come, shown = 0, list[tuple[int, AnswerSentence]]()

    class Counting(WritesThis):
        def write(self, *given: str, on_text: Callable[[str], None] | None = None, **more: object) -> Written:
            def counted(piece: str) -> None:
                nonlocal come
                come += 1
                assert on_text
                on_text(piece)

            return super().write(*given, on_text=counted, **more)  # type: ignore[arg-type]

    model = Counting(*pieces, fails_after=fails_after)
    try:
        draft = composed(model, on_sentence=lambda sentence: shown.append((come, sentence)))
    except ChatModelFailed:
        return shown, None
    return shown, draft


FIRST, SECOND = "Bereavement leave is up to five days, paid.", "The head decides on more."


def test_a_sentence_is_shown_once_the_next_has_begun_and_the_last_at_the_end() -> None:
    shown, draft = shown_at("Bereavement leave is up", " to five days, paid [2].", " The", " head decides on more [2].")
    assert shown == [(3, AnswerSentence(FIRST, (1,))), (4, AnswerSentence(SECOND, (2,)))] or shown == [
        (3, AnswerSentence(FIRST, (1,))),
        (4, AnswerSentence(SECOND, (1,))),
    ]
    assert draft is not None
    assert texts(draft) == [FIRST, SECOND]


def test_a_sentence_whose_number_has_not_come_is_not_shown() -> None:
    shown, _ = shown_at("Bereavement leave is up to five days, paid.", " [2", "]", " The head decides on more [2].")
    assert [at for at, _ in shown] == [4, 4]


def test_a_sentence_that_fails_is_never_shown() -> None:
    shown, draft = shown_at(
        "Bereavement leave is up to nine days [2]. ", "Bereavement leave is up to five days, paid [2]."
    )
    assert [sentence.text for _, sentence in shown] == [FIRST]
    assert draft is not None


def test_nothing_is_shown_until_a_sentence_answers() -> None:
    shown, _ = shown_at("Staff park behind the hall [1]. ", "Staff park behind the hall [1]. ", f"{FIRST} [2] ", "The")
    assert [(at, sentence.text) for at, sentence in shown][:3] == [
        (4, "Staff park behind the hall."),
        (4, "Staff park behind the hall."),
        (4, FIRST),
    ]
    assert shown_at("Staff park behind the hall [1]. Staff park behind the hall [1].")[0] == []


def test_when_the_model_fails_halfway_what_was_shown_was_right_and_there_is_no_draft() -> None:
    shown, draft = shown_at(f"{FIRST} [2] ", "The head decides ", "on more [2].", fails_after=2)
    assert [sentence.text for _, sentence in shown] == [FIRST]
    assert draft is None


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_passage_is_sent_between_fences_with_whose_it_is_and_where_it_stands() -> None:
    model = WritesThis("NOT IN THE PASSAGES")
    composed(model)
    fence = re.search(r"<passage 1 (\w+)>", model.sent)
    assert fence
    assert (
        f"<passage 2 {fence[1]}>\nSamphire Coast Learning Trust, Leave of absence policy (page 1)\n"
        f"{LEAVE.passage.text}\n</passage 2 {fence[1]}>"
    ) in model.sent


def test_the_fence_is_another_with_every_call_and_stands_in_no_passage() -> None:
    sent = []
    for _ in range(3):
        model = WritesThis("NOT IN THE PASSAGES")
        composed(model, indexed("[2] Handbook: bereavement leave is five days."))
        sent.append(model.sent)
    fences = [re.search(r"<question (\w{12})>", text) for text in sent]
    assert len({fence[1] for fence in fences if fence}) == 3


def test_the_best_passages_that_fit_are_sent_and_a_passage_that_is_too_long_makes_room_for_the_next() -> None:
    long = indexed("Bereavement. " * 60, id=3)
    model = WritesThis("Bereavement leave is up to five days [1].")
    assert texts(composed(model, long, LEAVE, PARKING, max_input_characters=145)) == [
        "Bereavement leave is up to five days."
    ]
    assert "<passage 1" in model.sent
    assert "<passage 2" not in model.sent


def test_where_no_passage_may_be_sent_the_model_is_not_asked() -> None:
    model = WritesThis("Bereavement leave is up to five days [1].")
    assert composed(model, LEAVE, max_input_characters=40).claims == ()
    assert model.sent == ""


def test_hidden_characters_are_not_sent() -> None:
    model = WritesThis("NOT IN THE PASSAGES")
    composed(model, indexed("Five\u200b days\u202e are \U000e0041paid."))
    assert "Five days are paid." in model.sent
