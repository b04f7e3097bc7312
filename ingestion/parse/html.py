"""What does a web page say, without its menus, banners and footers?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from typing import Any

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from ingestion.errors import DocumentNotRead
from ingestion.metadata import Cover
from ingestion.parse.reading import Outline, Reading, fold

NEVER_TEXT = ("script", "style", "template", "noscript", "svg", "iframe", "object", "select", "button", "math")
FRAME_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "complementary"})
BANNER = re.compile(r"cookie[-_ ]?(?:banner|consent|notice|bar|popup|message|modal|overlay|policy-bar)|onetrust|gdpr")
MENU = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|breadcrumbs?|pagination|pager|share|social|skip)(?:$|[-_ ])"
)
MENU_LINK_SHARE = 0.8
"""A list of which more than this share of the words are links is a menu, if its class also says so."""
COOKIES = re.compile(r"(?:^|[-_ ])cookies?(?:$|[-_ ])|cookieconsent|cookiebar")
SHARING = re.compile(r"(?:^|[-_ ])(?:share|sharing|sharedaddy|addtoany|social)(?:$|[-_ ])")
MAX_BANNER_WORDS = 120
EDGE = re.compile(
    r"(?:^|[-_ ])(?:masthead|site-header|page-header-bar|site-footer|footer|colophon|sidebar|side-bar|widget-area|"
    r"widget|site-info|copyright|skip-link)(?:$|[-_ ])"
)
"""How themes name what stands around the content, where a page has no `main` to tell it."""
MIN_MENU_LINKS = 4
MAX_LINK_WORDS = 5
"""Words of a menu's links on average; a list of what there is to read has longer ones."""
DOCUMENT = re.compile(r"\.(?:pdf|docx?|odt|pptx?|xlsx?|csv|rtf)(?:$|[?#])", re.IGNORECASE)
CONTENT_SHARE = 0.5
"""What stands around the page's heading is its content if it holds this share of the words that are no links, nor
such as stand at the foot of every page."""
AT_THE_FOOT = re.compile(
    r"cookies|©|copyright|all rights reserved|privacy (?:notice|policy)|registered (?:office|charity|in england)|"
    r"company (?:number|no\b)|website (?:design )?by|available under the|powered by",
    re.IGNORECASE,
)
MAX_FOOT_WORDS = 60
SENTENCE_WORDS = 12

_BLOCK_TAGS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr",
    "html", "legend", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "ul",
})  # fmt: skip

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PARTS = frozenset({"div", "section", "aside", "ul", "ol", "header", "footer", "td"})

MAX_DEPTH = 300
"""Elements within elements: pages made with the most elaborate themes have some 60. What is looked up and down from an
element is bounded by it, and so is the recursion that reads it."""
MAX_SPAN = 200
MAX_COLUMNS = 1_000
"""Where a row has so many, a cell that claims to run over several is taken for one over one."""


def read_html(data: bytes) -> Reading:
    """The main content of a page. Raises DocumentNotRead when nothing is left without its frame."""
    page = page_of(data)
    title = fold(page.title.get_text()) if page.title else ""
    reading = read_page(page, from_site=True)
    if not any(section.blocks for section in reading.sections):
        raise DocumentNotRead(
            "no content on the page, apart from menus and scripts: it may be filled in by a script in a browser; "
            "save the page as PDF instead"
        )
    return Reading(reading.sections, Cover(titles=tuple(filter(None, (*reading.cover.titles, title)))))


def page_of(markup: bytes | str) -> BeautifulSoup:
    """The page that is marked up. Raises DocumentNotRead: elements within more elements than `MAX_DEPTH`."""
    return _Page(markup, "lxml")


class _Page(BeautifulSoup):
    def pushTag(self, tag: Tag) -> None:  # noqa: N802 - as bs4 names what it calls for each element that opens
        super().pushTag(tag)
        if len(self.tagStack) > MAX_DEPTH:
            raise DocumentNotRead(
                f"it nests its elements more than {MAX_DEPTH} deep: open it in a browser and save it as PDF"
            )


def read_page(page: BeautifulSoup, *, from_site: bool = False) -> Reading:
    """The text of a parsed page under its headings; also used for Markdown, which is HTML in short. A page `from_site`
    stands among menus, which are looked for even where nothing names them so."""
    content = _main_content(page, from_site=from_site)
    outline = Outline()
    _Blocks(content).read(content, outline)
    first_heading = content.find("h1")
    titles = (fold(first_heading.get_text()),) if isinstance(first_heading, Tag) else ()
    return Reading(outline.sections(), Cover(titles=titles))


# ── what is content ──────────────────────────────────────────────────────────────────────────────────────────────────


def _main_content(page: BeautifulSoup, *, from_site: bool) -> Tag:
    """The page's main part with its frame cut out. A `main` without words is passed over for the whole body."""
    controls = [tag["aria-controls"] for tag in _tags(page) if "aria-controls" in tag.attrs]
    shown = {name for names in controls for name in str(names).split()}
    for tag in _tags(page, NEVER_TEXT):
        tag.extract()
    body = page.body or page
    articles = page.find_all("article")
    named_main = page.find(True, attrs={"role": "main"})
    candidates = [page.find("main"), named_main, articles[0] if len(articles) == 1 else None]
    for content in candidates:
        if isinstance(content, Tag) and fold(content.get_text()):
            _cut_frame(content, shown, is_main=True)
            if fold(content.get_text()):
                return content
    _cut_frame(body, shown, is_main=False)
    if not from_site:
        return body
    for tag in _tags(body, _PARTS):
        if not tag.decomposed and EDGE.search(_names(tag)) and tag.find("h1") is None:
            tag.decompose()
    if not _has_words_besides(_link_lists(body), body):
        return body  # a page of links: they are its content
    for menu in _link_lists(body):
        _cut_with_heading(menu)
    return _around_heading(body)


def _tags(parent: Tag, names: Container[str] | None = None) -> list[Tag]:
    """The elements below one, all or those of these names; bs4's `find_all` tries one name after the other."""
    tags = (node for node in parent.descendants if isinstance(node, Tag))
    return [tag for tag in tags if names is None or tag.name in names]


def _link_lists(body: Tag) -> list[Tag]:
    """The parts that are menus whatever they are called: of short links only, none to a document; outermost only."""
    counts = Counter(id(parent) for link in body.find_all("a") for parent in link.parents)
    found: dict[int, Tag] = {}
    for tag in _tags(body, ("ul", "ol", "div", "table", "p")):
        if counts[id(tag)] < MIN_MENU_LINKS or _is_within(tag, found):
            continue
        links = tag.find_all("a")
        is_menu = (
            _link_share(tag) > MENU_LINK_SHARE
            and sum(len(link.get_text().split()) for link in links) <= MAX_LINK_WORDS * len(links)
            and not any(DOCUMENT.search(str(link.get("href", ""))) for link in links)
        )
        if is_menu:
            found[id(tag)] = tag
    return list(found.values())


def _is_within(tag: Tag, others: Container[int]) -> bool:
    """Whether it stands in one of the others, which are told by `id`: bs4 compares two tags by all that is in them."""
    return any(id(parent) in others for parent in tag.parents)


def _has_words_besides(menus: list[Tag], body: Tag) -> bool:
    """Whether anything but headings and links would be left of the page without these lists."""
    inside = sum(_prose(menu) for menu in menus)
    return _prose(body) - inside > sum(len(heading.get_text().split()) for heading in _tags(body, _HEADINGS))


def _cut_with_heading(menu: Tag) -> None:
    """Cut a menu, and the heading that only names it."""
    before = menu.find_previous_sibling()
    after = menu.find_next_sibling()
    if isinstance(before, Tag) and before.name in _HEADINGS[1:] and (after is None or after.name in _HEADINGS):
        before.extract()
    menu.extract()


def _around_heading(body: Tag) -> Tag:
    """The smallest part with the page's heading in it that holds most of its words; the whole body where the heading
    stands apart from them, or there is none or several."""
    headings = body.find_all("h1")
    if len(headings) != 1:
        return body
    whole = _prose(body) - _foot_words(body)
    content = _content(body)
    for part in headings[0].parents:
        if part is body:
            break
        inside = _prose(part) - _foot_words(part) - len(headings[0].get_text().split())
        if inside > CONTENT_SHARE * whole and _holds_all(part, content):
            return part
    return body


def _content(body: Tag) -> list[Tag]:
    """The tables of a page, and its blocks of a sentence's length."""
    holding = _holding_blocks(body)
    return [
        tag
        for tag in _tags(body, _BLOCK_TAGS)
        if tag.name == "table"
        or (id(tag) not in holding and _prose(tag) >= SENTENCE_WORDS and not AT_THE_FOOT.search(tag.get_text(" ")))
    ]


def _holds_all(part: Tag, content: list[Tag]) -> bool:
    """Whether all content stands in this part of a page, or around it."""
    around = {id(parent) for parent in part.parents}
    return all(id(tag) in around or _is_within(tag, {id(part)}) for tag in content)


def _holding_blocks(parent: Tag) -> set[int]:
    """The elements that hold a block element at any depth, by `id`."""
    holding: set[int] = set()
    for tag in _tags(parent, _BLOCK_TAGS):
        for above in tag.parents:
            if id(above) in holding:
                break
            holding.add(id(above))
    return holding


def _foot_words(tag: Tag) -> int:
    """The words of the notices in it that stand at the foot of every page."""
    holding = _holding_blocks(tag)
    parts = _tags(tag, ("p", "div", "span", "small", "td"))
    notices = {id(part): part for part in parts if id(part) not in holding}
    return sum(
        _prose(notice)
        for notice in notices.values()
        if not _is_within(notice, notices)
        and AT_THE_FOOT.search(text := notice.get_text(" "))
        and len(text.split()) <= MAX_FOOT_WORDS
    )


def _prose(tag: Tag) -> int:
    """How many words of it are no links."""
    return len(tag.get_text(" ").split()) - sum(len(link.get_text(" ").split()) for link in tag.find_all("a"))


def _cut_frame(content: Tag, shown: set[str], *, is_main: bool) -> None:
    frame = {"nav", "dialog"} | (set() if is_main else {"header", "footer", "aside"})
    # Listed first, then cut: a tag that is cut out loses its place while the tree is walked.
    for tag in [tag for tag in _tags(content) if _is_cut(tag, content, frame, shown)]:
        # A page's header may hold its only title.
        title = tag.find("h1") if tag.name == "header" else None
        if isinstance(title, Tag):
            tag.replace_with(title.extract())
        else:
            tag.extract()


def _is_cut(tag: Tag, content: Tag, frame: set[str], shown: set[str]) -> bool:
    return tag.name in frame or (tag.name == "footer" and tag.parent is content) or _is_frame(tag, shown)


def _is_frame(tag: Tag, shown: set[str]) -> bool:
    attributes = tag.attrs or {}
    if str(attributes.get("role", "")).lower() in FRAME_ROLES:
        return True
    is_hidden = "hidden" in attributes or re.search(r"display:\s*none", str(attributes.get("style", "")))
    if is_hidden and str(attributes.get("id", "")) not in shown:
        return True
    names = _names(tag)
    if not names or tag.name in ("html", "body", "main", "h1", "h2", "h3", "h4", "h5", "h6"):
        return False
    if BANNER.search(names):
        return True
    may_be_banner = COOKIES.search(names) or (SHARING.search(names) and tag.find("p") is None)
    if may_be_banner and len(tag.get_text(" ").split()) <= MAX_BANNER_WORDS and tag.find("h1") is None:
        return True
    return bool(MENU.search(names)) and _link_share(tag) > MENU_LINK_SHARE


def _names(tag: Tag) -> str:
    classes: Any = tag.attrs.get("class") or []
    words = classes if isinstance(classes, list) else [str(classes)]
    return " ".join([*words, str(tag.attrs.get("id", ""))]).lower()


def _link_share(tag: Tag) -> float:
    words = len(fold(tag.get_text()))
    linked = sum(len(fold(link.get_text())) for link in tag.find_all("a"))
    return linked / words if words else 1.0


# ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Blocks:
    """Reads the blocks of a page's content; knows which inline elements hold any."""

    def __init__(self, content: Tag) -> None:
        self.holding = _holding_blocks(content)

    def read(self, parent: Tag, outline: Outline, *, in_item: bool = False) -> None:
        """The block elements below `parent`; words between them become paragraphs, or the item they stand in."""
        words: list[str] = []

        def finish() -> None:
            # Two line breaks in a row are how some editors part paragraphs.
            for piece in re.split(r"\n\s*\n", "".join(words)):
                outline.add("list_item" if in_item else "paragraph", piece)
            words.clear()

        for child in parent.children:
            if isinstance(child, Tag) and (child.name in _BLOCK_TAGS or id(child) in self.holding):
                finish()
                self._read_block(child, outline, in_item=in_item)
            else:
                words.append(_words(child))
        finish()

    def _read_block(self, tag: Tag, outline: Outline, *, in_item: bool) -> None:
        match tag.name:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                outline.heading(int(tag.name[1]), _words(tag))
            case "table":
                self._read_table(tag, outline)
            case "dl" if _is_glossary(tag):
                _read_glossary(tag, outline)
            case "li":
                self.read(tag, outline, in_item=True)
            case "pre":
                outline.add("paragraph", tag.get_text())
            case "ul" | "ol":
                self.read(tag, outline)
            case _:
                self.read(tag, outline, in_item=in_item)

    # ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _read_table(self, table: Tag, outline: Outline) -> None:
        if _is_layout(table):
            caption_and_cells = table.find_all(["caption", "td", "th"])
            for cell in caption_and_cells:
                if cell.find_parent("table") is table:
                    self.read(cell, outline)
            return
        if isinstance(caption := table.find("caption"), Tag):
            outline.add("paragraph", _words(caption))
        rows = list(_own_rows(table))
        grid = self._grid(rows)
        headers = 0
        while headers < len(rows) - 1 and _is_header(rows[headers]):
            headers += 1
        outline.table(grid, headers=headers)

    def _grid(self, rows: list[Tag]) -> list[list[str]]:
        """The words of the cells by row and column. A cell over several columns stands in its first; one over several
        rows stands in each of them, for a row is read alone."""
        grid: list[list[str]] = []
        held: dict[int, tuple[int, str]] = {}  # column → rows still covered from above, and the words
        for row in rows:
            line: list[str] = []
            cells = _cells(row)[::-1]
            last_held = max(held, default=-1)
            while cells or len(line) <= last_held:
                column = len(line)
                if column in held:
                    left, words = held.pop(column)
                    line.append(words)
                    if left > 1:
                        held[column] = (left - 1, words)
                elif cells:
                    cell = cells.pop()
                    words = " ".join(self._words_of_blocks(cell))
                    below = _number(cell, "rowspan") - 1
                    for offset in range(_number(cell, "colspan") if column < MAX_COLUMNS else 1):
                        shown = words if offset == 0 else ""
                        line.append(shown)
                        if below:
                            held[column + offset] = (below, shown)
                else:
                    line.append("")
            grid.append(line)
        return grid

    def _words_of_blocks(self, cell: Tag) -> list[str]:
        inside = Outline()
        self.read(cell, inside)
        return [section.text for section in inside.sections()]


def _words(node: PageElement) -> str:
    """The words of inline content; comments and the like are not text."""
    if isinstance(node, PreformattedString):
        return ""
    if isinstance(node, NavigableString):
        return re.sub(r"\s+", " ", str(node))
    if not isinstance(node, Tag):
        return ""
    if node.name == "br":
        return "\n"
    return "".join(_words(child) for child in node.children)


MAX_VALUE_WORDS = 40


def _is_glossary(terms: Tag) -> bool:
    """Each term has one short value beneath it, as on a cover sheet; questions and answers do not."""
    names = [entry.name for entry in terms.find_all(["dt", "dd"])]
    values = terms.find_all("dd")
    return names == ["dt", "dd"] * (len(names) // 2) and all(
        not value.find_all(["p", "ul", "ol", "table", "h2", "h3", "h4"])
        and len(value.get_text().split()) <= MAX_VALUE_WORDS
        for value in values
    )


def _read_glossary(terms: Tag, outline: Outline) -> None:
    for term, value in zip(terms.find_all("dt"), terms.find_all("dd"), strict=True):
        outline.row((_words(term), _words(value)))


# ── what a table is ──────────────────────────────────────────────────────────────────────────────────────────────────


def _is_layout(table: Tag) -> bool:
    """A table that only places things on the page: it says so, holds headings or tables, or has a single column."""
    if table.attrs.get("role") in ("presentation", "none"):
        return True
    if table.find(["table", "h1", "h2", "h3", "h4", "h5", "h6"]) is not None:
        return True
    return all(len(_cells(row)) <= 1 for row in _own_rows(table))


def _own_rows(table: Tag) -> Iterator[Tag]:
    return (row for row in table.find_all("tr") if row.find_parent("table") is table)


def _cells(row: Tag) -> list[Tag]:
    return list(row.find_all(["td", "th"], recursive=False))


def _is_header(row: Tag) -> bool:
    if isinstance(row.parent, Tag) and row.parent.name == "thead":
        return True
    cells = _cells(row)
    return len(cells) > 1 and all(cell.name == "th" for cell in cells)


def _number(cell: Tag, name: str) -> int:
    """A span as a page states it: 1 where it is no number; never more than a page could hold."""
    stated = str(cell.attrs.get(name, "1"))
    return max(1, min(int(stated), MAX_SPAN)) if stated.isdecimal() else 1
