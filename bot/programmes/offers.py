"""Which training programmes fit a question?

Programmes are records, not prose: they are matched by their names, their audience and their subject, and their dates
are counted from today. A record whose eligibility rules depend on what is not known of the asker is a "maybe", with
the rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot.answering.dates import is_past
from bot.answering.words import content_words, stem, stems
from bot.model import ProgrammeOffer

MAX_OFFERS = 3
_GENERIC = frozenset(
    stem(word)
    for word in """programme course training qualification apply application close closes closed deadline date open
    opening fund funded free cost next start available suit suits right best new become want school trust staff offer
    year role""".split()
)
_NAMED = 100.0
_ISO_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}")


def offer_programmes(
    question: str, records: Sequence[Mapping[str, Any]], *, today: date, expansions: Sequence[str] = ()
) -> tuple[ProgrammeOffer, ...]:
    """Up to three programmes, best first; empty when no record shares a telling word with the question.

    A programme named by its id or name comes alone; else those whose audience or name shares most words with the
    question, and of equals those that can be applied for now.
    """
    asked = " ".join((question, *expansions)).lower()
    words = {stem(word) for word in content_words(asked)} - _GENERIC
    fitting = [(score, record) for record in records if (score := _fit(asked, words, record)) > 0]
    ranked = sorted(
        fitting, key=lambda pair: (-pair[0], bool(pair[1].get("cohorts")) and not next_closing(pair[1], today))
    )
    named = [pair for pair in ranked if pair[0] >= _NAMED]
    return tuple(_offer(record, today) for _, record in (named or ranked)[:MAX_OFFERS])


def _fit(asked: str, words: set[str], record: Mapping[str, Any]) -> float:
    names = [
        str(record["id"]),
        str(record["name"]),
        *_texts(record.get("former_names")),
        *_texts(record.get("aliases")),
    ]
    names += [short for name in names for short in re.findall(r"\(([A-Z]{3,})\)", name)]
    if any(name and re.search(rf"(?<!\w){re.escape(name.lower())}s?(?!\w)", asked) for name in names):
        return _NAMED
    audience = record.get("audience")
    roles = " ".join(_texts(audience.get("roles") if isinstance(audience, Mapping) else audience))
    names_and_roles = set(stems(" ".join((*names, roles)))) & words
    subject = set(stems(f"{record.get('strand', '')} {record.get('kind', '')}")) & words
    return 2.0 * len(names_and_roles) + len(subject)


def _offer(record: Mapping[str, Any], today: date) -> ProgrammeOffer:
    closes = next_closing(record, today)
    rules = [str(rule.get("says", "")) for rule in record.get("eligibility", ()) if isinstance(rule, Mapping)]
    why = " ".join(filter(None, rules[:2])) or "No eligibility rule is recorded: ask the contact."
    if closes is None and record.get("cohorts"):
        why = f"No cohort is open for applications now. {why}"
    return ProgrammeOffer(
        id=str(record["id"]),
        name=str(record["name"]),
        eligibility="maybe",
        why=why,
        closes=closes,
        url=str(record["url"]) if record.get("url") else None,
    )


def next_closing(record: Mapping[str, Any], today: date) -> str | None:
    """The nearest closing date that is not past (ISO); None when every cohort has closed or none states a date."""
    stated = [str(cohort.get("closes") or "") for cohort in record.get("cohorts", ()) if isinstance(cohort, Mapping)]
    return min((day for day in stated if _ISO_DATE.fullmatch(day) and not is_past(day, today)), default=None)


def _texts(value: Any) -> list[str]:
    """A list of texts as one; one text as a list of it; nothing as none."""
    if isinstance(value, str):
        return [value]
    return [str(part) for part in value] if isinstance(value, list | tuple) else []
