"""How does a number in a cell look to the person who reads the sheet?

A workbook keeps 0.85, 45901 or 1250 beside a format: "0%", "dd/mm/yyyy", "£#,##0". What is quoted must be what is seen,
so the format is applied: digits, separators, currency and percent as it says. A date is written out ("1 September
2025"), for "01/09/2025" in a quotation says two things; it has no more parts than the format shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Literal

from ingestion.parse.grid import Cell

BUILT_IN: dict[int, str] = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "£#,##0;-£#,##0", 6: "£#,##0;-£#,##0",
    7: "£#,##0.00;-£#,##0.00", 8: "£#,##0.00;-£#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "dd/mm/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "dd/mm/yyyy h:mm", 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00",
    40: "#,##0.00;-#,##0.00", 41: '#,##0;-#,##0;"-"', 42: '£#,##0;-£#,##0;"-"', 43: '#,##0.00;-#,##0.00;"-"',
    44: '£#,##0.00;-£#,##0.00;"-"', 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
"""The formats that a workbook names by number and does not write out (ECMA-376, 18.8.30), as in British Excel."""

LAST_EXCEL_DAY = 2_958_466
"""The day after 31 December 9999, where Excel's calendar ends."""


@lru_cache(maxsize=20_000)  # a register states the same dates and amounts again and again
def shown_number(value: float, code: str, *, counts_from_1904: bool = False, is_bold: bool = False) -> Cell:
    """The cell for a number under a format. A format that is not understood shows the number as it is."""
    form = _form(code)
    if form.kind == "date" and 0 <= value < LAST_EXCEL_DAY:
        return Cell(_shown_date(value, form, counts_from_1904), "date", is_bold)
    if form.kind == "number" and abs(value) < 1e15:
        return Cell(_shown_by_digits(value, code), "number", is_bold)
    return Cell(plain_number(value), "number", is_bold)


def shown_moment(moment: datetime) -> str:
    """A date, with its time unless that is midnight: "1 September 2025", "1 September 2025 09:30"."""
    clock = f" {moment:%H:%M}" if moment.hour or moment.minute else ""
    return f"{moment.day} {moment:%B %Y}{clock}"


def plain_number(value: float) -> str:
    """A number without a format: 7, 7.5, 0.333333333."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.9g}" if abs(value) < 1e9 else f"{value:.15g}"


# ── formats ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Form:
    """What a format is for; of a date, which parts it shows."""

    kind: Literal["plain", "number", "date"]
    weekday: bool = False
    day: bool = False
    month: bool = False
    year: bool = False
    clock: str = ""
    """The tokens of a time of day ("h:mm", "h:mm:ss AM/PM") or of a length of time ("[h]:mm")."""


_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKET = re.compile(r"\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_CLOCK = re.compile(r"(?:\[h+\]|h+|\[m+\])(?::m+)?(?::s+(?:\.0+)?)?|m+:s+(?:\.0+)?", re.IGNORECASE)


@lru_cache(maxsize=1024)
def _form(code: str) -> _Form:
    first = code.split(";", 1)[0]
    bare = _BRACKET.sub("", _LITERAL.sub(" ", first)).lower()
    if bare.strip() in ("", "@") or "general" in bare:
        return _Form("plain")
    if not re.search(r"[dmyhs]", bare):
        is_understood = re.search(r"[0#]", bare) and not re.search(r"/|e[+-]|\?/", bare) and "[<" not in code
        return _Form("number" if is_understood and "[>" not in code and "[=" not in code else "plain")
    clock = _CLOCK.search(bare)
    rest = bare.replace(clock[0], "") if clock else bare
    rest = rest.replace("am/pm", "").replace("a/p", "")
    if clock is None and not re.search("[dmy]", rest):
        return _Form("plain")
    return _Form(
        "date",
        weekday="ddd" in rest,
        day=re.search(r"(?<!d)dd?(?!d)", rest) is not None,
        month="m" in rest,
        year="y" in rest,
        clock=clock[0] + (" am/pm" if "am/pm" in bare or "a/p" in bare else "") if clock else "",
    )


# ── dates and times ──────────────────────────────────────────────────────────────────────────────────────────────────


def _shown_date(value: float, form: _Form, counts_from_1904: bool) -> str:
    # Excel's calendar has a 29 February 1900, which was none: only from 1 March 1900 does it count right.
    start = datetime(1904, 1, 1) if counts_from_1904 else datetime(1899, 12, 30 if value >= 60 else 31)
    moment = start + timedelta(seconds=round(value * 86_400))
    words = [
        f"{moment:%A}" if form.weekday else "",
        str(moment.day) if form.day else "",
        f"{moment:%B}" if form.month else "",
        str(moment.year) if form.year else "",
        # Registers are kept by programs that add a time, midnight, to every date.
        _shown_clock(value, moment, form.clock) if form.clock and not (form.day and value == int(value)) else "",
    ]
    return " ".join(filter(None, words))


def _shown_clock(value: float, moment: datetime, clock: str) -> str:
    seconds = f":{moment.second:02}" if "s" in clock else ""
    if clock.startswith("["):
        total = round(value * 86_400)
        if clock.startswith("[m"):
            return f"{total // 60}{seconds}"
        return f"{total // 3600}:{total % 3600 // 60:02}{seconds}" if ":m" in clock else str(total // 3600)
    if clock.startswith("m"):
        return f"{moment.minute:02}{seconds}"
    minutes = f":{moment.minute:02}" if ":m" in clock else ""
    if clock.endswith("am/pm"):
        return f"{moment.hour % 12 or 12}{minutes}{seconds} {'am' if moment.hour < 12 else 'pm'}"
    return f"{moment.hour:02}{minutes}{seconds}" if minutes else str(moment.hour)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _shown_by_digits(value: float, code: str) -> str:
    """A number by a format's digits. The second section is for negative numbers, the third for nought."""
    sections = _sections(code)
    pattern, is_own = sections[0], False
    if value < 0 and len(sections) > 1:
        pattern, is_own = sections[1], True
    elif value == 0 and len(sections) > 2:
        pattern = sections[2]
    return _filled_in(abs(value), pattern, sign="-" if value < 0 and not is_own else "")


_AS_WORDS = {character: chr(0xE000 + character) for character in range(0x100)}
_AS_SIGNS = {shifted: chr(shifted - 0xE000) for shifted in range(0xE000, 0xE100)}
"""Literal words of a format are moved out of the way of its signs, to private characters, and back at the end."""


@lru_cache(maxsize=1024)
def _sections(code: str) -> tuple[str, ...]:
    """The sections of a format, with only its digits, its percent sign and literal words left in them."""

    def literal(found: re.Match[str]) -> str:
        match found[0][0]:
            case '"':
                return found[0][1:-1].translate(_AS_WORDS)
            case "\\":
                return found[0][1].translate(_AS_WORDS)
            case "_":
                return " "
            case _:
                return ""

    # "[$£-809]" is a currency with its language, "[Red]" a colour.
    kept = _LITERAL.sub(literal, code)
    kept = re.sub(r"\[\$([^\]-]*)[^\]]*\]", lambda found: found[1].translate(_AS_WORDS), kept)
    return tuple(re.sub(r"\[[^\]]*\]", "", section) for section in kept.split(";"))


_DIGITS = re.compile(r"[0#?](?:[0#?,.]|[\ue000-\ue0ff -]+(?=[0#?]))*")


def _filled_in(value: float, pattern: str, *, sign: str) -> str:
    place = _DIGITS.search(pattern)
    if place is None:
        return _words(sign + pattern)
    whole, _, fraction = place[0].partition(".")
    thousands = len(whole) - len(whole.rstrip(","))
    exact = Decimal(repr(value)) * (100 if "%" in pattern else 1) / (1000**thousands)
    decimals = len(re.findall(r"[0#?]", fraction))
    digits = f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP):f}"
    before, _, after = digits.partition(".")
    optional = len(fraction) - len(fraction.rstrip("#?"))
    after = after[: decimals - optional] + after[decimals - optional :].rstrip("0")
    whole = whole.rstrip(",")
    shown = _whole(before, whole) + (f".{after}" if after else "")
    if not re.search(r"[1-9]", shown):
        sign = ""
    return _words(f"{sign}{pattern[: place.start()]}{shown}{pattern[place.end() :]}")


def _whole(digits: str, pattern: str) -> str:
    """The whole part: thousands parted, filled up with noughts, words between digits kept ("00000 000000")."""
    places = list(pattern)
    least = places.count("0")
    digits = digits.lstrip("0").rjust(least, "0")
    if "," in places:
        return f"{int(digits):,}".rjust(least, "0") if digits else ""
    between = [place for place in places if place not in "0#?"]
    if not between:
        return digits
    shown: list[str] = []
    left = list(digits)
    for place in reversed(places):
        if place in "0#?":
            shown.append(left.pop() if left else "")
        else:
            shown.append(place)
    return "".join(left) + "".join(reversed(shown))


def _words(pattern: str) -> str:
    return " ".join(pattern.translate(_AS_SIGNS).split())
