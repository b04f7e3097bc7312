"""What does every page of a PDF repeat: running headers, footers and page numbers?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ingestion.parse.pdf_layout import Item, Line, Page
from ingestion.parse.pdf_look import LARGER, body_size
from ingestion.parse.reading import fold

MARGIN_SHARE = 0.12
"""Running headers and footers stand in this share of the page's height, at the top and at the bottom."""
PAGE_NUMBER = re.compile(r"(?:page\s*)?[-–—|\s]*\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?[-–—|\s]*", re.IGNORECASE)


def without_margins(pages: Sequence[Page]) -> tuple[list[str], list[list[Item]]]:
    """The lines of running headers and footers, each once, and the items of each page without them.

    A running line is in the margin and stands there on several pages, word for word; its digits may differ, unless it
    is set as a heading is ("Week 4"). A page number alone is one.
    """
    size = body_size([page.items for page in pages])
    alike: dict[tuple[str, int, float], Counter[str]] = {}
    for page in pages:
        for line in _margin_lines(page):
            alike.setdefault(_margin_key(line, page), Counter())[line.text] += 1
    enough = 2 if len(pages) < 6 else 3

    def is_running(line: Line, page: Page) -> bool:
        texts = alike[_margin_key(line, page)]
        is_set_apart = line.size >= size * LARGER or line.is_bold
        same = texts[line.text] if is_set_apart else texts.total()
        return same >= enough or PAGE_NUMBER.fullmatch(line.text.strip()) is not None

    margins: dict[str, None] = {}
    flow: list[list[Item]] = []
    for page in pages:
        running = [line for line in _margin_lines(page) if is_running(line, page)]
        if len(running) == len(page.items):  # what a page has nothing beside is its text, and not what runs along it
            running = [line for line in running if PAGE_NUMBER.fullmatch(line.text.strip())]
        margins |= dict.fromkeys(fold(line.text) for line in running)
        dropped = set(map(id, running))
        flow.append([item for item in page.items if id(item) not in dropped])
    return [text for text in margins if re.search(r"[A-Za-z]{3}", text)], flow


def _margin_lines(page: Page) -> Iterator[Line]:
    top, bottom = page.height * MARGIN_SHARE, page.height * (1 - MARGIN_SHARE)
    for item in page.items:
        if isinstance(item, Line) and (item.bottom < top or item.top > bottom):
            yield item


def _margin_key(line: Line, page: Page) -> tuple[str, int, float]:
    """What makes lines of two pages the same: their words but for digits, their height on the page, their type; of what
    OCR read, where no two pages are alike to the point, the end of the page."""
    words = re.sub(r"\d+", "#", line.text.casefold())
    if line.paragraph is not None:
        return words, -1 if line.top < page.height / 2 else -2, 0.0
    return words, round(min(line.top, page.height - line.top) / 6), line.size
