"""What does a Markdown file say? Its front matter is kept apart; the rest is HTML in short, and read as such."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt

from ingestion.errors import DocumentNotRead
from ingestion.parse.html import read_page
from ingestion.parse.reading import Reading
from ingestion.parse.text import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
# What site generators add: {details} … {/details} and $CTA … $CTA around paragraphs (GOV.UK's Govspeak), {:.class}
# (kramdown), <%= helper("words", …) %> (ERB), {% tag %} (Liquid). The words they surround are kept.
_MARKER_LINE = re.compile(r"^[ \t]*(?:\{/?[a-z][a-z-]*\}|/?\$[A-Za-z!]+|\{%.*?%\})[ \t]*$", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\{:[^}\n]*\}")
_ERB = re.compile(r"<%-?=?\s*(?:\w+\(\s*\"([^\"]*)\")?.*?%>", re.DOTALL)

# Four blanks before a line are a slip in a policy, and not a program's code.
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("code")


def read_markdown(data: bytes) -> Reading:
    """The text of a Markdown file. Raises DocumentNotRead: bytes that are no text, front matter that is no YAML."""
    front_matter, body = _parted(decode(data).replace("\r\n", "\n").replace("\r", "\n"))
    for pattern, kept in ((_COMMENT, ""), (_ERB, r"\1"), (_MARKER_LINE, ""), (_ATTRIBUTES, "")):
        body = pattern.sub(kept, body)
    page = read_page(BeautifulSoup(_MARKDOWN.render(body), "lxml"))
    return Reading(page.sections, page.cover, front_matter)


def _parted(text: str) -> tuple[Mapping[str, Any], str]:
    found = _FRONT_MATTER.match(text)
    if found is None:
        return {}, text
    try:
        stated = yaml.safe_load(found[1])
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
