"""How does a reply look in Slack?

Pure: a `Reply` in, Block Kit and a text (for notifications, screen readers and the fallback) out. The answer stands
first, each quotation under the line that tells whose it is, then notes and programmes, then the quiet line. Everything
is kept within Slack's limits here, because one block that is too long makes Slack reject the whole message.

Quotations are rich text, not mrkdwn: a policy's own `*` or `_` is then shown as it stands in the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model import (
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
)
from bot.render import render_markdown, states_of
from bot.wording import (
    ELIGIBILITY_WORDS,
    answer_wording,
    citation_details,
    citation_title,
    cited,
    footer,
    is_header_of_all,
    lead_of,
    marks,
    near_document_line,
    owner_line,
    programme_detail,
    quoted_lines,
    trusts_own,
    with_details,
)

Block = dict[str, Any]

# https://docs.slack.dev/reference/block-kit/blocks and …/block-elements/button-element
MAX_BLOCKS = 50
MAX_SECTION_CHARACTERS = 3_000
MAX_BUTTONS_A_BLOCK = 25
MAX_BUTTON_LABEL_CHARACTERS = 75
MAX_BUTTON_VALUE_CHARACTERS = 2_000
MAX_TABLE_ROWS = 100
MAX_TABLE_COLUMNS = 20
MAX_TABLES = 1
"""Slack: more than one is rejected with `only_one_table_allowed`."""
MAX_TEXT_CHARACTERS = 40_000

MAX_BLOCKS_CHARACTERS = 12_000
"""Of all blocks together. Slack rejects more with `msg_blocks_too_long` and states no figure but the 12,000 of markdown
blocks, so that is kept for every kind."""
MAX_QUOTE_CHARACTERS = 2_900
MAX_SOURCE_CHARACTERS = 1_000
MAX_TABLE_CHARACTERS = 3_000

SCHOOL_ACTION = "choose_school"
QUESTION_ACTION = "choose_question"
SHORTENED = "The answer is longer than a Slack message may be; the rest is left out."
CUT = " […]"


@dataclass(frozen=True)
class SlackMessage:
    """What `chat.postMessage` takes: `text` alone is the whole reply too, for when the blocks are rejected."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Asked:
    """The question a reply answers, for its buttons: the text, and the `ts` of the message that holds it."""

    text: str = ""
    ts: str = ""


@dataclass(frozen=True)
class Choice:
    """What a pressed button says: the school or the question chosen; `ts` names the message that asked."""

    school: str | None = None
    question: str | None = None
    ts: str | None = None


def render_message(reply: Reply, *, asked: Asked = Asked(), heading: str = "") -> SlackMessage:
    """The reply as one Slack message within all limits. `heading` is a quiet line above: for which school it is."""
    groups = [[_context(mrkdwn(heading))]] if heading.strip() else []
    closing: list[Block] = []
    match reply.answer:
        case Answered() as answered:
            groups += _answered(answered)
            closing = [_context(mrkdwn(footer(answered)))]
        case NeedsDetail() as needs:
            groups += _asking(needs, asked)
        case NoEvidence() as nothing:
            groups += _no_evidence(nothing)
        case Failed() as failed:
            groups += [[section] for section in _sections(mrkdwn(failed.sentence))]
        case Redirected() as redirected:
            groups += [[section] for section in _sections(markdown_as_mrkdwn(redirected.markdown))]
    text = "\n".join(part for part in (heading, render_markdown(reply.answer)) if part.strip()) or "…"
    return SlackMessage(clip(markdown_as_mrkdwn(text), MAX_TEXT_CHARACTERS), tuple(_fit(groups, closing)))


def render_sentence(sentence: str) -> SlackMessage:
    """One written sentence, for a refusal or a failure."""
    return SlackMessage(mrkdwn(sentence), tuple(_sections(mrkdwn(sentence))))


def read_choice(value: str) -> Choice | None:
    """What the value of a pressed button says; None when it is not one of ours."""
    try:
        said = json.loads(value)
    except ValueError:
        return None
    if not isinstance(said, dict) or not all(isinstance(part, str) for part in said.values()):
        return None
    choice = Choice(school=said.get("school"), question=said.get("question"), ts=said.get("ts"))
    return choice if choice.question or choice.ts else None


def mrkdwn(text: str) -> str:
    """Text as Slack's mrkdwn shows it verbatim: &, < and > escaped, so that nothing becomes a link or a mention.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def markdown_as_mrkdwn(markdown: str) -> str:
    """A reply's markdown (bold, italics, lists, headings, quotations, links) as Slack's mrkdwn."""
    text = mrkdwn(markdown)
    text = re.sub(r"^(\s*)[-*]\s+", r"\1• ", text, flags=re.MULTILINE)
    text = re.sub(r"^&gt; ?", "> ", text, flags=re.MULTILINE)
    text = re.sub(r"^#{1,6}\s+(.+)$", r"**\1**", text, flags=re.MULTILINE)
    text = re.sub(r"(?<!\*)\*([^*\n]+)\*(?!\*)", r"_\1_", text)
    text = re.sub(r"\*\*(.+?)\*\*", r"*\1*", text)
    text = re.sub(r"(?<!\\)\[([^\]\n\\]+)\]\((https?://[^\s)|]+)\)", r"<\2|\1>", text)
    return re.sub(r"\\(\\|\]|&lt;)", r"\1", text)  # what `render.plain` put in; mrkdwn knows no backslash


def clip(text: str, limit: int) -> str:
    """The text, or its beginning with " […]", in at most `limit` characters; an escape or surrogate is never split."""
    if len(text) <= limit:
        return text
    return _before_cut(text, limit - len(CUT)).rstrip() + CUT


# ── the parts of an answer ───────────────────────────────────────────────────────────────────────────────────────────


def _answered(answered: Answered) -> list[list[Block]]:
    groups: list[list[Block]] = []
    if answered.parts:
        groups += _parts(answered)
    elif answered.comparison:
        groups += _comparison(answered)
    else:
        groups += _written(answered.sentences)
        groups += _quotations(answered.citations, tables=MAX_TABLES)
    groups += [[_context(mrkdwn(f"Note: {note}"))] for note in answered.notes]
    groups += [_programme(offer) for offer in answered.programmes]
    groups += [[section] for section in _sections(markdown_as_mrkdwn(answered.contact_line or ""))]
    return groups


def _written(sentences: Sequence[AnswerSentence]) -> list[list[Block]]:
    written = " ".join(mrkdwn(sentence.text + marks(sentence.citations)) for sentence in sentences)
    return [[section] for section in _sections(written)]


def _quotations(citations: Iterable[Citation], *, tables: int) -> list[list[Block]]:
    """Each quotation between its lead and what the lead leaves out; one that repeats another is only named."""
    groups: list[list[Block]] = []
    for citation, details in with_details(citations):
        if citation.says_as is not None:
            groups.append([_context(f"{mrkdwn(answer_wording().also_in)} {_source_line(citation)}")])
            continue
        table = _table(citation) if tables else None
        tables -= table is not None
        below = mrkdwn(_one_line(" · ".join(details)))
        groups.append(
            [
                _context(_lead(citation)),
                *([table] if table else _quote(citation)),
                *([_context(below)] if below else []),
            ]
        )
    return groups


def _parts(answered: Answered) -> list[list[Block]]:
    """Each question's own words in bold, and its answer; a quotation that answers two is shown once."""
    groups: list[list[Block]] = []
    shown: set[int] = set()
    for part in answered.parts:
        groups += [[section] for section in _sections(f"*{mrkdwn(_one_line(part.asked)) or '…'}*")]
        fresh = [citation for citation in cited(answered, part.citations) if citation.number not in shown]
        again = tuple(number for number in part.citations if number in shown)
        if not part.citations:
            groups += [[section] for section in _sections(mrkdwn(answer_wording().part_not_stated))]
        groups += _written(part.sentences)
        groups += _quotations(fresh, tables=0)
        if again and not part.sentences:
            groups.append([_context(mrkdwn(answer_wording().part_above.format(numbers=marks(again).strip())))])
        shown.update(part.citations)
    return groups


def _comparison(answered: Answered) -> list[list[Block]]:
    """What the trust says for all, then a table by school, or where that is too much for one lines by school; then the
    sources."""
    wording = answer_wording()
    groups: list[list[Block]] = []
    if above := trusts_own(answered):
        groups += [[section] for section in _sections(f"*{mrkdwn(wording.every_school)}*")]
        groups += _quotations(above, tables=0)
    lines = [(_one_line(line.school_name), _one_line(states_of(line, answered))) for line in answered.comparison]
    if len(lines) < MAX_TABLE_ROWS and sum(len(cell) for line in lines for cell in line) <= MAX_TABLE_CHARACTERS:
        header = (wording.school_column, wording.states_column)
        rows = [[_cell(cell) for cell in row] for row in (header, *lines)]
        groups.append([{"type": "table", "column_settings": [{"is_wrapped": True}] * 2, "rows": rows}])
    else:
        for name, states in lines:
            groups += [[section] for section in _sections(f"*{mrkdwn(name) or '–'}*\n{mrkdwn(states)}")]
    groups += [[_context(_source_line(citation))] for citation in answered.citations if citation not in above]
    return groups


def _no_evidence(nothing: NoEvidence) -> list[list[Block]]:
    """That nothing was found; then, quietly, documents to look at, which are no answer, and whom to ask."""
    groups = [[section] for section in _sections(mrkdwn(nothing.sentence))]
    if nothing.nearest:
        near = (f"• {_linked(near_document_line(one), one.url)}" for one in nothing.nearest)
        groups.append([_context(clip("\n".join([mrkdwn(answer_wording().look_at), *near]), MAX_SECTION_CHARACTERS))])
    if whom := owner_line(nothing.nearest):
        groups.append([_context(mrkdwn(whom))])
    return groups + [[section] for section in _sections(markdown_as_mrkdwn(nothing.contact_line or ""))]


def _quote(citation: Citation) -> list[Block]:
    lead_in = [f"{citation.lead_in} […]"] if citation.lead_in.strip() else []
    quote = "\n".join((*lead_in, *quoted_lines(citation))).strip()
    if not quote:
        return []
    text = {"type": "text", "text": clip(quote, MAX_QUOTE_CHARACTERS)}
    return [{"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [text]}]}]


def _table(citation: Citation) -> Block | None:
    """A native table for several rows that Slack can hold; one row reads better on a phone as "Header: cell" lines.

    None as well when a header stands over rows of another width: a cell would stand under another column's name.
    """
    if citation.header and not is_header_of_all(citation):
        return None
    rows = [row for row in (citation.header, *citation.rows) if row]
    width = max((len(row) for row in rows), default=0)
    characters = sum(len(cell) for row in rows for cell in row)
    if len(citation.rows) < 2 or len(rows) > MAX_TABLE_ROWS or width > MAX_TABLE_COLUMNS:
        return None
    if characters + width * len(rows) > MAX_TABLE_CHARACTERS:
        return None
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": True}] * width,
        "rows": [[_cell(cell) for cell in (*row, *[""] * (width - len(row)))] for row in rows],
    }


def _cell(text: str) -> Block:
    return {"type": "raw_text", "text": text.strip() or "–"}  # Slack rejects an empty cell


def _lead(citation: Citation) -> str:
    """ "*1* · <url|Saltmarsh Primary School, Behaviour policy, version 3.1, page 4>:"."""
    lead = _one_line(lead_of(citation)).removesuffix(":")
    return f"*{citation.number}* · {_linked(lead, citation.url)}:"


def _source_line(citation: Citation) -> str:
    """ "*1* · <url|Behaviour policy, Saltmarsh Primary School> · version 3.1 · 5.2 Phones · page 4 · review due …"."""
    details = mrkdwn(_one_line(" · ".join(citation_details(citation))))
    linked = f"*{citation.number}* · {_linked(_one_line(citation_title(citation)), citation.url)} · {details}"
    if len(linked) <= MAX_SOURCE_CHARACTERS:
        return linked
    return clip(
        f"*{citation.number}* · {mrkdwn(_one_line(citation_title(citation)))} · {details}", MAX_SOURCE_CHARACTERS
    )


def _linked(text: str, url: str | None) -> str:
    """The text as mrkdwn, a link where the address is a plain web address and not too long."""
    words = clip(mrkdwn(_one_line(text)), 600)
    if url and re.fullmatch(r"https?://[^\s<>|]{1,1000}", url) and words.strip():
        return f"<{mrkdwn(url)}|{words}>"
    return words


def _programme(offer: ProgrammeOffer) -> list[Block]:
    name = clip(mrkdwn(_one_line(offer.name)), 500)
    if offer.url and re.fullmatch(r"https?://[^\s<>|]{1,1000}", offer.url):
        name = f"<{mrkdwn(offer.url)}|{name}>"
    head = f"*{name}* · {ELIGIBILITY_WORDS[offer.eligibility]}"
    detail = mrkdwn(programme_detail(offer))
    return [_section(clip(f"{head}\n{detail}" if detail else head, MAX_SECTION_CHARACTERS))]


def _asking(needs: NeedsDetail, asked: Asked) -> list[list[Block]]:
    groups = [[section] for section in _sections(mrkdwn(needs.sentence))]
    buttons: list[Block] = []
    unpressable: list[str] = []
    for number, (value, label) in enumerate(needs.options):
        said = _button_value(needs, value, asked)
        text = _one_line(label) or _one_line(value)
        if said is None or not text:
            unpressable.append(f"• {text}" if text else "")
            continue
        action = SCHOOL_ACTION if needs.asks == "school" else QUESTION_ACTION
        label_text = {"type": "plain_text", "text": clip(text, MAX_BUTTON_LABEL_CHARACTERS)}
        buttons.append({"type": "button", "action_id": f"{action}:{number}", "text": label_text, "value": said})
    for start in range(0, len(buttons), MAX_BUTTONS_A_BLOCK):
        groups.append([{"type": "actions", "elements": buttons[start : start + MAX_BUTTONS_A_BLOCK]}])
    return groups + [[section] for section in _sections(mrkdwn("\n".join(line for line in unpressable if line)))]


def _button_value(needs: NeedsDetail, value: str, asked: Asked) -> str | None:
    """What the button carries; None when even without the question's text it is longer than Slack allows."""
    if needs.asks == "question":
        carried = [{"question": value}]
    else:
        known = {"school": value, "ts": asked.ts}
        carried = [{**known, "question": asked.text}, known]
    for said in carried:
        text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        if len(text) <= MAX_BUTTON_VALUE_CHARACTERS:
            return text
    return None


# ── keeping to the limits ────────────────────────────────────────────────────────────────────────────────────────────


def _fit(groups: Iterable[Sequence[Block]], closing: Sequence[Block]) -> list[Block]:
    """The groups that fit, each whole: a quotation is never shown without its source line."""
    shortened = _context(SHORTENED)
    reserved_blocks = len(closing) + 1
    reserved_characters = sum(map(characters_of, (*closing, shortened)))
    blocks: list[Block] = []
    characters = 0
    for group in groups:
        size = sum(map(characters_of, group))
        if len(blocks) + len(group) + reserved_blocks > MAX_BLOCKS:
            return [*blocks, shortened, *closing]
        if characters + size + reserved_characters > MAX_BLOCKS_CHARACTERS:
            return [*blocks, shortened, *closing]
        blocks += group
        characters += size
    return [*blocks, *closing]


def characters_of(block: Any) -> int:
    """How many characters of text a block shows."""
    if isinstance(block, dict):
        return sum(
            len(value) if name == "text" and isinstance(value, str) else characters_of(value)
            for name, value in block.items()
        )
    return sum(map(characters_of, block)) if isinstance(block, list) else 0


def _sections(text: str) -> list[Block]:
    """mrkdwn text as sections of at most 3,000 characters, cut at white space where there is some."""
    sections: list[Block] = []
    rest = text.strip()
    while rest:
        piece = rest if len(rest) <= MAX_SECTION_CHARACTERS else _before_cut(rest, MAX_SECTION_CHARACTERS)
        sections.append(_section(piece))
        rest = rest[len(piece) :].strip()
    return sections


def _before_cut(text: str, limit: int) -> str:
    """The beginning of `text`, at most `limit` characters: up to the last white space, else up to a whole escape."""
    piece = text[:limit]
    at = max(piece.rfind("\n"), piece.rfind(" "))
    if at > limit // 2:
        return piece[:at]
    amp = piece.rfind("&", limit - 5)  # "&amp;" is the longest escape
    return piece[:amp] if amp > 0 and ";" not in piece[amp:] else piece


def _section(text: str) -> Block:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": clip(text, MAX_SECTION_CHARACTERS)}]}


def _one_line(text: str) -> str:
    return " ".join(text.split())
