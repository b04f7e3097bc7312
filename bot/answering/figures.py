"""Which figures does a text give: of what, and at least, at most or just so?

Numbers in digits and in words, money, percentages, times of day, dates, ratios. Two figures are compared with what
they count ("5 working days" is not "5 days") and with their bound ("up to 5" is not "5").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answering.words import stem

Bound = Literal["", "at most", "at least"]

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_PLACES = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS: dict[str, float] = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
    "hundred": 100,
    "half": 0.5,
    "twice": 2,
}
_MONTHS = """january february march april may june july august september october november december""".split()
_SHORT_MONTHS = {month[:3]: month for month in _MONTHS if month != "may"} | {"sept": "september"}
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_TERMS = "autumn spring summer".split()
_MONTH = "|".join([*_MONTHS, *_SHORT_MONTHS])
_COUNTED = r"""(?:days?|weeks?|months?|years?|terms?|hours?|minutes?|mins?|seconds?|nights?|sessions?|lessons?|periods?
    |points?|pupils?|children|students?|adults?|staff|people|members?|times|miles?|metres?|pounds?|pence|copies|pages?
    |warnings?|occasions?|incidents?|visits?|meetings?|observations?|reviews?)"""
_QUALIFIERS = "working|school|calendar|teaching|term-time|inset|clear|consecutive|full|half|academic"
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_WORD_NUMBER = rf"(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_UNITS[1:10])}))?|{'|'.join(_UNITS)}|hundred|half|twice"

_FIGURE = re.compile(
    rf"""
      (?P<money>£\s?{_NUMBER})
    | (?P<percent>{_NUMBER}|\b(?:{_WORD_NUMBER}))\s?(?:%|per\ cent\b|percent\b)
    | (?<![\w.])(?P<hour>\d{{1,2}})(?:[.:](?P<minute>[0-5]\d))?\s?(?P<half>[ap])\.?m\b
    | (?<![\w.£])(?P<clock_hour>[01]?\d|2[0-3])[.:](?P<clock_minute>[0-5]\d)(?![\d%])(?!\s(?:days|weeks|hours|years))
    | \b(?P<past>half|quarter)\s(?P<direction>past|to)\s(?P<spoken_hour>{"|".join(_UNITS[1:13])}|\d{{1,2}})\b
    | (?<![\w.])(?P<ratio>\d{{1,2}}\s?:\s?\d{{1,2}})(?!\d)
    | (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}\b)
    | (?<![\w.,])(?P<dated>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<month>{_MONTH})\b
    | \b(?P<month_first>{_MONTH})\s(?P<dated_after>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)
    | \b(?P<calendar>{"|".join([*_DAYS, *(month for month in _MONTHS if month not in ("may", "march"))])})s?\b
    | (?<!\w)(?P<place>\d{{1,3}})(?:st|nd|rd|th)\b
    | \b(?P<spoken_place>{"|".join(_PLACES)})\b(?!,)
    | (?<![\w£])(?<!\w[.,])(?P<number>{_NUMBER})(?![\w])
    | \b(?P<word>{_WORD_NUMBER})\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_OF_WHAT = re.compile(
    rf"[-\s]+(?:(?!and\b|or\b|to\b|in\b|of\b|per\b)[a-z-]+\s+){{0,2}}?(?P<unit>{_COUNTED})\b",
    re.IGNORECASE | re.VERBOSE,
)
_QUALIFIED = re.compile(rf"\b(?:{_QUALIFIERS})\b", re.IGNORECASE)
_AT_MOST = re.compile(
    r"\b(?:up to|at most|(?:no|not) (?:more|later|longer) than|max(?:imum)?(?: of)?|within|under|less than|fewer than"
    r"|below|by|before|until|(?:(?:must|may|should|can|do|does) )?not exceed(?:ing)?)\s+(?:the |a |an |about )?$",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    r"\b(?:at least|min(?:imum)?(?: of)?|(?:no|not) (?:less|fewer|earlier) than|more than|over|above|exceed(?:s|ing)?"
    r"|after|from|longer than|later than)\s+(?:the |a |an |about )?$",
    re.IGNORECASE,
)
_OR_LESS = re.compile(
    r"^[^.;,]{0,25}?\b(?:or (?:less|fewer|under|younger|earlier)|max(?:imum)?|at (?:the )?most)\b", re.I
)
_OR_MORE = re.compile(
    r"^[^.;,]{0,25}?\b(?:or (?:more|over|above|older|later)|min(?:imum)?|at (?:the very )?least)\b", re.I
)


@dataclass(frozen=True)
class Figure:
    """`value` in one spelling ("5", "8:30", "15 may"); `unit` of what ("working day", "%", "£", "am"); "" = not
    said."""

    value: str
    unit: str = ""
    bound: Bound = ""

    def __str__(self) -> str:
        return " ".join(filter(None, [self.bound, self.value, self.unit]))


def figures_in(text: str) -> tuple[Figure, ...]:
    """Every figure of a text, in order. "One" counts only where it counts something; digits in a code ("LA1") never."""
    return tuple(figure for match in _FIGURE.finditer(text) if (figure := _figure(match, text)) is not None)


def holds(figures: Sequence[Figure], wanted: Figure, words: Collection[str]) -> bool:
    """True when one of the figures is the wanted one, of the same thing and with the same bound.

    `words` are stems beside the figures, where a unit may stand that they lack (a table's column "Days").
    """
    return any(_same(figure, wanted, words) for figure in figures)


def _same(held: Figure, wanted: Figure, words: Collection[str]) -> bool:
    if held.value != wanted.value or held.bound != wanted.bound:
        return False
    if held.unit == wanted.unit or not wanted.unit:
        return not held.unit or held.unit == wanted.unit or " " not in held.unit
    if not held.unit:
        return wanted.unit in ("am", "pm") or all(stem(word) in words for word in wanted.unit.split())
    return False


def _figure(match: re.Match[str], text: str) -> Figure | None:
    found = match.groupdict()
    before, after = text[max(0, match.start() - 30) : match.start()], text[match.end() : match.end() + 50]
    bound = _bound(before, after)
    if found["money"]:
        return Figure(_plain(found["money"].lstrip("£ ")), "£", bound)
    if found["percent"]:
        return Figure(_value_of(found["percent"]), "%", bound)
    if found["hour"]:
        half = f"{found['half'].lower()}m"
        return Figure(f"{int(found['hour'])}:{found['minute'] or '00'}", half, bound)
    if found["clock_hour"]:
        hour = int(found["clock_hour"])
        half = "pm" if hour > 12 else ""
        return Figure(f"{hour - 12 if hour > 12 else hour}:{found['clock_minute']}", half, bound)
    if found["past"]:
        return Figure(_spoken_time(found["past"], found["direction"], found["spoken_hour"]), "", bound)
    if found["ratio"]:
        return Figure(re.sub(r"\s", "", found["ratio"]), "ratio", bound)
    if found["iso"]:
        year, month, day = found["iso"].split("-")
        return Figure(f"{int(day)} {_MONTHS[int(month) - 1] if 1 <= int(month) <= 12 else month} {year}", "", bound)
    if day := found["dated"] or found["dated_after"]:
        return Figure(f"{int(day)} {_month(found['month'] or found['month_first'])}", "date", bound)
    if found["place"] or found["spoken_place"]:
        place = found["place"] or str(_PLACES.index(found["spoken_place"].lower()) + 1)
        return Figure(f"{int(place)}th", "", bound)
    if found["calendar"]:
        return Figure(found["calendar"].lower(), "date", bound)
    counted = _OF_WHAT.match(after)
    unit = _unit(counted[0]) if counted else ""
    if found["word"]:
        word = found["word"].lower()
        if word in ("one", "half", "twice") and not (counted and counted[0].split()[-1] == counted[0].strip(" -")):
            return Figure("2", "time", bound) if word == "twice" else None
        return Figure(_value_of(word), unit, bound)
    return Figure(_value_of(found["number"]), unit, bound)


def _bound(before: str, after: str) -> Bound:
    if _AT_MOST.search(before) or _OR_LESS.search(after):
        return "at most"
    if _AT_LEAST.search(before) or _OR_MORE.search(after):
        return "at least"
    return ""


def _unit(counted: str) -> str:
    """ "working day" of " working days": what is counted, with what narrows it."""
    words = counted.lower().strip(" -").split()
    narrowed = [word for word in words[:-1] if _QUALIFIED.fullmatch(word)]
    return " ".join([*narrowed, {"min": "minut"}.get(words[-1].rstrip("s"), stem(words[-1]))])


def _spoken_time(part: str, direction: str, hour: str) -> str:
    at = int(NUMBER_WORDS.get(hour.lower(), 0)) or int(hour)
    minutes = 30 if part.lower() == "half" else 15
    if direction.lower() == "to":
        at, minutes = (at - 2) % 12 + 1, 60 - minutes
    return f"{at}:{minutes:02d}"


def _month(name: str) -> str:
    return _SHORT_MONTHS.get(name.lower(), name.lower())


def _value_of(number: str) -> str:
    """One spelling of a number in digits or words: "1,200" is "1200", "twenty-one" is "21"."""
    words = re.split(r"[- ]", number.lower())
    if all(word in NUMBER_WORDS for word in words):
        return f"{sum(NUMBER_WORDS[word] for word in words):g}"
    return _plain(number)


def _plain(digits: str) -> str:
    value = float(digits.replace(",", ""))
    return f"{value:g}" if value < 1e6 else digits.replace(",", "")
