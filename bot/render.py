"""How does an answer read as text, and as JSON?

Pure. Slack's blocks are made in `bot.slack.blocks`, the page's HTML in `bot.web`; the words they share in
`bot.wording`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, assert_never

from bot.model import (
    Answer,
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NearDocument,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
    SchoolAnswer,
)
from bot.wording import (
    ELIGIBILITY_WORDS,
    answer_wording,
    citation_details,
    citation_title,
    cited,
    footer,
    lead_of,
    marks,
    near_document_line,
    outcome_of,
    owner_line,
    programme_detail,
    quoted_lines,
    trusts_own,
    with_details,
)


def render_markdown(answer: Answer) -> str:
    """The answer as a person reads it: the answer first, each quotation under the line that tells whose it is."""
    match answer:
        case Answered():
            return "\n".join(_answered_lines(answer))
        case NeedsDetail():
            return "\n".join([answer.sentence, *(f"- {label}" for _, label in answer.options)])
        case NoEvidence():
            return "\n".join(_no_evidence_lines(answer))
        case Failed():
            return answer.sentence
        case Redirected():
            return answer.markdown
        case _:
            assert_never(answer)


def plain(text: str) -> str:
    """Words of a document, a model or a person as markdown that shows them and does nothing: no link, picture or HTML.

    A backslash stands only before what would make one: "](", "]:" and "<", and before a backslash that would take that
    away again (CommonMark 0.31, 2.4: backslash escapes). The rest reads as it was written.
    """
    escaped = re.sub(r"\\(?=[!-/:-@\[-`{-~])", r"\\\\", text)
    return re.sub(r"<(?=\S)|\](?=[(:])", r"\\\g<0>", escaped)


def written_sentence(sentence: AnswerSentence) -> str:
    """A chat model's sentence with the numbers of its sources."""
    return plain(sentence.text) + marks(sentence.citations)


def source_line(citation: Citation) -> str:
    """One source in one line, with all that tells whether to trust it."""
    return plain(" · ".join((citation_title(citation), *citation_details(citation))))


def programme_line(offer: ProgrammeOffer) -> str:
    """One programme in one line: name, eligibility and why, closing date."""
    detail = plain(programme_detail(offer))
    return f"**{plain(offer.name)}**: {ELIGIBILITY_WORDS[offer.eligibility].lower()}. {detail}".strip()


def reply_as_json(reply: Reply, *, explain: bool = False) -> dict[str, Any]:
    """The object that `ask --json` prints, in its fixed order; with `explain` how the answer came about as `trace`."""
    answer = reply.answer
    answered = answer if isinstance(answer, Answered) else None
    near = answer.nearest if isinstance(answer, NoEvidence) else ()
    printed: dict[str, Any] = {
        "id": reply.question_id,
        "outcome": outcome_of(answer),
        "redirect": answer.kind if isinstance(answer, Redirected) else None,
        "school": answer.school if isinstance(answer, Answered | NoEvidence | Redirected) else None,
        "text": render_markdown(answer),
        "citations": [_citation_as_json(citation) for citation in answered.citations] if answered else [],
        "programmes": [_offer_as_json(offer) for offer in answered.programmes] if answered else [],
        "confidence": round(answer.confidence, 3) if isinstance(answer, Answered | NoEvidence) else None,
        "took_ms": round(reply.took_ms, 1),
        "notes": list(answered.notes) if answered else [],
        "nearest": [_near_as_json(one) for one in near],
        "comparison": [
            {"school": line.school, "school_name": line.school_name, "citations": list(line.citations)}
            for line in (answered.comparison if answered else ())
        ],
        "parts": [
            {"asked": part.asked, "citations": list(part.citations)} for part in (answered.parts if answered else ())
        ],
    }
    if explain:
        printed["trace"] = asdict(reply.trace) if reply.trace is not None else None
    return printed


# ── an answer as lines of markdown ───────────────────────────────────────────────────────────────────────────────────


def _answered_lines(answer: Answered) -> Iterator[str]:
    if answer.parts:
        yield from _parts_lines(answer)
    elif answer.comparison:
        yield from _comparison_lines(answer)
    elif answer.sentences:
        yield from _written_lines(answer.sentences)
        yield from _source_lines(answer.citations)
    else:
        yield from _quotation_lines(answer.citations)
    if answer.programmes:
        yield from (f"- {programme_line(offer)}" for offer in answer.programmes)
        yield ""
    for note in answer.notes:
        yield from (f"*Note: {plain(note)}*", "")
    if answer.contact_line:
        yield from (answer.contact_line, "")
    yield f"*{footer(answer)}*"


def _written_lines(sentences: Sequence[AnswerSentence]) -> Iterator[str]:
    yield " ".join(map(written_sentence, sentences))
    yield ""


def _source_lines(citations: Iterable[Citation]) -> Iterator[str]:
    for citation in citations:
        yield from (f"[{citation.number}] {source_line(citation)}", "")


def _quotation_lines(citations: Iterable[Citation]) -> Iterator[str]:
    """Each quotation under its lead, what the lead leaves out beneath it; one that repeats another is only named."""
    for citation, details in with_details(citations):
        if citation.says_as is not None:
            yield from (f"{answer_wording().also_in} [{citation.number}] {source_line(citation)}", "")
            continue
        yield from (f"[{citation.number}] {plain(lead_of(citation))}", "", *quote_lines(citation), "")
        if details:
            yield from (plain(" · ".join(details)), "")


def _parts_lines(answer: Answered) -> Iterator[str]:
    """Each question's own words as a label, and its answer; a quotation that answers two is shown once."""
    shown: set[int] = set()
    for part in answer.parts:
        yield from (f"**{plain(part.asked)}**", "")
        fresh = [citation for citation in cited(answer, part.citations) if citation.number not in shown]
        if not part.citations:
            yield from (answer_wording().part_not_stated, "")
        elif part.sentences:
            yield from _written_lines(part.sentences)
            yield from _source_lines(fresh)
        else:
            yield from _quotation_lines(fresh)
            if again := tuple(number for number in part.citations if number in shown):
                yield from (answer_wording().part_above.format(numbers=marks(again).strip()), "")
        shown.update(part.citations)


def _comparison_lines(answer: Answered) -> Iterator[str]:
    """What the trust says for all, then a table by school, then the sources."""
    wording = answer_wording()
    if above := trusts_own(answer):
        yield from (f"**{wording.every_school}**", "")
        yield from _quotation_lines(above)
    yield f"| {wording.school_column} | {wording.states_column} |"
    yield "| --- | --- |"
    for line in answer.comparison:
        yield f"| {_cell(line.school_name)} | {_cell(plain(states_of(line, answer)))} |"
    yield ""
    yield from _source_lines(citation for citation in answer.citations if citation not in above)


def states_of(line: SchoolAnswer, answer: Answered) -> str:
    """What a school's own documents say, in one line with the numbers of its sources; or that they do not."""
    quotes = cited(answer, line.citations)
    if not quotes:
        return answer_wording().not_stated
    return " ".join(f"{' / '.join(filter(None, quoted_lines(one)))}{marks((one.number,))}" for one in quotes)


def _no_evidence_lines(answer: NoEvidence) -> Iterator[str]:
    """That nothing was found; then documents to look at, which are no answer, and whom to ask."""
    yield answer.sentence
    if answer.nearest:
        yield from ("", answer_wording().look_at, "")
        yield from (f"- {plain(near_document_line(near))}{_address(near.url)}" for near in answer.nearest)
    if whom := owner_line(answer.nearest):
        yield from ("", plain(whom))
    if answer.contact_line:
        yield from ("", answer.contact_line)


def _address(url: str | None) -> str:
    """A web address that may be followed, after its document; "" for whatever else a document calls its address."""
    return f" <{url}>" if url and re.fullmatch(r"https?://[^\s<>]+", url) else ""


def quote_lines(citation: Citation) -> Sequence[str]:
    """The quotation as markdown: a quoted paragraph, or a table with its column names; above items of a long list the
    line that leads into it."""
    if citation.rows and citation.header and all(len(row) == len(citation.header) for row in citation.rows):
        rows = [citation.header, ("---",) * len(citation.header), *citation.rows]
        return [f"> | {' | '.join(plain(cell.replace('|', '/')) for cell in row)} |" for row in rows]
    # a bare ">" between the lines of a quotation keeps each on its own line
    lines = [*([f"{citation.lead_in} […]"] if citation.lead_in else []), *citation.quote.splitlines()]
    return "\n>\n".join(f"> {plain(line)}" for line in lines).splitlines()


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


# ── as JSON ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
        "status": citation.status,
    }


def _offer_as_json(offer: ProgrammeOffer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "name": offer.name,
        "eligibility": offer.eligibility,
        "why": offer.why,
        "closes": offer.closes,
    }


def _near_as_json(near: NearDocument) -> dict[str, Any]:
    return {
        "title": near.title,
        "path": near.path,
        "school_name": near.school_name,
        "heading": list(near.heading),
        "locator": near.locator,
        "url": near.url,
        "owner": near.owner,
    }
