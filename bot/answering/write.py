"""How does a chat model write an answer over the evidence?

The passages are numbered and sent; what comes back is split into claims, each resting on the passages it cites.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from bot.answering.units import as_quotation, quotable_units
from bot.answering.words import content_words, stem, stems
from bot.model import Claim, Draft, Evidence, Quotation, ScoredPassage
from bot.prompts import Prompt
from ingestion.model import IndexedPassage

_CITED = re.compile(r"\[(\d{1,2})\]")
DECLINED = "NOT IN THE PASSAGES"


class ChatModel(Protocol):
    """Writes a text from two; raises ChatModelFailed when it cannot, or not in time."""

    @property
    def name(self) -> str: ...

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str: ...


def compose_with_model(question: str, evidence: Evidence, *, model: ChatModel, prompt: Prompt) -> Draft:
    """A draft of claims written by the model over the evidence; without claims when it declined.

    A sentence that cites no passage, or a number that was not sent, gives no claim. Raises ChatModelFailed.
    """
    passages = [source.found for source in evidence.kept]
    user = prompt.fill_user(question=question, passages="\n\n".join(_numbered(passages)))
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
    """The sentences of a model's text with the passage numbers under each; numbers may stand before or after the full
    stop."""
    text = re.sub(r"\s+(?=\[\d)", "", " ".join(written.split()))
    text = re.sub(r"((?:\[\d{1,2}\])+)([.!?])", r"\2\1", text)
    claims = []
    start = 0
    for match in re.finditer(r"[.!?](?:\[\d{1,2}\])*(?=\s|$)|$", text):
        sentence = text[start : match.end()].strip()
        start = match.end()
        if sentence:
            claims.append((_CITED.sub("", sentence).strip(), tuple(int(number) for number in _CITED.findall(sentence))))
    return claims


def closest_quotation(claim: str, source: ScoredPassage) -> Quotation:
    """The unit of the cited passage that shares most of the claim's words: what the citation shows."""
    said = {stem(word) for word in content_words(claim)}
    units = quotable_units(source)
    if not units:
        passage = source.found.passage
        return Quotation(source.found, passage.text, str(passage.locator))
    return as_quotation(max(units, key=lambda unit: (len(said & set(stems(unit.in_context))), -len(unit.text))))


def _numbered(passages: Sequence[IndexedPassage]) -> list[str]:
    lines = []
    for number, found in enumerate(passages, start=1):
        where = " > ".join((found.version.title, *found.passage.heading))
        lines.append(f"[{number}] {where} ({found.passage.locator})\n{found.passage.text}")
    return lines
