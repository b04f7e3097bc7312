"""How is the corpus: what is in it, what is missing, what is out of date?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.answering.dates import is_past
from ingestion.index import PastRefresh
from ingestion.model import Failure, School, Trust, Version


@dataclass(frozen=True)
class CorpusStatus:
    """Corpus health. `by_school`: (slug, name, documents in force), the trust's own first (slug None)."""

    documents: int
    passages: int
    by_school: tuple[tuple[School, str, int], ...]
    without_behaviour_policy: tuple[str, ...]
    overdue: tuple[Version, ...]
    failures: tuple[Failure, ...]
    drafts: tuple[Version, ...]
    superseded: tuple[Version, ...]
    doubts: tuple[Version, ...]
    """Editions of which it is uncertain whether they are the one in force: the one that is searched, and the others."""
    last_refresh: str | None
    """When the last refresh finished, ISO 8601 in UTC; None when none has."""
    warnings: tuple[Failure, ...] = ()
    """What was not read of documents that were, a sentence each: these answer with what was read."""
    due_to_start: tuple[Version, ...] = ()
    """Editions whose first day has come and that no refresh has put in force yet: the old ones are still quoted."""
    sources_down: tuple[Failure, ...] = ()
    """Sources that did not answer at the last refresh, by name: their documents stand as they were."""
    is_rolled_back: bool = False
    """The last refresh was undone, and no refresh runs by itself until one is run by hand."""


def corpus_status(
    versions: Sequence[Version],
    *,
    trust: Trust,
    failures: Sequence[Failure],
    warnings: Sequence[Failure],
    due_to_start: Sequence[Version],
    passages: int,
    last_refresh: PastRefresh | None,
    is_held: bool,
    sources_down: Sequence[Failure],
    today: date,
) -> CorpusStatus:
    """The health of the corpus from what the registry holds. Pure."""
    in_force = [version for version in versions if version.status == "in_force"]
    counts = Counter(version.school for version in in_force)
    schools: list[tuple[School, str]] = [(None, trust.name), *((school.slug, school.name) for school in trust.schools)]
    with_policy = {version.school for version in in_force if version.metadata.kind == "behaviour"}
    return CorpusStatus(
        documents=len(in_force),
        passages=passages,
        by_school=tuple((slug, name, counts[slug]) for slug, name in schools),
        without_behaviour_policy=tuple(school.name for school in trust.schools if school.slug not in with_policy),
        overdue=tuple(version for version in in_force if is_past(version.metadata.review_due, today)),
        failures=tuple(failures),
        drafts=tuple(version for version in versions if version.status == "draft"),
        superseded=tuple(version for version in versions if version.status == "superseded"),
        doubts=tuple(version for version in versions if version.doubt),
        last_refresh=last_refresh.finished_at if last_refresh else None,
        warnings=tuple(warnings),
        due_to_start=tuple(due_to_start),
        sources_down=tuple(sources_down),
        is_rolled_back=is_held,
    )
