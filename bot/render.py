"""How does an answer read as text, and as JSON?

Pure. Slack's blocks are made in `bot.slack.blocks`, the page's HTML in `bot.web`; the words they share in
`bot.wording`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from bot.model import (
    Answer,
    Answered,
    Citation,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
)
from bot.wording import (
    ELIGIBILITY_WORDS,
    citation_details,
    citation_title,
    doubts_of,
    footer,
    marks,
    outcome_of,
    programme_detail,
)


def render_markdown(answer: Answer) -> str:
    """The answer as a person reads it: the answer first, then its sources, one a line."""
    match answer:
        case Answered():
            return _render_answered(answer)
        case NeedsDetail():
            return "\n".join([answer.sentence, *(f"- {label}" for _, label in answer.options)])
        case NoEvidence() | Failed():
            return answer.sentence
        case Redirected():
            return answer.markdown
        case _:
            assert_never(answer)


def source_line(citation: Citation) -> str:
    """One source in one line, with all that tells whether to trust it."""
    return " · ".join((citation_title(citation), *citation_details(citation)))


def programme_line(offer: ProgrammeOffer) -> str:
    """One programme in one line: name, eligibility and why, closing date."""
    return f"**{offer.name}**: {ELIGIBILITY_WORDS[offer.eligibility].lower()}. {programme_detail(offer)}".strip()


def reply_as_json(reply: Reply) -> dict[str, Any]:
    """The object that `ask --json` prints, in its fixed order."""
    answer = reply.answer
    answered = answer if isinstance(answer, Answered) else None
    return {
        "id": reply.question_id,
        "outcome": outcome_of(answer),
        "redirect": answer.kind if isinstance(answer, Redirected) else None,
        "school": answer.school if isinstance(answer, Answered | NoEvidence | Redirected) else None,
        "text": render_markdown(answer),
        "citations": [_citation_as_json(citation) for citation in answered.citations] if answered else [],
        "programmes": [_offer_as_json(offer) for offer in answered.programmes] if answered else [],
        "confidence": round(answer.confidence, 3) if isinstance(answer, Answered | NoEvidence) else None,
        "took_ms": round(reply.took_ms, 1),
    }


def _render_answered(answer: Answered) -> str:
    """Sentences and then their sources; or each quotation with its source under it."""
    lines: list[str] = []
    if answer.sentences:
        lines += [" ".join(sentence.text + marks(sentence.citations) for sentence in answer.sentences), ""]
    for citation in answer.citations:
        if not answer.sentences:
            lines += [*quote_lines(citation), ""]
        lines += [f"[{citation.number}] {source_line(citation)}", ""]
    lines += [f"- {programme_line(offer)}" for offer in answer.programmes]
    lines += [""] if answer.programmes else []
    lines += [f"*Note: {note}*\n" for note in doubts_of(answer)]
    lines += [f"*{footer(answer)}*"]
    return "\n".join(lines)


def quote_lines(citation: Citation) -> Sequence[str]:
    """The quotation as markdown: a quoted paragraph, or a table with its column names."""
    if citation.rows and citation.header and all(len(row) == len(citation.header) for row in citation.rows):
        rows = [citation.header, ("---",) * len(citation.header), *citation.rows]
        return [f"> | {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    # a bare ">" between the lines of a quotation keeps each on its own line
    return "\n>\n".join(f"> {line}" for line in citation.quote.splitlines()).splitlines()


def _citation_as_json(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "title": citation.title,
        "path": citation.path,
        "school": citation.school,
        "heading": list(citation.heading),
        "locator": citation.locator,
        "quote": citation.quote,
        "version": citation.version,
        "review_due": citation.review_due,
        "url": citation.url,
    }


def _offer_as_json(offer: ProgrammeOffer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "name": offer.name,
        "eligibility": offer.eligibility,
        "why": offer.why,
        "closes": offer.closes,
    }
