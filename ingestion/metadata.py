"""What does a document say of itself: title, version, status, dates, who owns and who approved it?

Four places are asked, and the first that states a field wins: the sidecar `NAME.EXT.toml`, the front matter, the cover
sheet (its table, its lines, the version table, what stands in page headers and footers), the file name. What none of
them states stays None: nothing is inferred.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from itertools import islice
from typing import Any, cast, get_args

from ingestion.errors import DocumentNotRead
from ingestion.model import Block, Kind, Metadata, Section, Status

# ── what is written, in the words people use ─────────────────────────────────────────────────────────────────────────

LABELS: dict[str, tuple[str, ...]] = {
    "title": ("title", "policy title", "document title", "title of policy", "policy name",
              "name of policy", "document name"),
    "kind": ("document type", "type of document", "kind of document", "policy type"),
    "version": (
        "version", "version number", "version no", "version ref", "current version", "document version",
        "policy version",
        "issue", "issue number", "issue no", "edition", "revision", "revision number", "revision no",
    ),
    "status": ("status", "document status", "policy status", "current status"),
    "owner": (
        "owner", "policy owner", "document owner", "owned by", "policy lead", "lead", "lead officer", "lead person",
        "responsible officer", "responsible person", "person responsible", "responsible", "accountable officer",
        "senior leader responsible", "slt lead", "executive lead", "trust lead", "member of staff responsible",
        "staff member responsible", "responsibility of", "responsibility",
    ),
    "approved_by": (
        "approved by", "policy approved by", "ratified by", "adopted by", "agreed by", "authorised by", "signed off by",
        "approving body", "approval body", "approval committee", "approval authority", "approver", "ratifying body",
        "body responsible for approval", "committee responsible", "approval level",
    ),
    "approved_on": (
        "approved on", "approved", "date approved", "approval date", "date of approval", "ratified on", "ratified",
        "date ratified", "date of ratification", "ratification date", "adopted on", "adopted", "date adopted",
        "date of adoption", "adoption date", "agreed on", "date agreed", "date policy approved", "date signed off",
        "date last approved", "last approved", "last approved on",
    ),
    "effective_from": (
        "effective from", "effective", "effective date", "date effective", "date effective from", "effective as of",
        "implementation date", "date of implementation", "implemented from", "date implemented", "in force from",
        "comes into force", "came into force", "applies from", "valid from", "with effect from", "takes effect",
        "takes effect on", "takes effect from", "operational from", "operational date", "start date",
        "policy start date",
    ),
    "review_due": (
        "review due", "review date", "review dates", "next review", "next review date", "next review due",
        "next reviewed",
        "next review due by", "date of next review", "date for next review", "date for review", "date of review",
        "due for review", "due for review by", "due for review on", "to be reviewed", "to be reviewed by",
        "to be reviewed on", "to be next reviewed", "review by", "review on", "review due by", "review due date",
        "review due on", "policy review date", "policy to be reviewed", "next policy review", "renewal date",
        "scheduled review", "scheduled review date", "next scheduled review", "planned review", "planned review date",
        "next due for review", "next due", "next formal review",
    ),
    "supersedes": (
        "supersedes", "replaces", "this policy replaces", "this version replaces", "supersedes version",
        "replaces version", "this document replaces", "this policy supersedes", "document replaced", "policy replaced",
    ),
    "audience": ("audience", "applies to", "intended audience", "target audience", "who it applies to", "intended for",
                 "who this applies to", "relevant to", "this policy applies to", "applicable to"),
    "url": ("url", "web address", "web link", "published at", "online at"),
}  # fmt: skip
"""Field → labels that state it, in lower case, without colons and brackets. "Last reviewed" and "review cycle" are left
out on purpose: neither is the day on which a review falls due."""

TABLE_LABELS = frozenset({"title", "lead", "responsible", "responsibility", "issue", "edition"})
"""Labels so common as words that they count in a cover table only: "Lead: courses for heads of year" names no owner."""

COLUMN_WORDS = frozenset({
    "date", "author", "authors", "by", "change", "changes", "description", "comments", "comment", "details", "reason",
    "amendment", "amendments", "summary", "name", "role", "notes", "signature", "page", "section", "pages", "sections",
    "summary of changes", "changes made", "made by", "description of change", "nature of change", "what changed",
})  # fmt: skip
"""Other headings of a version table's columns."""

STATUS_WORDS: tuple[tuple[Status, tuple[str, ...]], ...] = (
    ("draft", ("draft", "consultation", "for approval", "awaiting approval", "pending approval", "not yet approved")),
    ("superseded", ("superseded", "archived", "replaced", "obsolete", "no longer in force")),
    ("withdrawn", ("withdrawn", "revoked", "rescinded", "cancelled")),
    ("in_force", ("in force", "approved", "final", "current", "live", "ratified", "adopted", "published", "active")),
)
"""Status → words that state it; the first that stands in the text wins, so that "draft, to be approved" is a draft."""

KIND_WORDS: tuple[tuple[Kind, str], ...] = (
    ("behaviour", r"\bbehaviour\b.*\b(?:policy|policies|framework|blueprint|principles|code|expectations|statement)\b"),
    ("behaviour", r"\b(?:policy|framework|code)\b.*\bbehaviour\b"),
    ("policy", r"\b(?:policy|policies|procedures?|code of conduct|scheme of delegation)\b"),
    ("values", r"\b(?:values|vision|ethos|strategic aims|mission)\b"),
    (
        "cpd",
        r"\b(?:handbook|cpd|training|professional development|programme guide|mentor guide|mentor materials|inset)\b",
    ),
    ("framework", r"\bframework\b"),
    ("programme", r"\bprogrammes?\b"),
)
"""Kind → pattern over a title, or over a stated kind of document; the first that matches wins."""

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip

MAX_COVER_BLOCKS = 60
MAX_COVER_WORDS = 500
"""How far from its start a document is taken to speak of itself: a cover, a version table and a contents list."""
MAX_CLOSING_BLOCKS = 8
"""Blocks at the end, where short policies state their review date."""
CONTROL_HEADING = re.compile(
    r"\b(?:document|version|policy|revision|change|review|amendment)s?\s+(?:control|history|information|details|log|record)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cover:
    """What a parser saw that tells what a document is, apart from its text.

    `titles`: candidates, best first. `margins`: the lines of page headers, footers and watermarks, each once.
    `kind` is set for records (statements, programmes), whose text speaks of other things than the document.
    """

    titles: tuple[str, ...] = ()
    margins: tuple[str, ...] = ()
    kind: Kind | None = None


def read_metadata(
    path: str,
    *,
    sidecar: bytes | None = None,
    front_matter: Mapping[str, Any] | None = None,
    cover: Cover | None = None,
    sections: Sequence[Section] = (),
) -> Metadata:
    """What is stated, each field with where. Raises DocumentNotRead when the sidecar cannot be used as it stands."""
    cover = cover or Cover()
    stated: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in (
        ("sidecar", _of_sidecar(sidecar)),
        ("front matter", _of_front_matter(front_matter or {})),
        ("cover sheet", _of_cover(cover, () if cover.kind else sections)),
        ("file name", _of_file_name(path)),
    ):
        for name, value in found.items():
            if name not in stated:
                stated[name], origins[name] = value, origin
    title = stated.get("title")
    if stated.get("kind") == "policy" and origins["kind"] == "cover sheet" and kind_of(title or "") == "behaviour":
        stated["kind"] = "behaviour"  # "Document type: Policy" names the sort of paper; this is the narrower truth
    if "kind" not in stated and (kind := cover.kind or kind_of(title or _readable_stem(path))):
        stated["kind"], origins["kind"] = kind, origins.get("title", "file name")
    return Metadata(**stated, origins=origins)


# ── the four places ──────────────────────────────────────────────────────────────────────────────────────────────────

FIELDS = tuple(entry.name for entry in fields(Metadata) if entry.name != "origins")
_DATES = frozenset({"approved_on", "effective_from", "review_due"})


def _of_sidecar(data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {}
    try:
        stated = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DocumentNotRead(f"its sidecar is not valid TOML ({error}): mend it or remove it") from error
    found: dict[str, Any] = {}
    for name, value in stated.items():
        if name not in FIELDS:
            raise DocumentNotRead(f"its sidecar has the unknown key {name!r}: known are {', '.join(FIELDS)}")
        read = _value(name, value, is_exact=True)
        if read is None:
            raise DocumentNotRead(f"its sidecar's {name} cannot be read: {value!r}; {_expected(name)}")
        found[name] = read
    return found


def _of_front_matter(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by their own names, or by a label of two words and more: a lone `lead:` or `type:` is a site's own."""
    found: dict[str, Any] = {}
    for key, value in stated.items():
        words = re.sub(r"[_-]+", " ", key).strip().lower()
        name = key if key in FIELDS else FIELD_OF_LABEL.get(words) if " " in words else None
        if name is None or name in found:
            continue
        read = _value(name, value, is_exact=key in FIELDS)
        if read is not None:
            found[name] = read
    return found


def _of_cover(cover: Cover, sections: Sequence[Section]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    blocks = list(_cover_blocks(sections))
    headings = tuple(section.heading[-1] for section in sections[:6] if section.heading)
    lines = [block.text for block in blocks if not block.cells]
    for label, value in (
        *_pairs_of_tables(blocks),
        *_pairs_of_lines((*headings, *lines)),
        *_pairs_of_lines(cover.margins),
    ):
        for name, read in _stated(label, value):
            found.setdefault(name, read)
    if "title" not in found and (title := next(filter(_is_title, cover.titles), None)):
        found["title"] = _without_draft(title)
    if "status" not in found and (status := _stamped((*cover.titles[:2], *headings[:2], *lines[:12], *cover.margins))):
        found["status"] = status
    return found


def _of_file_name(path: str) -> dict[str, Any]:
    words = _readable_stem(path)
    found: dict[str, Any] = {}
    if status := re.search(r"\b(draft|superseded|withdrawn)\b", words, re.IGNORECASE):
        found["status"] = status[1].lower()
    if version := re.search(r"\bv(?:ersion)? ?(\d{1,3}(?:\.\d{1,3}){0,2})\b", words, re.IGNORECASE):
        found["version"] = version[1]
    return found


def _readable_stem(path: str) -> str:
    return re.sub(r"[_\s-]+", " ", path.rsplit("/", 1)[-1].rsplit(".", 1)[0])


# ── the cover's labels and values ────────────────────────────────────────────────────────────────────────────────────

FIELD_OF_LABEL = {label: name for name, labels in LABELS.items() for label in labels}
_LABELS_LONGEST_FIRST = sorted(FIELD_OF_LABEL, key=len, reverse=True)


def _cover_blocks(sections: Sequence[Section]) -> Iterator[Block]:
    """The blocks in which a document speaks of itself: its first, those of a "Document control" section, its last."""
    blocks = [block for section in sections for block in section.blocks]
    words = 0
    first = 0
    for block in islice(blocks, MAX_COVER_BLOCKS):
        words += len(block.text.split())
        if words > MAX_COVER_WORDS:
            break
        first += 1
        yield block
    for section in sections:
        if section.heading and CONTROL_HEADING.search(section.heading[-1]):
            yield from section.blocks
    yield from blocks[max(first, len(blocks) - MAX_CLOSING_BLOCKS) :]


def _pairs_of_tables(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Label and value from cover tables: "label | value" rows, "label | value | label | value" rows, and tables whose
    first row is labels, of which the row of the latest version counts."""
    table: list[tuple[str, ...]] = []
    for block in (*blocks, None):
        is_row = block is not None and bool(block.cells)
        starts_anew = block is not None and block.kind == "table_header" and table and not _is_label_row(table[-1])
        if table and (not is_row or starts_anew):
            yield from _pairs_of_table(table)
            table = []
        if block is not None and is_row:
            table.append(block.cells)


def _pairs_of_table(rows: list[tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    start = next((number for number, row in enumerate(rows) if _is_label_row(row)), None)
    for cells in rows if start is None else rows[:start]:
        yield from zip(cells[0::2], cells[1::2], strict=False)
    if start is not None and (latest := _latest_row(rows[start], rows[start + 1 :])) is not None:
        yield from zip(rows[start], latest, strict=False)


def _is_label_row(cells: tuple[str, ...]) -> bool:
    """Every cell is a label or a version table's column, and at least one is a label."""
    labels = [_label(cell) for cell in cells if cell]
    if FIELD_OF_LABEL.get(labels[0]) == "status" and len(labels) == 2 and status_of(labels[1]):
        return False  # "Status | Approved": the value looks like a label
    return (
        len(labels) > 1
        and any(label in FIELD_OF_LABEL for label in labels)
        and all(label in FIELD_OF_LABEL or label in COLUMN_WORDS for label in labels)
    )


def _latest_row(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The row with the highest version number; the only row where none is numbered; else None: order tells nothing."""
    column = next((n for n, cell in enumerate(header) if FIELD_OF_LABEL.get(_label(cell)) == "version"), None)
    numbered = []
    if column is not None:
        for row in rows:
            version = version_of(row[column]) if column < len(row) else None
            if version:
                numbered.append((tuple(int(part) for part in re.findall(r"\d+", version)), row))
    if numbered:
        return max(numbered, key=lambda entry: entry[0])[1]
    return rows[0] if len(rows) == 1 else None


def _pairs_of_lines(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Label and value from lines: "Review date: …", "Version 2.2 · Next review September 2027", a label alone above
    its value."""
    for number, line in enumerate(lines):
        if len(line) > 300:
            continue
        name = _field_in_line(_label(line))
        if name is not None and number + 1 < len(lines) and len(lines[number + 1]) <= 120:
            # Without a colon, only what the value itself shows to be meant: a date, a version, a status.
            if line.rstrip().endswith(":") or name in _DATES or name in ("version", "status"):
                yield line, lines[number + 1]
            continue
        for piece in re.split(r"\s+[|·•¦–—]\s+|\t|;\s+|\s{3,}", line):
            yield from _pairs_of_piece(piece)


def _pairs_of_piece(piece: str) -> Iterator[tuple[str, str]]:
    label, colon, value = piece.partition(":")
    if colon and _field_in_line(_label(label)):
        # "Version: 2.1 Review date: July 2027" states two things.
        following = _next_label(value)
        if following is None:
            yield label, value
        else:
            yield label, value[: following.start()]
            yield from _pairs_of_piece(value[following.start() :])
        return
    words = piece.strip().lower()
    for known in _LABELS_LONGEST_FIRST:
        if words.startswith(f"{known} ") and FIELD_OF_LABEL[known] in {"version", *_DATES}:
            yield known, piece.strip()[len(known) :]
            return


def _field_in_line(label: str) -> str | None:
    return None if label in TABLE_LABELS else FIELD_OF_LABEL.get(label)


_INNER_LABEL = re.compile(
    r"(?<=\s)(?:" + "|".join(re.escape(label) for label in _LABELS_LONGEST_FIRST) + r")\s*:", re.IGNORECASE
)


def _next_label(text: str) -> re.Match[str] | None:
    return _INNER_LABEL.search(text)


def _label(text: str) -> str:
    """A label as the table above has it: "Next Review Date (annual):" → "next review date"."""
    words = re.sub(r"\([^)]*\)", " ", text.lower())
    words = re.sub(r"[^a-z0-9 ]+", " ", words.replace("’", "").replace("'", ""))
    return " ".join(words.split())


def _stated(label: str, value: str) -> Iterator[tuple[str, Any]]:
    name = FIELD_OF_LABEL.get(_label(label))
    if name is None:
        return
    read = _value(name, value)
    if name in ("approved_by", "approved_on"):
        # "Approved by: Board of trustees, 9 July 2026" and "Approved: Board of trustees" both occur.
        body = _body_of(value)
        when = date_in(value)
        if when:
            yield "approved_on", when
        if body and (name == "approved_by" or not when):
            yield "approved_by", body
    elif read is not None:
        yield name, read


def _body_of(value: str) -> str | None:
    """Who approved: the value without its date."""
    words = _DATE.sub("", value)
    words = re.sub(r"\(\s*\)", "", words)
    words = re.sub(r"[\s,;:–—-]*(?:\bon\b|\bin\b|\bdated?\b)?[\s,;:.–—-]*$", "", words).strip(" ,;:–—-")
    return words if re.search(r"[A-Za-z]{2}", words) and not _is_blank(words) else None


def _value(name: str, value: Any, *, is_exact: bool = False) -> Any:
    """A field's value as `Metadata` holds it; None when it is none. `is_exact`: by a file made for the purpose."""
    if name == "audience":
        parts = value if isinstance(value, list) else re.split(r"[,;]", str(value))
        return tuple(text for part in parts if (text := str(part).strip()) and not _is_blank(text)) or None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = " ".join(str(value).split())
    if _is_blank(text):
        return None
    match name:
        case "approved_on" | "effective_from" | "review_due":
            return date_in(text)
        case "status":
            return status_of(text)
        case "kind":
            return text.lower() if text.lower() in get_args(Kind) else kind_of(text)
        case "version":
            return text.removeprefix("v") if is_exact else version_of(text)
        case "url":
            return text if re.match(r"https?://\S+$", text) else None
        case "title":
            return text if is_exact or _is_title(text) else None
        case _:
            return text


def _is_blank(text: str) -> bool:
    """Nothing is stated: dots to write on, "TBC", "N/A"."""
    return not re.search(r"[A-Za-z0-9]", text) or text.strip(" .").lower() in ("n/a", "na", "tbc", "tbd", "none", "x")


def _expected(name: str) -> str:
    if name in _DATES:
        return "write a date as 2026-09-01, 2026-09 or 2026"
    if name == "status":
        return f"write one of {', '.join(get_args(Status))}"
    if name == "kind":
        return f"write one of {', '.join(get_args(Kind))}"
    return "write it as text in quotes"


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"  # noqa: E501
_YEAR = r"(?:(?:19|20)\d{2})"
_DATE = re.compile(
    rf"""(?<![\d/.-])(?:
        (?P<iso>{_YEAR}-\d{{2}}-\d{{2}})
      | (?P<d1>\d{{1,2}})\s?[/.-]\s?(?P<m1>\d{{1,2}})\s?[/.-]\s?(?P<y1>{_YEAR}|\d{{2}})
      | (?P<d2>\d{{1,2}})\s*(?:st|nd|rd|th)?(?:\s+of)?[\s-]*(?P<m2>{_MONTH})[\s,-]*(?P<y2>{_YEAR}|['’]?\d{{2}})
      | (?P<m3>{_MONTH})\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>{_YEAR})
      | \b(?P<m4>{_MONTH})[\s,/-]*(?P<y4>{_YEAR}|['’]?[2-4]\d)
      | (?P<m5>0?[1-9]|1[0-2])\s?/\s?(?P<y5>{_YEAR})
    )(?![\d/]|-\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_LONE_YEAR = re.compile(rf"\s*(?P<year>{_YEAR})\s*\.?\s*$")
_ISO_MONTH = re.compile(rf"\s*(?P<month>{_YEAR}-(?:0[1-9]|1[0-2]))\s*$")


def date_in(text: str) -> str | None:
    """The date that a text states, as ISO 8601 of its own precision: "1 September 2026" → "2026-09-01", "Sept 2026" →
    "2026-09", "2027" → "2027". None: no date ("Autumn 2026", "annually"), an impossible one, or two that differ.

    Day before month, as in Britain: "01/09/2026" is 1 September.
    """
    if alone := _ISO_MONTH.match(text):
        return alone["month"]
    if alone := _LONE_YEAR.match(text):
        return alone["year"]
    dates = {_iso(found) for found in _DATE.finditer(text)}
    return dates.pop() if len(dates) == 1 else None


def _iso(found: re.Match[str]) -> str | None:
    parts = {name.rstrip("12345"): value for name, value in found.groupdict().items() if value}
    if "iso" in parts:
        year, month, day = (int(part) for part in parts["iso"].split("-"))
    else:
        digits = parts["y"].strip("'’")
        year = int(digits) + 2000 if len(digits) == 2 else int(digits)
        month = int(parts["m"]) if parts["m"].isdigit() else _month_number(parts["m"])
        if "d" not in parts:
            return f"{year:04d}-{month:02d}"
        day = int(parts["d"])
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _month_number(word: str) -> int:
    return next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(word.lower()[:3]))


_VERSION = re.compile(
    r"""\s*(?:version|v|no|issue)?[.:\s]*
    (\d{1,4}(?:\.\d{1,3}){0,3}[a-z]?)
    (?![\d/:-]|\.\d|st\b|nd\b|rd\b|th\b|\s+[a-z]+\s+\d{4})   # a date is no version: "1 September 2026", "01/09/26"
    """,
    re.IGNORECASE | re.VERBOSE,
)


def version_of(text: str) -> str | None:
    """The version number at the head of a text: "v3.1 (September 2026)" → "3.1"; None when it starts otherwise."""
    found = _VERSION.match(text)
    return found[1] if found else None


def status_of(text: str) -> Status | None:
    words = text.lower().replace("_", " ")
    for status in get_args(Status):
        if words == status.replace("_", " "):
            return cast(Status, status)
    for known, signs in STATUS_WORDS:
        if any(re.search(rf"\b{sign}\b", words) for sign in signs):
            return known
    return None


def kind_of(title: str) -> Kind | None:
    words = title.lower()
    return next((kind for kind, pattern in KIND_WORDS if re.search(pattern, words)), None)


_STAMP = re.compile(r"^\W*(DRAFT|SUPERSEDED|WITHDRAWN)\b|\b(DRAFT|SUPERSEDED|WITHDRAWN)\W*$")
_STAMP_ALONE = re.compile(
    r"^\W*(draft|superseded|withdrawn)(?: (?:copy|document|policy|version|v?[\d.]+))?\W*$", re.IGNORECASE
)


def _stamped(lines: Sequence[str]) -> Status | None:
    """A status stamped on the cover or across the pages: a line "DRAFT v0.3", a title that begins or ends with it."""
    for line in lines:
        if len(line) <= 120 and (found := _STAMP_ALONE.match(line) or _STAMP.search(line)):
            return cast(Status, next(filter(None, found.groups())).lower())
    return None


_PROGRAM_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel)\b|untitled|document ?\d*$|presentation ?\d*$|powerpoint presentation|"
    r"word document|title$|template$|slide \d+|page \d+|contents$|table of contents$|home$|menu$|index$)"
    r"|\.(?:docx?|pdf|indd|pptx?|odt|xlsx?|rtf|pages)$|^[\w-]+_[\w-]+_[\w_-]+$",
    re.IGNORECASE,
)


def _is_title(text: str) -> bool:
    """Words a person would put on a cover, and not what a program filled in."""
    text = text.strip()
    return 3 <= len(text) <= 160 and bool(re.search(r"[A-Za-z]{3}", text)) and not _PROGRAM_TITLE.search(text)


def _without_draft(title: str) -> str:
    shorter = re.sub(r"^\W*DRAFT\W+|\W+DRAFT\W*$", "", " ".join(title.split()))
    return shorter or title
