"""Which edition of each document is in force on a given day, and how certain is that?

What a document says of itself comes first. `decide_editions` reads no file and no clock. In this order:

1. `status: superseded`, `draft` or `withdrawn` stands as stated.
2. An `effective_from` after today makes an edition wait, whatever its status says; its predecessor stays in force.
3. An edition that another one in force `supersedes` (by path, or by title and version) is superseded, where both are of
   one school, or of the trust: what a document says never reaches into another scope.
4. Of the editions of one school with one title, those with an earlier version, or else earlier dates, are superseded.
   Where these contradict each other, so that each is earlier than another, all stay in force with a `doubt`.
5. What nothing tells apart stays in force, each with a `doubt` where it is a policy, or states a version or date: many
   a training pack has forty files called "Instructions", and none is an edition of another.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ingestion.model import Metadata, School, Status


@dataclass(frozen=True)
class Edition:
    """One document of the corpus, as far as deciding needs it."""

    path: str
    school: School
    title: str
    metadata: Metadata


@dataclass(frozen=True)
class Standing:
    """What was decided of an edition; `doubt` is a sentence when it is uncertain, else None."""

    status: Status
    doubt: str | None = None


def decide_editions(editions: Iterable[Edition], *, today: date) -> dict[str, Standing]:
    """The standing of every edition, by path. Editions of one school, or of the trust, affect no other's."""
    corpus = sorted(editions, key=lambda edition: edition.path)
    standings = {edition.path: Standing(_own_status(edition, today)) for edition in corpus}
    for path in _superseded_by_name(corpus, standings):
        standings[path] = Standing("superseded")
    for namesakes in _namesakes(corpus, standings):
        standings |= _settle(namesakes)
    return standings


# ── what an edition says of itself ───────────────────────────────────────────────────────────────────────────────────


def _own_status(edition: Edition, today: date) -> Status:
    stated = edition.metadata.status
    if stated in ("superseded", "draft", "withdrawn"):
        return stated
    begins = first_day(edition.metadata.effective_from)
    if begins is not None:
        return "waiting" if begins > today else "in_force"
    return stated or "in_force"


def first_day(stated: str | None) -> date | None:
    """The earliest day that an ISO date of any precision can mean: "2027-09" begins on 1 September 2027."""
    if stated is None:
        return None
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", stated.strip())
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


# ── what another edition says of it ──────────────────────────────────────────────────────────────────────────────────


def _superseded_by_name(corpus: Sequence[Edition], standings: dict[str, Standing]) -> set[str]:
    """Paths that an edition which is or was in force names as superseded; two that name each other are left alone."""
    successors: dict[str, set[str]] = defaultdict(set)
    for edition in corpus:
        if standings[edition.path].status not in ("draft", "waiting") and edition.metadata.supersedes:
            for older in corpus:
                if older is not edition and _names(edition, older):
                    successors[older.path].add(edition.path)
    return {
        path
        for path, named_by in successors.items()
        if standings[path].status == "in_force" and any(not _leads_to(path, by, successors) for by in named_by)
    }


def _names(edition: Edition, older: Edition) -> bool:
    """Whether `supersedes` of the one names the other: its path, its file name, its title with its version."""
    if older.school != edition.school:
        return False
    stated = (edition.metadata.supersedes or "").strip()
    if stated == older.path or stated.casefold() == older.path.rsplit("/", 1)[-1].casefold():
        return True
    title, version = _title_and_version(stated)
    older_title = _normalised(older.title)
    older_version = _version_key(older.metadata.version)
    if version is None:
        return title == older_title and title != _normalised(edition.title)
    return title in ("", older_title) and version == older_version and (title != "" or _are_namesakes(edition, older))


def _leads_to(start: str, goal: str, successors: dict[str, set[str]]) -> bool:
    """Whether `start` in its turn supersedes `goal`, directly or through others."""
    seen, waiting = {goal}, [goal]
    while waiting:
        for successor in successors.get(waiting.pop(), ()):
            if successor == start:
                return True
            if successor not in seen:
                seen.add(successor)
                waiting.append(successor)
    return False


_VERSION = re.compile(
    r"(?:\bversion\b|\bv|\bedition\b|\bissue\b)\.?\s*(\d+(?:\.\d+)*)\b|(?<![\w.])(\d+(?:\.\d+)+)\b", re.I
)


def _title_and_version(stated: str) -> tuple[str, tuple[int, ...] | None]:
    """ "Lone working policy v2.4" → its normalised title and (2, 4); a bare "2.4" has the title ""."""
    if re.fullmatch(r"v?\d+(?:\.\d+)*", stated, re.I):
        return "", _version_key(stated)
    match = _VERSION.search(stated)
    return _normalised(stated), _version_key(match[1] or match[2]) if match else None


# ── what tells namesakes apart ───────────────────────────────────────────────────────────────────────────────────────


def _namesakes(corpus: Sequence[Edition], standings: dict[str, Standing]) -> list[list[Edition]]:
    """The groups of two or more editions in force that have one school and one title."""
    groups: dict[tuple[School, str], list[Edition]] = defaultdict(list)
    for edition in corpus:
        if standings[edition.path].status == "in_force":
            groups[edition.school, _normalised(edition.title)].append(edition)
    return [group for group in groups.values() if len(group) > 1]


def _are_namesakes(one: Edition, other: Edition) -> bool:
    return one.school == other.school and _normalised(one.title) == _normalised(other.title)


def _settle(namesakes: Sequence[Edition]) -> dict[str, Standing]:
    """Superseded: every edition that a newest one is later than, directly or through others. In doubt: the newest that
    nothing tells apart, and those in or under a circle, of which each is earlier than another and none is newest."""
    newest = [one for one in namesakes if not any(_is_later(other, one) for other in namesakes)]
    superseded = _earlier_than(newest, namesakes)
    settled = superseded | {one.path for one in newest}
    circle = [one for one in namesakes if one.path not in settled]
    standings = dict.fromkeys(superseded, Standing("superseded"))
    for one in newest:
        rivals = [other for other in (*newest, *circle) if _are_rivals(one, other)]
        standings[one.path] = Standing("in_force", _doubt(one, rivals, NOTHING_TELLS) if rivals else None)
    for one in circle:
        others = [other for other in (*circle, *newest) if other is not one]
        standings[one.path] = Standing("in_force", _doubt(one, others, CONTRADICTION))
    return standings


def _earlier_than(newest: Sequence[Edition], namesakes: Sequence[Edition]) -> set[str]:
    """Paths of the editions that one of these is later than, directly or through others."""
    earlier: set[str] = set()
    waiting = list(newest)
    while waiting:
        later = waiting.pop()
        found = [one for one in namesakes if one.path not in earlier and _is_later(later, one)]
        earlier.update(one.path for one in found)
        waiting += found
    return earlier


def _are_rivals(one: Edition, other: Edition) -> bool:
    """Whether two namesakes may be editions of one document, of which only one can be in force."""
    return one is not other and not _is_same_edition(one, other) and (_has_editions(one) or _has_editions(other))


def _has_editions(edition: Edition) -> bool:
    stated = edition.metadata
    return stated.kind in ("policy", "behaviour", "values") or any(
        (stated.version, stated.effective_from, stated.approved_on, stated.review_due)
    )


def _is_later(one: Edition, other: Edition) -> bool:
    """Whether what both state tells that `one` is the later: version, else when it took effect, else its approval."""
    a, b = one.metadata, other.metadata
    versions = _version_key(a.version), _version_key(b.version)
    if versions[0] and versions[1] and versions[0] != versions[1]:
        return versions[0] > versions[1]
    for ours, theirs in (
        (a.effective_from, b.effective_from),
        (a.approved_on, b.approved_on),
        (a.review_due, b.review_due),
    ):
        order = _compare_dates(ours, theirs)
        if order:
            return order > 0
    return False


def _is_same_edition(one: Edition, other: Edition) -> bool:
    """Whether both state the same version or dates: one edition in two files, such as a PDF beside its DOCX."""
    a, b = one.metadata, other.metadata
    stated = ((a.version, b.version), (a.effective_from, b.effective_from), (a.approved_on, b.approved_on))
    return any(ours is not None and ours == theirs for ours, theirs in stated)


NOTHING_TELLS = "no version or date tells which of them is in force"
CONTRADICTION = "what their versions and dates say of which is in force contradicts itself"


def _doubt(one: Edition, rivals: Sequence[Edition], why: str) -> str:
    others = ", ".join(rival.path for rival in rivals[:3]) + (f" and {len(rivals) - 3} more" if len(rivals) > 3 else "")
    return f"“{one.title}” also stands in {others}, and {why}."


def _compare_dates(ours: str | None, theirs: str | None) -> int:
    """1 later, −1 earlier, 0 where either is not stated or the coarser one includes the other."""
    if first_day(ours) is None or first_day(theirs) is None or ours is None or theirs is None:
        return 0
    precision = min(len(ours.strip()), len(theirs.strip()))
    a, b = ours.strip()[:precision], theirs.strip()[:precision]
    return (a > b) - (a < b)


def _version_key(version: str | None) -> tuple[int, ...]:
    """(2, 4) for "2.4", "v2.4", "Version 2.4 final"; () where there is no number. 2 and 2.0 are one version."""
    match = re.search(r"\d+(?:\.\d+)*", version or "")
    if match is None:
        return ()
    numbers = [int(number) for number in match[0].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _normalised(title: str) -> str:
    """A title without its version, case and punctuation: "Lone-Working Policy (v2.4)" → "lone working policy"."""
    return " ".join(re.findall(r"[^\W_]+", _VERSION.sub(" ", title).casefold()))
