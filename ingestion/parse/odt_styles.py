"""How does an OpenDocument file want its paragraphs to look, and which numbers does it set before them?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from ingestion.model import BlockKind
from ingestion.parse.wordprocessor import MAX_ANCESTORS, list_number

URN = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, META, TEXT, TABLE, DRAW, STYLE, MANIFEST = (
    f"{{{URN}{name}:1.0}}" for name in ("office", "meta", "text", "table", "drawing", "style", "manifest")
)
FO = f"{{{URN}xsl-fo-compatible:1.0}}"
LIBRE = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
MATH = "{http://www.w3.org/1998/Math/MathML}"
HREF = "{http://www.w3.org/1999/xlink}href"
ID = "{http://www.w3.org/XML/1998/namespace}id"
TITLE = "{http://purl.org/dc/elements/1.1/}title"
PARAGRAPHS = frozenset({f"{TEXT}p", f"{TEXT}h"})

DEFAULT_HALF_POINTS = 24
"""12 points, which LibreOffice sets where a file states no size."""


# ── styles ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Style:
    name: str = "standard"
    level: int = 0
    is_bold: bool = False
    half_points: int = DEFAULT_HALF_POINTS
    is_hidden: bool = False
    breaks_before: bool = False
    breaks_after: bool = False
    fill: str | None = None


class Styles:
    """What each style says, with what it inherits: from its parents, and from its family's default."""

    def __init__(self, styles: Any, content: Any) -> None:
        self.elements: dict[tuple[str, str], Any] = {}
        self.automatic: set[tuple[str, str]] = set()
        self.defaults: dict[str, Any] = {}
        self.lists: dict[str, Any] = {}
        self.outline: Any = None
        self.changes: dict[Any, _Changes] = {}
        self.read: dict[tuple[str, str], Style] = {}
        self.read_within: dict[tuple[Style, str], Style] = {}
        named = styles.find(f"{OFFICE}styles") if styles is not None else None
        for group in (named, content.find(f"{OFFICE}automatic-styles")):
            for element in group if group is not None else ():
                family, name = element.get(f"{STYLE}family", ""), element.get(f"{STYLE}name", "")
                if element.tag == f"{STYLE}style":
                    self.elements[family, name] = element
                    if group is not named:
                        self.automatic.add((family, name))
                elif element.tag == f"{STYLE}default-style":
                    self.defaults[family] = element
                elif element.tag == f"{TEXT}list-style":
                    self.lists[name] = element
                elif element.tag == f"{TEXT}outline-style":
                    self.outline = element

    def of(self, family: str, name: str | None) -> Style:
        key = (family, name or "")
        if key not in self.read:
            style = Style()
            if family in self.defaults:
                style = self._changed(style, self.defaults[family])
            for step in self.chain(key):
                style = self._changed(style, self.elements[step])
                if step not in self.automatic:
                    shown = self.elements[step].get(f"{STYLE}display-name") or step[1].replace("_20_", " ")
                    style = replace(style, name=_WORDS_NAMES.get(shown.lower(), shown.lower()))
            self.read[key] = style
        return self.read[key]

    def within(self, style: Style, name: str | None) -> Style:
        """The look of words that a text style sets apart within a paragraph of a style."""
        key = (style, name or "")
        if key not in self.read_within:
            look = style
            for step in self.chain(("text", name or "")):
                look = self._changed(look, self.elements[step])
            self.read_within[key] = look
        return self.read_within[key]

    def hides(self, element: Any) -> bool:
        """A section that is not shown."""
        return bool(
            element.tag == f"{TEXT}section"
            and (element.get(f"{TEXT}display") == "none" or element.get(f"{TEXT}is-hidden") == "true")
        )

    def chain(self, key: tuple[str, str]) -> list[tuple[str, str]]:
        """A style and those it is based on, the outermost first."""
        chain: list[tuple[str, str]] = []
        while key in self.elements and key not in chain and len(chain) <= MAX_ANCESTORS:
            chain.append(key)
            key = (key[0], self.elements[key].get(f"{STYLE}parent-style-name") or "")
        return chain[::-1]

    def _changed(self, style: Style, element: Any) -> Style:
        """A style with what one element states of it; each element is read once, for many styles are based on it."""
        if element not in self.changes:
            self.changes[element] = _changes(element)
        stated, sizes = self.changes[element]
        half_points = _half_points(sizes[-1], style.half_points) if sizes else style.half_points
        return replace(style, half_points=half_points, **stated) if stated or sizes else style


_WORDS_NAMES = {
    "contents heading": "toc heading",
    **{f"contents {level}": f"toc {level}" for level in range(1, 11)},
}
"""LibreOffice's names of styles → Word's."""


_Changes = tuple[dict[str, Any], list[str]]
"""What an element states of a style, by field; and the sizes of type, of which the last holds, as it writes them."""


def _changes(element: Any) -> _Changes:
    changes: dict[str, Any] = {}
    sizes: list[str] = []
    level = element.get(f"{STYLE}default-outline-level")
    if level is not None:
        changes["level"] = int(level) if level.isdigit() else 0
    if element.get(f"{STYLE}master-page-name"):
        changes["breaks_before"] = True
    for properties in element:
        weight = properties.get(f"{FO}font-weight")
        if weight is not None:
            changes["is_bold"] = weight == "bold" or (weight.isdigit() and int(weight) >= 600)
        if size := properties.get(f"{FO}font-size"):
            sizes.append(size)
        if display := properties.get(f"{TEXT}display"):
            changes["is_hidden"] = display == "none"
        if before := properties.get(f"{FO}break-before"):
            changes["breaks_before"] = before == "page"
        if after := properties.get(f"{FO}break-after"):
            changes["breaks_after"] = after == "page"
        if fill := properties.get(f"{FO}background-color"):
            changes["fill"] = fill
    return changes, sizes


def _half_points(size: str, parent: int) -> int:
    """ "10.5pt" → 21; "80%" of the size that is inherited."""
    found = re.fullmatch(r"(\d{1,4}(?:\.\d+)?)(pt|%)", size)
    if not found:
        return parent
    return round(float(found[1]) * 2) if found[2] == "pt" else round(float(found[1]) * parent / 100)


# ── the numbers of lists ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Numbered:
    """The number before a paragraph ("" = a bullet or none), and what it is: an item, a numbered clause, or neither."""

    number: str
    kind: BlockKind | None


@dataclass(frozen=True)
class OpenList:
    """A list that is open: the style that numbers it, its depth from 1, and how far it has counted at each level."""

    style: str
    depth: int = 1
    counts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The numbers that the program sets before list items and headings, counted as it counts them."""

    def __init__(self, styles: Styles) -> None:
        self.styles = styles
        self.headings: dict[int, int] = {}
        self.last_of_style: dict[str, OpenList] = {}
        self.by_id: dict[str, OpenList] = {}

    def opened(self, element: Any) -> OpenList:
        """The list that an element opens: the continuation of one before it, or one that starts anew."""
        style = element.get(f"{TEXT}style-name") or self._style_of_first(element)
        continued = self.by_id.get(element.get(f"{TEXT}continue-list", ""))
        if continued is None and element.get(f"{TEXT}continue-numbering") == "true":
            continued = self.last_of_style.get(style)
        opened = OpenList(style, counts=continued.counts if continued is not None else {})
        self.last_of_style[style] = opened
        if name := element.get(ID):
            self.by_id[name] = opened
        return opened

    def deeper(self, element: Any, within: OpenList, *, is_first: bool) -> OpenList:
        """A list within an item; the second in one item starts anew unless it says otherwise."""
        if not is_first and element.get(f"{TEXT}continue-numbering") != "true":
            for depth in [depth for depth in within.counts if depth > within.depth]:
                del within.counts[depth]
        return OpenList(element.get(f"{TEXT}style-name") or within.style, within.depth + 1, within.counts)

    def next(self, list_: OpenList, item: Any) -> Numbered:
        """The number of an item, which counts it."""
        stated = item.findtext(f"{TEXT}number")
        level = self._level(self.styles.lists.get(list_.style), list_.depth)
        if level is None or level.tag != f"{TEXT}list-level-style-number":
            return Numbered("", "list_item")
        if not level.get(f"{STYLE}num-format"):
            return Numbered("", None)
        own_start = item.get(f"{TEXT}start-value", "")
        number, is_clause = self._counted(
            self.styles.lists[list_.style], level, list_.depth, list_.counts, own_start=own_start
        )
        return Numbered(_bare(stated) if stated else number, "paragraph" if is_clause else "list_item")

    def heading(self, element: Any, level_number: int) -> Numbered | None:
        """The number of a heading outside any list, by the outline's own numbering; None where it has none."""
        stated = element.findtext(f"{TEXT}number")
        if stated:
            return Numbered(_bare(stated), None)
        level = self._level(self.styles.outline, level_number)
        if level is None or not level.get(f"{STYLE}num-format") or element.get(f"{TEXT}is-list-header") == "true":
            return None
        own_start = element.get(f"{TEXT}start-value", "")
        number, _ = self._counted(self.styles.outline, level, level_number, self.headings, own_start=own_start)
        return Numbered(number, None)

    def _counted(
        self, style: Any, level: Any, depth: int, counts: dict[int, int], *, own_start: str
    ) -> tuple[str, bool]:
        """The next number of a level, and whether it counts within those above it ("4.2")."""
        start = int(own_start) if own_start.isdigit() else counts.get(depth, _start(level) - 1) + 1
        counts[depth] = start
        for deeper in [other for other in counts if other > depth]:
            del counts[deeper]
        pattern = level.get(f"{LIBRE}num-list-format") or level.get(f"{STYLE}num-list-format")
        if not pattern:
            shown = level.get(f"{TEXT}display-levels", "1")
            levels = min(int(shown) if shown.isdigit() else 1, depth)
            numbers = ".".join(f"%{number}%" for number in range(depth - levels + 1, depth + 1))
            pattern = f"{level.get(f'{STYLE}num-prefix', '')}{numbers}{level.get(f'{STYLE}num-suffix', '')}"

        def shown_at(found: re.Match[str]) -> str:
            at = self._level(style, int(found[1]))
            form = at.get(f"{STYLE}num-format") if at is not None else "1"
            count = counts.get(int(found[1]), _start(at) if at is not None else 1)
            return list_number(count, _FORMATS.get(form or "", "decimal"))

        return _bare(re.sub(r"%(\d{1,2})%", shown_at, pattern)), len(re.findall(r"%\d{1,2}%", pattern)) > 1

    def _level(self, style: Any, depth: int) -> Any:
        if style is None:
            return None
        return next((level for level in style if level.get(f"{TEXT}level") == str(depth)), None)

    def _style_of_first(self, element: Any) -> str:
        """A list without a style of its own is numbered as the style of its first paragraph says."""
        paragraph = next(element.iter(*PARAGRAPHS), None)
        key = ("paragraph", paragraph.get(f"{TEXT}style-name") or "") if paragraph is not None else ("", "")
        for step in reversed(self.styles.chain(key)):
            if name := self.styles.elements[step].get(f"{STYLE}list-style-name"):
                return str(name)
        return ""


_FORMATS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


def _start(level: Any) -> int:
    stated = level.get(f"{TEXT}start-value", "")
    return int(stated) if stated.isdigit() else 1


def _bare(number: str) -> str:
    return number.strip().rstrip(".")
