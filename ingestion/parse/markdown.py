"""What does a Markdown file say? Its front matter is kept apart; the rest is HTML in short, and read as such."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from markdown_it import MarkdownIt

from ingestion.errors import DocumentNotRead
from ingestion.parse.html import page_of, read_page
from ingestion.parse.reading import Reading
from ingestion.parse.text import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# What site generators add: {details} … {/details} and $CTA … $CTA around paragraphs (GOV.UK's Govspeak), {:.class}
# (kramdown), <%= helper("words", …) %> (ERB), {% tag %} (Liquid). The words they surround are kept.
_MARKER_LINE = re.compile(r"^[ \t]*(?:\{/?[a-z][a-z-]*\}|/?\$[A-Za-z!]+|\{%.*?%\})[ \t]*$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\{:[^{}\n]*\}")
_ERB = re.compile(r"<%-?=?\s*(?:\w+\(\s*\"([^\"]*)\")?.*?%>", re.DOTALL)

MAX_FRONT_MATTER = 100_000
"""Characters: as many as a policy of fifty pages has, and what PyYAML reads in a second or two."""
MAX_FRONT_MATTER_DEPTH = 20

# Four blanks before a line are a slip in a policy, and not a program's code.
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")


def read_markdown(data: bytes) -> Reading:
    """The text of a Markdown file. Raises DocumentNotRead: bytes that are no text, front matter that is no YAML."""
    front_matter, body = _parted(decode(data).replace("\r\n", "\n").replace("\r", "\n"))
    body = _without(_COMMENT, "-->", body)
    body = _without(_ERB, "%>", body, kept=r"\1")
    body = _ATTRIBUTES.sub("", _MARKER_LINE.sub("", body))
    page = read_page(page_of(_MARKDOWN.render(body)))
    return Reading(page.sections, page.cover, front_matter)


def _without(pattern: re.Pattern[str], end: str, text: str, *, kept: str = "") -> str:
    """The text without what the pattern finds, all of which closes with `end`. Looked for only up to the last `end`:
    beyond it, each of a thousand that are never closed would be followed to the end of the file."""
    last = text.rfind(end) + len(end) if end in text else 0
    return pattern.sub(kept, text[:last]) + text[last:]


def _parted(text: str) -> tuple[Mapping[str, Any], str]:
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    if len(found[1]) > MAX_FRONT_MATTER:
        raise DocumentNotRead(
            f"its front matter has more than {MAX_FRONT_MATTER:,} characters: keep only what describes the document"
        )
    try:
        stated = yaml.load(found[1], _FrontMatter)  # noqa: S506 - a SafeLoader
    except _NotStated as error:
        line = found[1].splitlines()[error.line].strip()[:80]
        raise DocumentNotRead(f"its front matter {error} (line {error.line + 2}: {line!r})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 2})" if mark else ""
        raise DocumentNotRead(
            f"its front matter is not valid YAML{where}: put quotes around the value, or remove the lines between ---"
        ) from error
    if stated is None:
        return {}, text[found.end() :]
    if not isinstance(stated, dict):
        return {}, text  # a rule at the top of the page, and not front matter
    return {str(key): value for key, value in stated.items()}, text[found.end() :]


# ── front matter ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _NotStated(Exception):
    """What valid YAML says is no front matter; `line` counts from 0."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


class _FrontMatter(yaml.SafeLoader):
    """Reads values as they are written: no name for another value, which a few lines can make thousands of millions;
    a number as its text, for version 2.10 is not 2.1; no date that no calendar has."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        line = self.peek_event().start_mark.line  # type: ignore[no-untyped-call]
        if self.check_event(yaml.AliasEvent):
            raise _NotStated("repeats a value by its name (*name): write the value out, or put quotes around it", line)
        if self.depth == MAX_FRONT_MATTER_DEPTH:
            raise _NotStated(f"nests lists more than {MAX_FRONT_MATTER_DEPTH} deep: put quotes around the value", line)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:  # 30 February, !!bool perhaps
            reason = "states a date that no calendar has, or another value that cannot be read: correct it"
            raise _NotStated(reason, node.start_mark.line) from error

    def construct_as_written(self, node: yaml.ScalarNode) -> Any:
        return node.value


for _number in ("int", "float"):
    _FrontMatter.add_constructor(f"tag:yaml.org,2002:{_number}", _FrontMatter.construct_as_written)
