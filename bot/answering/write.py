"""How does a chat model write an answer over the evidence?

The passages are sent between fences that they cannot forge; what comes back is split into sentences, each resting on
the passages that it cites. A sentence that they do not carry is dropped, with why; when what is left does not answer,
nothing is.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.answering.addressed import speaks_to_a_model, without_hidden
from bot.answering.claims import ClaimCheck
from bot.answering.figures import figures_in
from bot.answering.trace import TraceNotes
from bot.answering.units import as_quotation, quotable_units, sentence_spans
from bot.answering.verify import school_name
from bot.answering.words import STOP_WORDS, content_words, stem, stems
from bot.errors import ChatModelFailed
from bot.model import AnswerSentence, Claim, Draft, Evidence, LookUp, ModelCall, Quotation, ScoredPassage
from bot.prompts import Prompt
from ingestion.model import Trust

DECLINED = "NOT IN THE PASSAGES"
OnSentence = Callable[[AnswerSentence], None]
"""Is handed each sentence of a chat model's answer as soon as it has passed every check, in order."""

_CITED = re.compile(r"\[(\d{1,2})\]")
_ASKS_HOW_MANY = re.compile(r"\b(?:how (?:many|much|long)|what time)\b", re.IGNORECASE)
_SPECIFIC_SHARE = 0.5
"""A sentence answers when it shares this share of the question's words that the evidence knows, or two of them."""


@dataclass(frozen=True)
class Written:
    """What a chat model wrote; `is_cut_off` at the cap on tokens. Tokens are None where the provider does not tell."""

    text: str
    is_cut_off: bool = False
    tokens_in: int | None = None
    tokens_out: int | None = None


class ChatModel(Protocol):
    """Writes a text from two; raises ChatModelFailed when it cannot, or not in time.

    `on_text` is handed the text piece by piece as it comes; without it the text is fetched whole.
    """

    @property
    def name(self) -> str: ...

    def write(
        self,
        system: str,
        user: str,
        *,
        temperature: float,
        max_output_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Written: ...


def compose_with_model(
    question: str,
    evidence: Evidence,
    *,
    lookup: LookUp,
    model: ChatModel,
    prompt: Prompt,
    trust: Trust,
    notes: TraceNotes,
    on_sentence: OnSentence | None = None,
) -> Draft:
    """A draft of claims that the evidence carries, written by the model; without claims when it declined, or when what
    is left of its text does not answer. Raises ChatModelFailed.

    `question` is as a person asked it, made to stand alone. `on_sentence` is handed each sentence of the draft, as
    `verify` will number it, while the model still writes; nothing that does not answer is handed on. Should the model
    then fail, or a later sentence show that the answer was among the dropped, the draft has no claims all the same.
    """
    sent = _passages_to_send(evidence, question, prompt)
    made_by = f"{model.name} {prompt.digest}"
    if not sent:
        notes.dropped("no passage was sent: each speaks to a model, or is too long")
        return Draft((), made_by=made_by)
    fence = new_fence(" ".join([question, *map(_whole, sent)]))
    user = prompt.fill_user(fence=fence, question=without_hidden(question), passages=_fenced(sent, fence, trust))
    taken = _Taken(sent, lookup, ClaimCheck(trust, lookup.schools), notes, on_sentence)
    written = ask_model(
        "compose",
        prompt.system,
        user,
        model=model,
        prompt=prompt,
        notes=notes,
        on_text=taken.add if on_sentence else None,
    )
    return taken.draft(written, made_by=made_by)


def ask_model(
    step: str,
    system: str,
    user: str,
    *,
    model: ChatModel,
    prompt: Prompt,
    notes: TraceNotes,
    on_text: Callable[[str], None] | None = None,
) -> Written:
    """One call, written down whatever comes of it. Raises ChatModelFailed."""
    started = time.perf_counter()
    written, problem = None, None
    try:
        written = model.write(
            system,
            user,
            temperature=prompt.temperature,
            max_output_tokens=prompt.max_output_tokens,
            **({} if on_text is None else {"on_text": on_text}),
        )
        problem = "cut_off" if written.is_cut_off else None
    except ChatModelFailed as error:
        problem = error.problem
        raise
    finally:
        notes.called(
            ModelCall(
                step=step,
                model=model.name,
                prompt=prompt.digest,
                took_ms=round((time.perf_counter() - started) * 1000, 1),
                tokens_in=written.tokens_in if written else None,
                tokens_out=written.tokens_out if written else None,
                problem=problem,
            )
        )
    return written


class _Taken:
    """The sentences of a text that may still be growing, checked one by one as each is complete."""

    def __init__(
        self,
        sent: Sequence[ScoredPassage],
        lookup: LookUp,
        check: ClaimCheck,
        notes: TraceNotes,
        on_sentence: OnSentence | None,
    ) -> None:
        self._sent = sent
        self._check = check
        self._notes = notes
        self._on_sentence = on_sentence
        known = {one for source in sent for one in stems(_whole(source))}
        self._asked = frozenset(stem(word) for word in content_words(lookup.query) if word not in STOP_WORDS) & known
        self._wants_figure = bool(_ASKS_HOW_MANY.search(lookup.query))
        self._text = ""
        self._seen = self._shown = 0
        self._kept: list[Claim] = []
        self._quotations: list[Quotation] = []
        self._nearest_dropped = 0

    def add(self, piece: str) -> None:
        """More of the text: checks each sentence that another one follows, and shows what may be shown."""
        self._text += piece
        self._take(split_claims(self._text)[:-1])
        if self._answers():
            self._show()

    def draft(self, written: Written, *, made_by: str) -> Draft:
        """The draft of the whole text. A last sentence that was cut off is dropped."""
        sentences = split_claims(written.text)
        if written.is_cut_off and sentences and not re.search(r"[.!?][”\"’)]*(?:\s*\[\d+\])*\s*$", written.text):
            sentences = sentences[:-1]
            self._notes.dropped("the last sentence: it is cut off")
        self._take(sentences)
        if not self._answers():
            if self._kept:
                self._notes.dropped("the rest: it does not answer")
            return Draft((), made_by=made_by)
        self._show()
        return Draft(tuple(self._quotations), tuple(self._kept), made_by=made_by)

    def _take(self, sentences: Sequence[tuple[str, tuple[int, ...]]]) -> None:
        for sentence, numbers in sentences[self._seen :]:
            self._seen += 1
            cited = [self._sent[number - 1] for number in dict.fromkeys(numbers) if 1 <= number <= len(self._sent)]
            if DECLINED in sentence.upper():
                why: str | None = "it declines"
            elif len(cited) < len(set(numbers)):
                why = "it cites a passage that was not sent"
            else:
                why = self._check.why_not(sentence, [source.found for source in cited])
            if why is None:
                self._kept.append(Claim(sentence, self._supports(sentence, cited)))
            else:
                self._notes.dropped(f"{sentence} ({why})")
                self._nearest_dropped = max(self._nearest_dropped, self._nearness(sentence))

    def _supports(self, sentence: str, cited: Sequence[ScoredPassage]) -> tuple[int, ...]:
        supports = []
        for source in cited:
            quotation = closest_quotation(sentence, source)
            if quotation not in self._quotations:
                self._quotations.append(quotation)
            supports.append(self._quotations.index(quotation))
        return tuple(dict.fromkeys(supports))

    def _answers(self) -> bool:
        """True when some kept sentence is about what was asked, none that came nearer to it was dropped, and there is a
        figure where one was asked for."""
        if self._wants_figure and not any(figures_in(claim.text) for claim in self._kept):
            return False
        nearest = max((self._nearness(claim.text) for claim in self._kept), default=0)
        enough = not self._asked or nearest >= min(2, _SPECIFIC_SHARE * len(self._asked))
        return bool(self._kept) and enough and nearest >= self._nearest_dropped

    def _nearness(self, sentence: str) -> int:
        """How many of the question's words a sentence says. A citation shows where the others stand."""
        return len(self._asked & set(stems(sentence)))

    def _show(self) -> None:
        for claim in self._kept[self._shown :]:
            self._shown += 1
            if self._on_sentence is not None:
                self._on_sentence(AnswerSentence(claim.text, tuple(index + 1 for index in claim.supports)))


def split_claims(written: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of a model's text with the passage numbers in or directly behind each. A list's items are each a
    sentence; hidden characters are left out."""
    lines = [re.sub(r"^\s*(?:[-*•]|\d+[.)])\s+", "", line) for line in without_hidden(written).splitlines()]
    return [claim for line in _joined(lines) for claim in _claims_of(line)]


def _joined(lines: Sequence[str]) -> list[str]:
    """Lines that a sentence runs over as one; a line that begins anew after a full stop or a number is its own."""
    joined: list[str] = []
    for line in filter(None, (line.strip() for line in lines)):
        runs_on = joined and (not re.search(r"[.!?:\]]$", joined[-1]) or re.match(r"\[\d", line))
        if runs_on:
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def _claims_of(written: str) -> list[tuple[str, tuple[int, ...]]]:
    listed = re.sub(r"\[(\d{1,2}(?:\s*[,;]\s*\d{1,2})+)\]", _apart, written)
    folded = re.sub(r"\s+(?=\[\d)", "", " ".join(listed.split()))
    plain, marks = "", []
    for piece in re.split(r"(\[\d{1,2}\])", folded):
        if found := _CITED.fullmatch(piece):
            marks.append((len(plain), int(found[1])))
        elif marks and marks[-1][0] == len(plain) and piece[:1] in (".", "!", "?"):
            # the number stood before the full stop: it belongs to this sentence all the same
            plain += piece
            marks = [(at + 1 if at == len(plain) - len(piece) else at, number) for at, number in marks]
        else:
            plain += piece
    return [
        (plain[start:end].strip(), tuple(number for at, number in marks if start < at <= end))
        for start, end in sentence_spans(plain)
    ]


def _apart(numbers: re.Match[str]) -> str:
    """ "[1, 2]" as "[1][2]"."""
    return "".join(f"[{number}]" for number in re.findall(r"\d+", numbers[1]))


def closest_quotation(claim: str, source: ScoredPassage) -> Quotation:
    """The unit of the cited passage that holds most of the claim's figures and words: what the citation shows."""
    said = {stem(word) for word in content_words(claim)}
    figures = {figure.value for figure in figures_in(claim)}

    def nearness(text: str) -> int:
        return len(said & set(stems(text))) + len(figures & {figure.value for figure in figures_in(text)})

    units = quotable_units(source)
    return as_quotation(
        max(units, key=lambda unit: (nearness(" ".join((*unit.header, unit.text))), unit.start - unit.end))
    )


def _passages_to_send(evidence: Evidence, question: str, prompt: Prompt) -> list[ScoredPassage]:
    """The best passages within the prompt's cap on characters, in their order; none that speaks to a model."""
    left = prompt.max_input_characters - len(question)
    sent: list[ScoredPassage] = []
    for source in evidence.kept:
        length = len(_whole(source))
        if length <= left and not speaks_to_a_model(_whole(source)):
            sent.append(source)
            left -= length
    return sent


def new_fence(texts: str) -> str:
    """A word that no text between the fences holds, new with every call: a document cannot end its own passage."""
    while (fence := secrets.token_hex(6)) in texts:
        pass
    return fence


def _fenced(sent: Sequence[ScoredPassage], fence: str, trust: Trust) -> str:
    """Each passage under its number, with whose it is, its document and headings, and where it stands."""
    parts = []
    for number, source in enumerate(sent, start=1):
        found = source.found
        whose = school_name(found.version.school, trust)
        where = ", ".join(filter(None, [whose, " > ".join((found.version.title, *found.passage.heading))]))
        shown = without_hidden(f"{where} ({found.passage.locator})\n{found.passage.text}")
        parts.append(f"<passage {number} {fence}>\n{shown}\n</passage {number} {fence}>")
    return "\n\n".join(parts)


def _whole(source: ScoredPassage) -> str:
    found = source.found
    return " ".join((found.version.title, *found.passage.heading, found.passage.text))
