"""Which schools does a text name?"""

from __future__ import annotations

import re

from ingestion.model import SchoolRecord, Slug, Trust


def schools_named(text: str, trust: Trust) -> tuple[Slug, ...]:
    """The schools that the text names, by name or alias, in the order they are named; longer names win over shorter."""
    return tuple(dict.fromkeys(slug for _, _, slug in sorted(_school_mentions(text, trust))))


def without_schools(text: str, trust: Trust) -> str:
    """The text without the schools it names: which documents are searched says it already, and few of them repeat
    it."""
    rest = text
    for start, end, _ in _school_mentions(text, trust):
        rest = rest[:start] + " " * (end - start) + rest[end:]
    return " ".join(rest.split()) if re.search(r"\w", rest) else text


def _school_mentions(text: str, trust: Trust) -> list[tuple[int, int, Slug]]:
    """Start, end and school of each name in the text; longer names win over shorter."""
    spoken = sorted(
        ((name, school.slug) for school in trust.schools for name in _names_of(school)), key=lambda pair: -len(pair[0])
    )
    mentions: list[tuple[int, int, Slug]] = []
    for name, slug in spoken:
        # "the primary phase" is a part of a school, not the school that people call "the primary"
        pattern = rf"(?<!\w)(?:at )?{re.escape(name)}(?:['’]s)?(?!\w)(?! phase| curriculum)"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if all(match.end() <= start or match.start() >= end for start, end, _ in mentions):
                mentions.append((match.start(), match.end(), slug))
    return mentions


def _names_of(school: SchoolRecord) -> tuple[str, ...]:
    return tuple(name for name in (school.name, *school.aliases, school.slug) if name)
