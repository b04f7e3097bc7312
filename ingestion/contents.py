"""Is a section a contents list? It is shown as part of the document, but never indexed: it answers nothing."""

from __future__ import annotations

import re

from ingestion.model import Section

CONTENTS_HEADING = re.compile(r"(?:table of )?contents(?: page)?:?", re.IGNORECASE)
CONTENTS_LINE = re.compile(r"(?:[.…_]\s*|(?<!\s)\s+)\d{1,3}$")
"""An entry ends with the number of a page. A run of blanks is tried from its start only, or a long
one costs its square."""


def is_contents_list(section: Section) -> bool:
    """Whether it is headed as one and most of its entries end with a page number."""
    if not section.heading or not CONTENTS_HEADING.fullmatch(section.heading[-1]):
        return False
    entries = sum(1 for block in section.blocks if CONTENTS_LINE.search(block.text))
    return entries * 2 > len(section.blocks)
