"""Would Slack take this message? Every limit that Staffroom meets, checked as strictly as Slack's reference states it.

Used by the Web API stand-in, and by the property test of the blocks. Sources: https://docs.slack.dev/reference/block-kit
and https://docs.slack.dev/reference/methods/chat.postMessage
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MAX_TEXT = 40_000
MAX_ALL_BLOCKS = 12_000


def problems_of_message(text: str | None, blocks: Any) -> list[str]:
    """Slack's error codes with what caused them; empty when the message is taken."""
    if not blocks and not text:
        return ["no_text"]
    problems: list[str] = []
    if text is not None and len(text) > MAX_TEXT:
        problems.append("msg_too_long: text")
    if not blocks:
        return problems
    if not isinstance(blocks, list):
        return [*problems, "invalid_blocks_format: not a list"]
    if len(blocks) > 50:
        problems.append(f"invalid_blocks: {len(blocks)} blocks")
    if sum(1 for block in blocks if block.get("type") == "table") > 1:
        problems.append("invalid_attachments: only_one_table_allowed")
    actions = [
        element.get("action_id") for block in blocks for element in block.get("elements", ()) if "value" in element
    ]
    if len(actions) != len(set(actions)):
        problems.append("invalid_blocks: an action_id twice")
    for block in blocks:
        problems += (f"invalid_blocks: {problem}" for problem in _block(block))
    if sum(map(shown_characters, blocks)) > MAX_ALL_BLOCKS:
        problems.append("msg_blocks_too_long")
    return problems


def shown_characters(value: Any) -> int:
    """The characters of every text in a block."""
    if isinstance(value, Mapping):
        own = len(value["text"]) if isinstance(value.get("text"), str) else 0
        return own + sum(shown_characters(inner) for inner in value.values())
    return sum(map(shown_characters, value)) if isinstance(value, list) else 0


def _block(block: Mapping[str, Any]) -> Iterable[str]:
    match block.get("type"):
        case "section":
            yield from _text(block.get("text"), 3_000)
        case "context":
            yield from _count("context elements", block.get("elements"), 10)
            for element in block["elements"]:
                yield from _text(element, 3_000)
        case "actions":
            yield from _count("actions elements", block.get("elements"), 25)
            for element in block["elements"]:
                yield from _button(element)
        case "rich_text":
            yield from _count("rich_text elements", block.get("elements"), 50)
            for element in block["elements"]:
                yield from _rich(element)
        case "table":
            yield from _table(block)
        case other:
            yield f"unknown block type {other!r}"


def _text(text: Any, most: int, *, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> Iterable[str]:
    if not isinstance(text, Mapping) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        yield f"not a text object: {text!r}"
        return
    if not 1 <= len(text["text"]) <= most:
        yield f"a text of {len(text['text'])} characters, allowed are 1 to {most}"
    if not text["text"].strip():
        yield "an empty text"


def _button(element: Mapping[str, Any]) -> Iterable[str]:
    if element.get("type") != "button":
        yield f"unknown element {element.get('type')!r}"
        return
    yield from _text(element.get("text"), 75, kinds=("plain_text",))
    if not 1 <= len(str(element.get("action_id", ""))) <= 255:
        yield "an action_id that is too long or empty"
    if len(str(element.get("value", ""))) > 2_000:
        yield f"a button value of {len(element['value'])} characters"


def _rich(element: Mapping[str, Any]) -> Iterable[str]:
    if element.get("type") not in ("rich_text_section", "rich_text_quote"):
        yield f"unknown rich text {element.get('type')!r}"
    for part in element.get("elements", ()):
        if part.get("type") not in ("text", "link") or not str(part.get("text", "")).strip():
            yield "an empty rich text"
        elif len(part["text"]) > 3_000:
            yield "a rich text over 3,000 characters"


def _table(block: Mapping[str, Any]) -> Iterable[str]:
    rows = block.get("rows") or []
    yield from _count("table rows", rows, 100)
    yield from _count("table columns", rows[0] if rows else [], 20)
    if len(block.get("column_settings", ())) > 20:
        yield "more than 20 column settings"
    if len({len(row) for row in rows}) > 1:
        yield "rows of different length"
    for row in rows:
        for cell in row:
            if cell.get("type") != "raw_text" or not str(cell.get("text", "")).strip():
                yield "an empty cell"


def _count(what: str, things: Any, most: int) -> Iterable[str]:
    if not isinstance(things, list) or not 1 <= len(things) <= most:
        yield f"{what}: {len(things) if isinstance(things, list) else things!r}, allowed are 1 to {most}"
