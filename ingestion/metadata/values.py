"""Which date, version, status or cycle do these words state? None where they state none: nothing is made up."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast, get_args

from ingestion.dates import is_within
from ingestion.metadata.kinds import kind_of
from ingestion.model import Kind, Status

# Every repetition below is bounded: a row of dots or blanks as long as a page costs no more than a line.

MAX_WORDS_LENGTH = 400
"""Characters of a value that are looked at: none that people write is longer."""


def value_of(name: str, value: Any, *, is_exact: bool = False) -> Any:
    """A field's value as `Metadata` holds it; None when it is none. `is_exact`: by a file made for the purpose."""
    if name == "audience":
        parts = value if isinstance(value, list) else re.split(r"[,;]", str(value))
        return tuple(text for part in parts if (text := str(part).strip()) and not is_blank(text)) or None
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    text = " ".join(str(value).split())
    if is_blank(text):
        return None
    match name:
        case "effective_from":
            return date_in(text) or school_year_in(text)
        case "approved_on" | "review_due" | "created_on":
            return date_in(text)
        case "review_cycle":
            return text if is_exact else cycle_of(text[:60])
        case "status":
            return status_of(text)
        case "kind":
            return text.lower() if text.lower() in get_args(Kind) else kind_of(text)
        case "version":
            return text.removeprefix("v") if is_exact else version_of(text)
        case "url":
            return text if re.match(r"https?://\S+$", text) else None
        case "title":
            return text if is_exact or is_title(text) else None
        case "supersedes":
            return None if not is_exact and _NO_TITLE.match(text) else text
        case _:
            return text


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────────

MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
          "december")  # fmt: skip

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"  # noqa: E501
_YEAR = r"(?:(?:19|20)\d{2})"
_DATE = rf"""(?<![\d/.-])(?:
        (?P<iso>{_YEAR}-\d{{2}}-\d{{2}})
      | (?P<d1>\d{{1,2}})\s?[/.-]\s?(?P<m1>\d{{1,2}})\s?[/.-]\s?(?P<y1>{_YEAR}|\d{{2}})
      | (?P<d2>\d{{1,2}})\s?(?:st|nd|rd|th)?(?:\sof)?[\s-]?(?P<m2>{_MONTH})[\s,-]{{0,2}}(?P<y2>{_YEAR}|['’]?\d{{2}})
      | (?P<m3>{_MONTH})\s(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s(?P<y3>{_YEAR})
      | \b(?P<m4>{_MONTH})[\s,/-]{{0,2}}(?P<y4>{_YEAR}|['’]?[1-4]\d)
      | (?P<m5>0?[1-9]|1[0-2])\s?/\s?(?P<y5>{_YEAR})
    )(?![\d/]|-\d)"""
_SEASON = rf"""\b(?:
        (?P<s6>spring|summer|autumn|winter|spr|sum|aut)(?:\s(?:half[\s-]?)?term)?(?:\s[12]\b)?,?\s?
        (?P<y6>{_YEAR}|['’]?[1-4]\d)(?:\s?[/–-]\s?(?P<z6>(?:20)?\d{{2}}))?
      | (?P<y7>{_YEAR})(?:\s?[/–-]\s?(?P<z7>(?:20)?\d{{2}}))?\s(?P<s7>spring|summer|autumn|winter)(?:\sterm)?\b
    )(?![\d/]|-\d)"""
DATE = re.compile(_DATE, re.IGNORECASE | re.VERBOSE)
SEASON = re.compile(_SEASON, re.IGNORECASE | re.VERBOSE)

_LONE_YEAR = re.compile(rf"(?P<year>{_YEAR})\s?\.?")
_ISO_MONTH = re.compile(rf"{_YEAR}-(?:0[1-9]|1[0-2])")
_ISO_SEASON = re.compile(r"(?P<century>\d{2})(?P<year>\d{2})-(?P<season>2[1-4])")
_SCHOOL_YEAR = re.compile(r"\b(?P<begin>20\d{2})\s?[/–-]\s?(?P<end>(?:20)?\d{2})\b")
_SEASONS = {"spr": 21, "sum": 22, "aut": 23, "win": 24}


def date_in(text: str) -> str | None:
    """The date that a text states, as ISO 8601 of its own precision: "1 September 2026" → "2026-09-01", "Sept 2026" →
    "2026-09", "2027" → "2027", "Autumn term 2026" → "2026-23". None: no date ("annually"; a school year), an impossible
    one, or two that contradict each other.

    Day before month, as in Britain: "01/09/2026" is 1 September.
    """
    text = " ".join(text[:MAX_WORDS_LENGTH].split())
    if _ISO_MONTH.fullmatch(text):
        return text
    if alone := _LONE_YEAR.fullmatch(text):
        return alone["year"]
    if (coded := _ISO_SEASON.fullmatch(text)) and int(coded["season"]) != int(coded["year"]) + 1:
        return text  # and not a school year: "2023-24"
    dates = {_iso(found) for found in DATE.finditer(text)} | {_season(found) for found in SEASON.finditer(text)}
    if None in dates or not dates:
        return None
    narrowest = min(dates, key=lambda one: (-len(one or ""), one or ""))
    return narrowest if all(is_within(narrowest, one) for one in dates) else None


def school_year_in(text: str) -> str | None:
    """The term with which a school year begins: "2026/27" → "2026-23". For what a school year can state: from when
    something holds."""
    found = _SCHOOL_YEAR.search(text[:MAX_WORDS_LENGTH])
    if found is None or (int(found["begin"]) + 1) % 100 != int(found["end"]) % 100:
        return None
    return f"{found['begin']}-23"


def without_dates(text: str) -> str:
    return SEASON.sub("", DATE.sub("", text))


def _iso(found: re.Match[str]) -> str | None:
    parts = {name.rstrip("12345"): value for name, value in found.groupdict().items() if value}
    if "iso" in parts:
        year, month, day = (int(part) for part in parts["iso"].split("-"))
    else:
        year = _full_year(parts["y"])
        month = int(parts["m"]) if parts["m"].isdigit() else _month_number(parts["m"])
        if "d" not in parts:
            return f"{year:04d}-{month:02d}"
        day = int(parts["d"])
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _season(found: re.Match[str]) -> str | None:
    """Of a school year, spring and summer lie in its second half: "Spring term 2026/27" is in 2027."""
    parts = {name.rstrip("67"): value for name, value in found.groupdict().items() if value}
    season = _SEASONS[parts["s"][:3].lower()]
    year = _full_year(parts["y"])
    if "z" in parts:
        if (year + 1) % 100 != int(parts["z"]) % 100:
            return None
        year += season in (21, 22)
    return f"{year:04d}-{season}"


def _full_year(written: str) -> int:
    digits = written.strip("'’")
    return int(digits) + 2000 if len(digits) == 2 else int(digits)


def _month_number(word: str) -> int:
    return next(number for number, name in enumerate(MONTHS, start=1) if name.startswith(word.lower()[:3]))


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_VERSION = re.compile(
    r"""\s?(?:version|v|no|issue)?[.:]?\s?
    (\d{1,4}(?:\.\d{1,3}){0,3}[a-z]?)
    # a date is no version: "1 September 2026", "01/09/26"
    (?![\d/:–-]|\.\d|st\b|nd\b|rd\b|th\b|\s[a-z]{3,9}\s\d{4})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_VERSION_WITHIN = re.compile(
    r"(?<!template )(?<!model )(?<!form )\b(?:version\s?|v\.?\s?)(\d{1,3}(?:\.\d{1,3}){0,3})\b(?![/–-]\d)",
    re.IGNORECASE,
)


def version_of(text: str) -> str | None:
    """The version number at the head of a text: "v3.1 (September 2026)" → "3.1"; None when it starts otherwise."""
    found = _VERSION.match(" ".join(text[:MAX_WORDS_LENGTH].split()))
    return found[1] if found else None


def version_within(text: str) -> str | None:
    """The version that a title or a running line names: "Visitors policy V1.3" → "1.3"."""
    found = _VERSION_WITHIN.search(text[:MAX_WORDS_LENGTH])
    return found[1] if found else None


@lru_cache(maxsize=20_000)
def version_key(version: str | None) -> tuple[int, ...]:
    """(2, 4) for "2.4", "v2.4", "Version 2.4 final"; () where there is no number. 2 and 2.0 are one version."""
    match = re.search(r"\d{1,9}(?:\.\d{1,9})*", version or "")
    if match is None:
        return ()
    numbers = [int(number) for number in match[0].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


# ── how often it is reviewed ─────────────────────────────────────────────────────────────────────────────────────────

_NUMBER = r"(?:\d{1,2}|one|two|three|four|five|six|other)"
CYCLE = re.compile(
    rf"""\b(?:
        (?:at\sleast\s)?(?:
            annual(?:ly)?|yearly|biennial(?:ly)?|triennial(?:ly)?|bi-?annual(?:ly)?|quarterly|monthly|termly
          | (?:once\s)?(?:every|each|a)\s(?:{_NUMBER}\s)?(?:school\s|academic\s|calendar\s)?(?:year|term)s?
          | (?:once\s)?every\s{_NUMBER}\smonths
        )
      | {_NUMBER}[\s-](?:yearly|years?|months?)(?:\scycle)?
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def cycle_of(text: str, *, at_start: bool = False) -> str | None:
    """How often a review is due, in the words that state it: "Annually, or sooner" → "Annually"; None: not stated."""
    words = " ".join(text[:MAX_WORDS_LENGTH].split())
    found = CYCLE.match(words) if at_start else CYCLE.search(words)
    return found[0] if found else None


# ── statuses ─────────────────────────────────────────────────────────────────────────────────────────────────────────

STATUS_WORDS: tuple[tuple[Status, tuple[str, ...]], ...] = (
    ("draft", ("draft", "consultation", "for approval", "awaiting approval", "pending approval", "not yet approved")),
    ("superseded", ("superseded", "archived", "replaced", "obsolete", "no longer in force")),
    ("withdrawn", ("withdrawn", "revoked", "rescinded", "cancelled")),
    ("in_force", ("in force", "approved", "final", "current", "live", "ratified", "adopted", "published", "active")),
)
"""Status → words that state it; the first that stands in the text wins, so that "draft, to be approved" is a draft."""


def status_of(text: str) -> Status | None:
    words = text[:MAX_WORDS_LENGTH].lower().replace("_", " ")
    for status in get_args(Status):
        if words == status.replace("_", " "):
            return cast(Status, status)
    for known, signs in STATUS_WORDS:
        if any(re.search(rf"\b{sign}\b", words) for sign in signs):
            return known
    return None


# ── titles ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_PROGRAM_TITLE = re.compile(
    r"^(?:microsoft (?:word|powerpoint|excel)\b|untitled|document ?\d*$|presentation ?\d*$|powerpoint presentation|"
    r"word document|title$|template$|slide \d+|page \d+|contents$|table of contents$|home$|menu$|index$)"
    r"|\.(?:docx?|pdf|indd|pptx?|odt|xlsx?|rtf|pages)$|^(?:[A-Za-z0-9-]{1,60}_){2,20}[A-Za-z0-9_-]{0,60}$",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(r"(?:all|any|every|each|earlier|previous) ", re.IGNORECASE)


def is_title(text: str) -> bool:
    """Words a person would put on a cover, and not what a program filled in."""
    text = text.strip()
    return 3 <= len(text) <= 160 and bool(re.search(r"[A-Za-z]{3}", text)) and not _PROGRAM_TITLE.search(text)


# ── nothing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_NOTHING = frozenset({
    "n/a", "na", "tbc", "tbd", "none", "x", "not applicable", "to be confirmed", "to be completed", "to be determined",
    "to be agreed", "pending", "name", "date", "signature", "yes", "no", "see above", "see below", "as above",
    "choose an item",
    "xx/xx/xxxx", "xx/xx/20xx", "dd/mm/yyyy", "dd/mm/yy", "mm/yyyy", "unknown", "version",
})  # fmt: skip
_HINT = re.compile(
    r"^\s?[\[<{][^\]>}]{0,200}[\]>}]\.?$|\b(?:insert|click or tap|click here|enter (?:a |the )?(?:date|text|name))\b"
    r"|^yes\s?/\s?no\b|^to be (?:approved|ratified|agreed|adopted|confirmed)\b",
    re.IGNORECASE,
)


def is_blank(text: str) -> bool:
    """Nothing is stated: dots to write on, "TBC", "N/A", "Yes", "[insert name]", "Click or tap to enter a date"."""
    words = " ".join(text[:MAX_WORDS_LENGTH].split())
    return (
        not re.search(r"[A-Za-z0-9]", words)
        or words.strip(" .").lower() in _NOTHING
        or re.search(r"_{3}|\.{5}|…{2}", words) is not None
        or _HINT.search(words) is not None
    )
