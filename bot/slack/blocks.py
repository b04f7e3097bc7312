"""How does a reply look in Slack?

Pure: a `Reply` in, Block Kit and a text (for notifications, screen readers and the fallback) out. The answer stands
first, then each quotation with its source line, then notes and programmes, then the quiet line. Everything is kept
within Slack's limits here, because one block that is too long makes Slack reject the whole message.

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
    Citation,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
)
from bot.render import render_markdown
from bot.wording import (
    ELIGIBILITY_WORDS,
    citation_details,
    citation_title,
    doubts_of,
    footer,
    is_header_of_all,
    marks,
    programme_detail,
    quoted_lines,
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
        case NoEvidence() | Failed() as said:
            groups += [[section] for section in _sections(mrkdwn(said.sentence))]
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
    return re.sub(r"\[([^\]\n]+)\]\((https?://[^\s)|]+)\)", r"<\2|\1>", text)


def clip(text: str, limit: int) -> str:
    """The text, or its beginning with " […]", in at most `limit` characters; an escape or surrogate is never split."""
    if len(text) <= limit:
        return text
    return _before_cut(text, limit - len(CUT)).rstrip() + CUT


# ── the parts of an answer ───────────────────────────────────────────────────────────────────────────────────────────


def _answered(answered: Answered) -> list[list[Block]]:
    groups: list[list[Block]] = []
    if answered.sentences:
        written = " ".join(mrkdwn(sentence.text + marks(sentence.citations)) for sentence in answered.sentences)
        groups += [[section] for section in _sections(written)]
    tables = MAX_TABLES
    for citation in answered.citations:
        quotation = _table(citation) if tables else None
        if quotation:
            tables -= 1
        groups.append([*([quotation] if quotation else _quote(citation)), _context(_source_line(citation))])
    groups += [[_context(mrkdwn(f"Note: {note}"))] for note in doubts_of(answered)]
    groups += [_programme(offer) for offer in answered.programmes]
    return groups


def _quote(citation: Citation) -> list[Block]:
    quote = "\n".join(quoted_lines(citation)).strip()
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


def _source_line(citation: Citation) -> str:
    """ "*1* · <url|Behaviour policy, Saltmarsh Primary School> · version 3.1 · 5.2 Phones · page 4 · review due …"."""
    title = mrkdwn(_one_line(citation_title(citation)))
    details = mrkdwn(_one_line(" · ".join(citation_details(citation))))
    if citation.url and re.fullmatch(r"https?://[^\s<>|]+", citation.url):
        linked = f"*{citation.number}* · <{mrkdwn(citation.url)}|{clip(title, 300)}> · {details}"
        if len(linked) <= MAX_SOURCE_CHARACTERS:
            return linked
    return clip(f"*{citation.number}* · {title} · {details}", MAX_SOURCE_CHARACTERS)


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
