"""What one source file says: its front matter, and its body as a short list of blocks.

The renderers (`word`, `pdf`, `slides`, `web`, `workbook`) read nothing but a `Source`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import count
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import yaml
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

OUTPUTS = frozenset({"docx", "pdf", "pptx", "html", "md", "xlsx"})
LAYOUTS = frozenset({"table", "lines", "footer"})


class SourceError(Exception):
    """A source that cannot be rendered as written; the message names the file."""


@dataclass(frozen=True)
class Run:
    """Words of one look. A line break within a paragraph is a newline in `text`."""

    text: str
    bold: bool = False
    italic: bool = False
    link: str | None = None


Runs: TypeAlias = tuple[Run, ...]


@dataclass(frozen=True)
class Heading:
    level: int
    """1 for `## `: the title stands above it."""
    runs: Runs


@dataclass(frozen=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True)
class Item:
    """One entry of a list; `number` is None for a bullet, `depth` counts from 0."""

    runs: Runs
    depth: int
    number: int | None


@dataclass(frozen=True)
class ItemList:
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Table:
    """Every row is as long as the header.

    A header without words (`| | |`) is not printed: the first column then names what each row is about.
    """

    header: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]

    @property
    def has_header(self) -> bool:
        return any(plain(cell).strip() for cell in self.header)

    @property
    def printed_rows(self) -> "tuple[tuple[Runs, ...], ...]":
        return (self.header, *self.rows) if self.has_header else self.rows

    def is_label(self, row: int, column: int) -> bool:
        """Whether a cell, counted in the printed rows, names others rather than saying something of them."""
        return row == 0 if self.has_header else column == 0


@dataclass(frozen=True)
class Box:
    """Boxed text: what a reader sees set apart from the page's own run of text."""

    blocks: "tuple[Block, ...]"


@dataclass(frozen=True)
class PageBreak:
    pass


Block: TypeAlias = Heading | Paragraph | ItemList | Table | Box | PageBreak


@dataclass(frozen=True)
class Edition:
    """One line of the version history, as printed."""

    version: str
    date: str
    change: str


@dataclass(frozen=True)
class Source:
    """One document: what it says of itself, printed as a person would write it, and its body."""

    path: PurePosixPath
    """In the corpus, without extension: `schools/saltmarsh/behaviour`."""
    output: str
    title: str
    organisation: str
    blocks: tuple[Block, ...]
    text: str
    """The file as it stands."""
    layout: str = "table"
    kind: str | None = None
    version: str | None = None
    status: str | None = None
    owner: str | None = None
    approved_by: str | None = None
    approved_on: str | None = None
    effective_from: str | None = None
    review_due: str | None = None
    supersedes: str | None = None
    audience: str | None = None
    url: str | None = None
    history: tuple[Edition, ...] = ()
    dated: date = date(2026, 7, 9)
    """The day the file is stamped with: approval or start, whichever is known."""

    @property
    def corpus_path(self) -> PurePosixPath:
        return PurePosixPath(f"{self.path}.{self.output}")

    @property
    def school(self) -> str | None:
        """The slug of its school; None for a document of the trust."""
        return self.path.parts[1] if self.path.parts[0] == "schools" else None


TEXT_KEYS = ("kind", "version", "status", "owner", "approved_by", "supersedes", "url")
DATE_KEYS = ("approved_on", "effective_from", "review_due")
KEYS = frozenset({"output", "title", "organisation", "layout", "audience", "history", *TEXT_KEYS, *DATE_KEYS})


def read_source(text: str, path: PurePosixPath) -> Source:
    """Read a source file; `path` is its place in the corpus, without extension.

    Raises SourceError, naming the file, for front matter it does not know or Markdown no renderer can show.
    """
    front, body = split_front_matter(text, path)
    if unknown := sorted(set(front) - KEYS):
        raise SourceError(f"{path}: unknown front matter {', '.join(unknown)}")
    if missing := sorted({"output", "title"} - set(front)):
        raise SourceError(f"{path}: front matter lacks {', '.join(missing)}")
    if front["output"] not in OUTPUTS:
        raise SourceError(f"{path}: output {front['output']!r} is none of {', '.join(sorted(OUTPUTS))}")
    if (layout := front.get("layout", "table")) not in LAYOUTS:
        raise SourceError(f"{path}: layout {layout!r} is none of {', '.join(sorted(LAYOUTS))}")
    audience = front.get("audience")
    try:
        return Source(
            path=path,
            output=front["output"],
            title=front["title"],
            organisation=front.get("organisation") or "Samphire Coast Learning Trust",
            layout=layout,
            blocks=read_blocks(body),
            text=text,
            audience=", ".join(audience) if isinstance(audience, list) else audience,
            history=tuple(
                Edition(entry["version"], written_date(entry["date"]), entry["change"])
                for entry in front.get("history") or ()
            ),
            dated=next(filter(None, (as_date(front.get(key)) for key in DATE_KEYS)), Source.dated),
            **{key: front.get(key) or None for key in TEXT_KEYS},
            **{key: written_date(front[key]) for key in DATE_KEYS if front.get(key)},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path}: {error}") from error


def split_front_matter(text: str, path: PurePosixPath) -> tuple[dict[str, Any], str]:
    """The front matter with every scalar as written ("3.0" stays "3.0"), and the body."""
    match = re.match(r"---\n(.*?\n)---\n(.*)\Z", text, re.DOTALL)
    if not match:
        raise SourceError(f"{path}: does not begin with front matter between two lines of ---")
    try:
        front = yaml.load(match[1], Loader=yaml.BaseLoader)  # noqa: S506 (strings and lists only)
    except yaml.YAMLError as error:
        raise SourceError(f"{path}: front matter is not YAML: {error}") from error
    if not isinstance(front, dict):
        raise SourceError(f"{path}: front matter is not a table of keys")
    return front, match[2]


def as_date(written: object) -> date | None:
    """An ISO date, or None for anything else."""
    if not isinstance(written, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", written):
        return None
    return date.fromisoformat(written)


def written_date(written: str) -> str:
    """ "2026-09-01" as "1 September 2026", "2027-07" as "July 2027"; words stay as they are."""
    if day := as_date(written):
        return f"{day.day} {day:%B %Y}"
    if re.fullmatch(r"\d{4}-\d\d", written):
        return f"{date.fromisoformat(written + '-01'):%B %Y}"
    if re.search(r"\d/\d|^\d+$", written):
        raise ValueError(f"{written!r} is not a date as the sources write it (2026-09-01)")
    return written


def read_blocks(markdown: str) -> tuple[Block, ...]:
    """The body as blocks, in order. Raises ValueError for Markdown that the renderers cannot show."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # `\pagebreak` needs blank lines about it to be a paragraph of its own, so it gets them.
    apart = re.sub(r"^\\pagebreak[ \t]*$", "\n\\\\pagebreak\n", markdown, flags=re.MULTILINE)
    return blocks_of(SyntaxTreeNode(parser.parse(apart)).children)


def blocks_of(nodes: list[SyntaxTreeNode]) -> tuple[Block, ...]:
    return tuple(block for node in nodes if (block := block_of(node)) is not None)


def block_of(node: SyntaxTreeNode) -> Block | None:
    match node.type:
        case "heading":
            return Heading(max(1, int(node.tag[1]) - 1), inline_runs(node))
        case "paragraph":
            runs = inline_runs(node)
            return PageBreak() if plain(runs).strip() == "\\pagebreak" else Paragraph(runs)
        case "bullet_list" | "ordered_list":
            return ItemList(tuple(list_items(node, depth=0)))
        case "table":
            return table_of(node)
        case "blockquote":
            return Box(blocks_of(node.children))
        case "hr":
            return None
    raise ValueError(f"line {(node.map or (0, 0))[0] + 1} of the body: {node.type} is not rendered")


def list_items(node: SyntaxTreeNode, *, depth: int) -> list[Item]:
    """The entries of a list and of the lists within it, flattened in reading order."""
    numbers = count(int(node.attrs.get("start", 1))) if node.type == "ordered_list" else None
    items: list[Item] = []
    for entry in node.children:
        number = next(numbers) if numbers else None
        own: list[Run] = []
        inner: list[Item] = []
        for child in entry.children:
            match child.type:
                case "paragraph":
                    own += [Run("\n")] if own else []
                    own += inline_runs(child)
                case "bullet_list" | "ordered_list":
                    inner += list_items(child, depth=depth + 1)
                case other:
                    raise ValueError(f"a list entry holds a {other}, which is not rendered")
        items += [Item(tuple(own), depth, number), *inner]
    return items


def table_of(node: SyntaxTreeNode) -> Table:
    rows = [tuple(inline_runs(cell) for cell in row.children) for part in node.children for row in part.children]
    return Table(header=rows[0], rows=tuple(rows[1:]))


def inline_runs(node: SyntaxTreeNode) -> Runs:
    """The words of a paragraph, heading or cell; neighbouring words of one look are one run."""
    runs: list[Run] = []
    for inline in node.children:
        for run in styled_runs(inline.children, Run("")):
            if runs and replace(runs[-1], text=run.text) == run:
                runs[-1] = replace(run, text=runs[-1].text + run.text)
            else:
                runs.append(run)
    return tuple(runs)


def styled_runs(nodes: list[SyntaxTreeNode], look: Run) -> Iterator[Run]:
    for node in nodes:
        match node.type:
            case "strong":
                yield from styled_runs(node.children, replace(look, bold=True))
            case "em":
                yield from styled_runs(node.children, replace(look, italic=True))
            case "link":
                yield from styled_runs(node.children, replace(look, link=str(node.attrs["href"])))
            case "text" | "code_inline":
                yield replace(look, text=re.sub(r"<br ?/?>", "\n", node.content))
            case "softbreak":
                yield replace(look, text=" ")
            case "hardbreak":
                yield replace(look, text="\n")
            case other:
                raise ValueError(f"{other} within a paragraph is not rendered")


def plain(runs: Runs) -> str:
    """The words alone."""
    return "".join(run.text for run in runs)
