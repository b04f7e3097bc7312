"""How does a chat model write an answer over the evidence?

The passages are numbered and sent; what comes back is split into claims, each resting on the passages it cites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from bot.answering.units import as_quotation, quotable_units, sentence_spans
from bot.answering.verify import school_name
from bot.answering.words import content_words, stem, stems
from bot.model import Claim, Draft, Evidence, Quotation, ScoredPassage
from bot.prompts import Prompt
from ingestion.model import IndexedPassage, Trust

_CITED = re.compile(r"\[(\d{1,2})\]")
DECLINED = "NOT IN THE PASSAGES"


class ChatModel(Protocol):
    """Writes a text from two; raises ChatModelFailed when it cannot, or not in time."""

    @property
    def name(self) -> str: ...

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str: ...


def compose_with_model(question: str, evidence: Evidence, *, model: ChatModel, prompt: Prompt, trust: Trust) -> Draft:
    """A draft of claims written by the model over the evidence; without claims when it declined.

    A sentence that cites no passage, or a number that was not sent, gives no claim. Raises ChatModelFailed.
    """
    passages = [source.found for source in evidence.kept]
    user = prompt.fill_user(question=question, passages="\n\n".join(_numbered(passages, trust)))
    written = model.write(
        prompt.system, user, temperature=prompt.temperature, max_output_tokens=prompt.max_output_tokens
    )
    made_by = f"{model.name} {prompt.digest}"
    if DECLINED in written.upper():
        return Draft((), made_by=made_by)
    quotations: list[Quotation] = []
    claims: list[Claim] = []
    for sentence, numbers in split_claims(written):
        cited = [evidence.kept[number - 1] for number in numbers if 1 <= number <= len(passages)]
        if not cited:
            continue
        supports = []
        for source in cited:
            quotation = closest_quotation(sentence, source)
            if quotation not in quotations:
                quotations.append(quotation)
            supports.append(quotations.index(quotation))
        claims.append(Claim(sentence, tuple(dict.fromkeys(supports))))
    return Draft(tuple(quotations), tuple(claims), made_by=made_by)


def split_claims(written: str) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of a model's text with the passage numbers in or directly behind each."""
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
    """The unit of the cited passage that shares most of the claim's words: what the citation shows."""
    said = {stem(word) for word in content_words(claim)}
    units = quotable_units(source)
    return as_quotation(max(units, key=lambda unit: (len(said & set(stems(unit.in_context))), unit.start - unit.end)))


def _numbered(passages: Sequence[IndexedPassage], trust: Trust) -> list[str]:
    """Each passage under its number, with whose it is, its document and headings, and where it stands."""
    lines = []
    for number, found in enumerate(passages, start=1):
        whose = school_name(found.version.school, trust)
        where = ", ".join(filter(None, [whose, " > ".join((found.version.title, *found.passage.heading))]))
        lines.append(f"[{number}] {where} ({found.passage.locator})\n{found.passage.text}")
    return lines
