"""Which edition of each document is in force on a given day, and how certain is that?

What a document says of itself comes first. `decide_editions` reads no file and no clock; `edition_before` tells by the
same rules which edition one replaced. In this order:

1. `status: superseded`, `draft` or `withdrawn` stands as stated.
2. An `effective_from` after today makes an edition wait, whatever its status says; its predecessor stays in force.
3. An edition that another one in force `supersedes` (by path, or by title and version) is superseded, where both are of
   one school, or of the trust: what a document says never reaches into another scope.
4. Of the editions of one school with one title, exactly one is in force, in one file or several: that with the later
   version and dates. A policy's title may differ by what only names an edition: "2025-26", "final", "v2".
5. Where that cannot be told, or what they state contradicts itself, only the latest approved one is searched, and each
   has a `doubt` that says so. What states neither version nor date, and is no policy, is no edition of anything: many a
   training pack has forty files called "Instructions".
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from ingestion.dates import compare_dates, first_day, is_within
from ingestion.metadata.values import MONTHS, version_key
from ingestion.model import Metadata, School, Status

REMEMBERED = 20_000
"""Titles whose words are kept apart: each is compared with all its namesakes."""

__all__ = ["Edition", "Standing", "decide_editions", "edition_before", "first_day"]


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
    successors = _successors(corpus, standings)
    for path in _superseded_by_name(successors, standings):
        standings[path] = Standing("superseded")
    in_force = [edition for edition in corpus if standings[edition.path].status == "in_force"]
    for rivals in _rivals(in_force, successors):
        standings |= _settle(rivals, today)
    return standings


def edition_before(edition: Edition, editions: Iterable[Edition]) -> Edition | None:
    """The edition that this one replaced, or will; None where there is none, or nothing tells which of two is earlier.

    That which it names as superseded; else of the same document the last that what both state tells to be earlier; else
    the last that is earlier by what decides which of them is searched. A draft was never in force, so none is replaced.
    Of an edition in several files it is the one of the same format.
    """
    others = [one for one in editions if one.path != edition.path and one.metadata.status != "draft"]
    others.sort(key=lambda one: (_suffix(one) != _suffix(edition), one.path))
    named = _named_by(edition, others)
    namesakes = [one for one in others if _are_editions_of_one_document(edition, one)]
    earlier = named or [one for one in namesakes if _order(edition, one) > 0]
    if not earlier:
        earlier = [one for one in namesakes if _is_searched_rather_than(edition, one)]
    last = [one for one in earlier if not any(_order(other, one) > 0 for other in earlier)]
    return _latest_approved(last or earlier)[0] if earlier else None


# ── what an edition says of itself ───────────────────────────────────────────────────────────────────────────────────


def _own_status(edition: Edition, today: date) -> Status:
    stated = edition.metadata.status
    if stated in ("superseded", "draft", "withdrawn"):
        return stated
    begins = first_day(edition.metadata.effective_from)
    if begins is not None:
        return "waiting" if begins > today else "in_force"
    return stated or "in_force"


# ── what another edition says of it ──────────────────────────────────────────────────────────────────────────────────


def _successors(corpus: Sequence[Edition], standings: dict[str, Standing]) -> dict[str, set[str]]:
    """Path → the editions, in force now or before, that name it as superseded."""
    by_name: dict[tuple[School, str], list[Edition]] = defaultdict(list)
    for older in corpus:
        for name in _names_of(older):
            by_name[older.school, name].append(older)
    successors: dict[str, set[str]] = defaultdict(set)
    for edition in corpus:
        if standings[edition.path].status not in ("draft", "waiting") and edition.metadata.supersedes:
            for name in _names_in(edition):
                for older in by_name.get((edition.school, name), ()):
                    if older is not edition and _names(edition, older):
                        successors[older.path].add(edition.path)
    return successors


def _names_of(edition: Edition) -> set[str]:
    """By what others may name it: its path, its file's name, its title whole and without what names the edition."""
    title = _normalised(edition.title)
    name = edition.path.rsplit("/", 1)[-1].casefold()
    return {edition.path, name, title, _without_edition(title)[0]}


def _names_in(edition: Edition) -> set[str]:
    """What its `supersedes` may name: as it stands, as a title, and its own title where only a version is stated."""
    stated = (edition.metadata.supersedes or "").strip()
    title = _title_and_version(stated)[0] or _normalised(edition.title)
    return {stated, stated.casefold(), title, _without_edition(title)[0]}


def _superseded_by_name(successors: dict[str, set[str]], standings: dict[str, Standing]) -> list[str]:
    """Paths that an edition names as superseded; those that name each other, directly or in a circle, are left."""
    return [
        path
        for path, named_by in successors.items()
        if standings[path].status == "in_force" and any(not _leads_to(path, by, successors) for by in named_by)
    ]


def _names(edition: Edition, older: Edition) -> bool:
    """Whether `supersedes` of the one names the other: its path, its file name, its title with its version."""
    if older.school != edition.school:
        return False
    stated = (edition.metadata.supersedes or "").strip()
    if stated == older.path or stated.casefold() == older.path.rsplit("/", 1)[-1].casefold():
        return True
    title, version = _title_and_version(stated)
    older_title = _normalised(older.title)
    if version is None:
        return title == older_title and title != _normalised(edition.title)
    if version != version_key(older.metadata.version):
        return False
    if title == "":
        return _document(edition) == _document(older)
    return title == older_title or _without_edition(title)[0] == _without_edition(older_title)[0]


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
    r"(?:\bversion\b|\bv|\bedition\b|\bissue\b)\.?\s{0,3}(\d{1,9}(?:\.\d{1,9})*)\b"
    r"|(?<![\w.])(\d{1,9}(?:\.\d{1,9})+)\b",
    re.I,
)


@lru_cache(maxsize=REMEMBERED)
def _title_and_version(stated: str) -> tuple[str, tuple[int, ...] | None]:
    """ "Lone working policy v2.4" → its normalised title and (2, 4); a bare "2.4" has the title ""."""
    if re.fullmatch(r"v?\d{1,9}(?:\.\d{1,9})*", stated, re.I):
        return "", version_key(stated)
    match = _VERSION.search(stated)
    return _normalised(stated), version_key(match[1] or match[2]) if match else None


def _named_by(edition: Edition, others: Sequence[Edition]) -> list[Edition]:
    """Those that an edition names as superseded, without those that name it in their turn."""
    corpus = [edition, *others]
    successors = _successors(corpus, dict.fromkeys((one.path for one in corpus), Standing("in_force")))
    return [
        one
        for one in others
        if edition.path in successors.get(one.path, ()) and not _leads_to(one.path, edition.path, successors)
    ]


# ── which files are editions of one document ─────────────────────────────────────────────────────────────────────────

KINDS_WITH_EDITIONS = ("policy", "behaviour", "values")


def _rivals(in_force: Sequence[Edition], successors: dict[str, set[str]]) -> list[list[Edition]]:
    """The groups of two or more editions in force that are one document of one school, and those that supersede each
    other in a circle."""
    groups: dict[str, list[Edition]] = {}
    by_document: dict[tuple[School, str], list[Edition]] = {}
    for edition in in_force:
        group = by_document.setdefault((edition.school, _document(edition)), [])
        group.append(edition)
        groups[edition.path] = group
    for edition in in_force:
        for by in sorted(successors.get(edition.path, ())):
            ours, theirs = groups[edition.path], groups.get(by)
            if theirs is not None and theirs is not ours and _leads_to(edition.path, by, successors):
                ours += theirs
                groups |= {other.path: ours for other in theirs}
    return [group for group in {id(group): group for group in groups.values()}.values() if len(group) > 1]


def _document(edition: Edition) -> str:
    """What all editions of a document are called: a policy's title without what names the edition. Admission policies
    of two years are two, both in force: each holds for those who enter in its year."""
    title = _normalised(edition.title)
    if edition.metadata.kind in KINDS_WITH_EDITIONS and "admission" not in title:
        return _without_edition(title)[0]
    return title


def _are_editions_of_one_document(one: Edition, other: Edition) -> bool:
    if one.school != other.school or _document(one) != _document(other):
        return False
    is_policy = any(edition.metadata.kind in KINDS_WITH_EDITIONS for edition in (one, other))
    return is_policy or (_states_an_edition(one) and _states_an_edition(other))


def _suffix(edition: Edition) -> str:
    return edition.path.rsplit("/", 1)[-1].rpartition(".")[2].casefold()


_EDITION_WORDS = frozenset(
    {"final", "updated", "revised", "amended", "approved", "current", "latest", "signed", "copy"}
)
_WHEN_WORDS = frozenset({*MONTHS, *(month[:3] for month in MONTHS), "sept", "autumn", "spring", "summer", "winter",
                         "term", "academic", "school", "year"})  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def _without_edition(title: str) -> tuple[str, int | None]:
    """A normalised title without the year, month or word at its end that names an edition, and that year: "behaviour
    policy 2025 26 final" → "behaviour policy", 2025."""
    words, year = title.split(), None
    while len(words) > 1:
        if words[-1] in _EDITION_WORDS:
            words.pop()
        elif (
            len(words) > 2
            and _is_year(words[-2])
            and int(words[-1] if words[-1].isdecimal() else -1) % 100 == (int(words[-2]) + 1) % 100
        ):
            year = int(words[-2])
            del words[-2:]
        elif _is_year(words[-1]):
            year = int(words.pop())
        elif year is not None and words[-1] in _WHEN_WORDS and words[-1] != "school":
            words.pop()
        else:
            break
    return " ".join(words), year


def _is_year(word: str) -> bool:
    return re.fullmatch(r"20\d\d", word) is not None


@lru_cache(maxsize=REMEMBERED)
def _normalised(title: str) -> str:
    """A title without its version, case and punctuation: "Lone-Working Policy (v2.4)" → "lone working policy"."""
    return " ".join(re.findall(r"[^\W_]+", _VERSION.sub(" ", title).casefold()))


# ── which of them is in force ────────────────────────────────────────────────────────────────────────────────────────

NOTHING_TELLS = "no version or date tells which of them is in force"
CONTRADICTION = "what their versions and dates say of which is in force contradicts itself"
NOT_BEGUN = "its title names a year that has not begun, and it does not say from when it holds"


def _settle(rivals: Sequence[Edition], today: date) -> dict[str, Standing]:
    """Exactly one edition is left in force, in one file or several: the latest, or with a doubt the latest approved."""
    standings: dict[str, Standing] = {}
    ahead = [one for one in rivals if _is_ahead(one, today)]
    if ahead and len(ahead) < len(rivals):
        standings |= {one.path: Standing("waiting", f"“{one.title}” waits: {NOT_BEGUN}.") for one in ahead}
        rivals = [one for one in rivals if one not in ahead]
    is_policy = any(one.metadata.kind in KINDS_WITH_EDITIONS for one in rivals)
    editions = [one for one in rivals if is_policy or _states_an_edition(one)]
    silent = [one for one in rivals if one not in editions]

    newest = [one for one in editions if not any(_order(other, one) > 0 for other in editions)]
    superseded = _earlier_than(newest, editions)
    circle = [one for one in editions if one not in newest and one.path not in superseded]
    standings |= dict.fromkeys(superseded, Standing("superseded"))
    left = [*newest, *circle]
    if not left:
        return standings | {one.path: Standing("in_force") for one in silent}

    chosen, because = _latest_approved(left)
    in_force = _files_of(chosen, left)
    others = [one for one in left if one not in in_force]
    if not others:
        return standings | {
            one.path: Standing("in_force", _doubt(one, left, silent, NOTHING_TELLS) if silent else None)
            for one in (*left, *silent)
        }
    contradicts = bool(circle) or any(_contradict(one, other) for one in editions for other in editions)
    why = CONTRADICTION if contradicts else NOTHING_TELLS
    for one in in_force:
        doubt = _doubt(one, others, silent, f"{why}: this one is searched, {because}")
        standings[one.path] = Standing("in_force", doubt)
    for one in others:
        standings[one.path] = Standing(
            "superseded", _doubt(one, in_force, (), f"{why}: that one is searched, {because}")
        )
    return standings | {one.path: Standing("in_force", _doubt(one, left, silent, NOTHING_TELLS)) for one in silent}


def _is_ahead(edition: Edition, today: date) -> bool:
    """Whether a policy's title names a year that has not begun, where no date says from when it holds."""
    year = _title_year(edition)
    if year is None or edition.metadata.effective_from is not None:
        return False
    is_school_year = re.search(rf"{year}\s?[/–-]\s?(?:20)?\d\d\b", edition.title) is not None
    return today < date(year, 9 if is_school_year else 1, 1)


def _states_an_edition(edition: Edition) -> bool:
    stated = edition.metadata
    return any((stated.version, stated.effective_from, stated.approved_on, stated.review_due, stated.supersedes))


def _earlier_than(newest: Sequence[Edition], editions: Sequence[Edition]) -> set[str]:
    """Paths of the editions that one of these is later than, directly or through others."""
    earlier: set[str] = set()
    waiting = list(newest)
    while waiting:
        later = waiting.pop()
        found = [one for one in editions if one.path not in earlier and _order(later, one) > 0]
        earlier.update(one.path for one in found)
        waiting += found
    return earlier


def _order(one: Edition, other: Edition) -> int:
    """1: what both state tells that `one` is the later; −1: the earlier; 0: nothing tells, or it contradicts itself."""
    signs = set(_signs(one, other))
    if not signs:
        return compare_dates(one.metadata.review_due, other.metadata.review_due)
    return signs.pop() if len(signs) == 1 else 0


def _contradict(one: Edition, other: Edition) -> bool:
    return len(set(_signs(one, other))) > 1


def _signs(one: Edition, other: Edition) -> list[int]:
    """What each field that both state says of which is later, without those in which they agree."""
    a, b = one.metadata, other.metadata
    versions = version_key(a.version), version_key(b.version)
    years = _title_year(one) or 0, _title_year(other) or 0
    signs = (
        (versions[0] > versions[1]) - (versions[0] < versions[1]) if all(versions) else 0,
        compare_dates(a.effective_from, b.effective_from),
        compare_dates(a.approved_on, b.approved_on),
        (years[0] > years[1]) - (years[0] < years[1]) if all(years) else 0,
    )
    return [sign for sign in signs if sign]


def _title_year(edition: Edition) -> int | None:
    is_policy = edition.metadata.kind in KINDS_WITH_EDITIONS
    return _without_edition(_normalised(edition.title))[1] if is_policy else None


def _is_same_edition(one: Edition, other: Edition) -> bool:
    """One edition in two files, such as a PDF beside its DOCX: both state the same version or dates, or have one name
    and nothing tells them apart."""
    if _order(one, other) or _contradict(one, other):
        return False
    a, b = one.metadata, other.metadata
    versions = version_key(a.version), version_key(b.version)
    agree = [
        all(versions) and versions[0] == versions[1],
        *(
            is_within(ours, theirs) or is_within(theirs, ours)
            for ours, theirs in (
                (a.effective_from, b.effective_from),
                (a.approved_on, b.approved_on),
                (a.review_due, b.review_due),
            )
        ),
    ]
    return any(agree) or one.path.rsplit(".", 1)[0] == other.path.rsplit(".", 1)[0]


def _files_of(chosen: Edition, editions: Sequence[Edition]) -> list[Edition]:
    """The chosen edition in all its files: those that are the same as it, or as one that is, and contradict none."""
    files, found = [chosen], True
    while found:
        found = False
        for one in editions:
            if one in files or any(_order(one, other) or _contradict(one, other) for other in files):
                continue
            if any(_is_same_edition(one, other) for other in files):
                files.append(one)
                found = True
    return sorted(files, key=lambda one: one.path)


CRITERIA: tuple[tuple[str, Callable[[Edition], object]], ...] = (
    ("as the last approved", lambda one: first_day(one.metadata.approved_on)),
    ("as the one whose review falls due last", lambda one: first_day(one.metadata.review_due)),
    ("as the last to take effect", lambda one: first_day(one.metadata.effective_from)),
    ("as the last created", lambda one: first_day(one.metadata.created_on)),
    ("as the one with the highest version", lambda one: version_key(one.metadata.version) or None),
    ("as its file name has the highest version", lambda one: _version_in_name(one.path)),
    ("as its file name has the latest year", lambda one: _year_in_name(one.path)),
)
"""What tells, in this order, which edition is searched where nothing tells for certain which is in force."""

BY_ITS_PATH = "for no better reason than that its path comes first"


def _latest_approved(editions: Sequence[Edition]) -> tuple[Edition, str]:
    """The edition to search, and why that one: the first criterion in which one is beyond all the others."""
    left = list(editions)
    for because, measure in CRITERIA:
        measured = [(value, one) for one in left if (value := measure(one)) is not None]
        if not measured:
            continue
        best = max(value for value, _ in measured)  # type: ignore[type-var]  # of one criterion, so of one type
        left = [one for value, one in measured if value == best]
        if all(one is left[0] or _is_same_edition(one, left[0]) for one in left):
            return left[0], because
    return left[0], BY_ITS_PATH


def _is_searched_rather_than(one: Edition, other: Edition) -> bool:
    """Whether, of two editions that nothing tells for certain from each other, this one would be searched, and for a
    reason."""
    if _order(one, other) or _is_same_edition(one, other):
        return False
    chosen, because = _latest_approved([one, other])
    return chosen is one and because != BY_ITS_PATH


def _version_in_name(path: str) -> tuple[int, ...] | None:
    found = re.search(
        r"(?<![a-z])v(?:ersion)?[ _-]?(\d{1,4}(?:\.\d{1,4}){0,3})", path.rsplit("/", 1)[-1], re.IGNORECASE
    )
    return version_key(found[1]) if found else None


def _year_in_name(path: str) -> int | None:
    years = re.findall(r"(?<!\d)20\d\d(?!\d)", path.rsplit("/", 1)[-1])
    return max(map(int, years), default=None)


def _doubt(one: Edition, others: Sequence[Edition], silent: Sequence[Edition], why: str) -> str:
    """Where else the document stands, and what that leaves open; `silent` are its namesakes that state nothing."""
    rivals = [other for other in (*others, *silent) if other is not one]
    shown = ", ".join(rival.path for rival in rivals[:3]) + (f" and {len(rivals) - 3} more" if len(rivals) > 3 else "")
    if any(_document(rival) == _document(one) for rival in rivals):
        return f"“{one.title}” also stands in {shown}, and {why}."
    return f"“{one.title}” and {shown} name each other as superseded, and {why}."
