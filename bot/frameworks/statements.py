"""What do the framework statements that were asked for say, in the framework's own words?

Statements are records; what is quoted are their rows in the document, whole. Of two frameworks that have a code, both
are quoted, and it is said whether they say the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.frameworks.materials import MaterialsIndex, course_place, materials_on
from bot.frameworks.meanings import (
    WEAKEST,
    WEAKEST_NAMED,
    StatementMeanings,
    TextEmbedder,
    meant_text,
    statements_about,
)
from bot.frameworks.names import followed_by, frameworks_named, missing_named, national_frameworks
from bot.model import Draft, Quotation, StatementLookUp
from bot.sentences import load_sentences
from bot.wording import spoken_date
from ingestion.dates import first_day
from ingestion.model import IndexedPassage, Record, Trust

FEW = 3
"""Up to so many statements are told one by one: where each stands, and which course materials take it up."""

Statement = tuple[Record, IndexedPassage]

_CODE_BEFORE = re.compile(r"^\W*[1-9](?:\.\d+|[a-z])\b[\s.|:]*", re.IGNORECASE)


class StatementIndex(MaterialsIndex, Protocol):
    """The part of the index that holds framework statements, and the course materials that take them up."""

    def statements(self, code: str | None = None, *, roles: Collection[str] = ()) -> list[Statement]: ...


@dataclass(frozen=True)
class FrameworkSentences:
    """The written sentences of `prompts/frameworks.toml`."""

    stands: str
    same: str
    different: str
    moved: str
    lacks: str
    not_held: str
    follows: str
    materials: str
    others: str


def load_framework_sentences() -> FrameworkSentences:
    """All of them. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    return load_sentences(FrameworkSentences, "frameworks", holding={"stands": "{framework}", "follows": "{framework}"})


@dataclass(frozen=True)
class QuotedStatements:
    """The statements asked for, as a draft with nothing but quotations, and what is to be said of them beneath."""

    draft: Draft
    notes: tuple[str, ...] = ()

    @property
    def repeats(self) -> tuple[int | None, ...]:
        """For each quotation the place, from 0, of an earlier one that says the same word for word; None = none does.
        A code before the words does not count."""
        plain = [_plain(_CODE_BEFORE.sub("", one.text)) for one in self.draft.quotations]
        firsts = [plain.index(words) for words in plain]
        return tuple(None if first == at else first for at, first in enumerate(firsts))


@dataclass(frozen=True)
class Frameworks:
    """What statements are quoted with: how near their texts are in meaning, and the sentences beneath them."""

    meanings: StatementMeanings
    sentences: FrameworkSentences


def open_frameworks() -> Frameworks:
    """With no meaning known yet. Raises SettingsError for a sentence, or a framework of `national.toml`, that is
    wrong."""
    national_frameworks()
    return Frameworks(StatementMeanings(), load_framework_sentences())


def warm_up(using: Frameworks, *, index: StatementIndex, embedder: TextEmbedder) -> None:
    """Learns the meaning of all statements that are open to all, so that the first asker does not wait for it: 181 take
    about half a second."""
    if texts := [meant_text(record) for record, _ in index.statements()]:
        using.meanings.of(texts, embedder)


def quote_statements(
    asked: StatementLookUp,
    *,
    index: StatementIndex,
    embedder: TextEmbedder,
    using: Frameworks,
    trust: Trust,
    today: date,
) -> QuotedStatements | None:
    """The statements asked for, every one whole; None when no framework has them.

    Only those of frameworks that the asker may read: of the trust, and of the schools asked about.
    """
    lookup = asked.fallback
    readable = [
        (record, found)
        for record, found in index.statements(roles=lookup.roles)
        if found.version.school is None or found.version.school in lookup.schools
    ]
    held = _Held(readable, asked, trust, today)
    if not readable:
        return None
    if asked.codes:
        return _quote_codes(asked, held, index, using.sentences)
    if asked.standard or asked.standard_name:
        whole = _of_standard(asked, held)
        if whole:
            return QuotedStatements(_draft(whole), held.notes_on_list(whole, using.sentences))
    if asked.about:
        return _quote_about(asked, held, index, embedder, using)
    return None


class _Held:
    """The statements that may be quoted, by framework, and which frameworks are meant."""

    def __init__(self, statements: Sequence[Statement], asked: StatementLookUp, trust: Trust, today: date) -> None:
        self.statements = statements
        self.names = tuple(dict.fromkeys(_framework(one) for one in statements))
        said = " ; ".join(asked.frameworks)
        self.named = frameworks_named(said, self.names, trust.acronyms)
        self.missing = missing_named(said, self.names, trust.acronyms)
        self.started = asked.started
        self.followed = self._followed(trust, today) if len(self.names) > 1 else None

    def _followed(self, trust: Trust, today: date) -> str | None:
        if self.started is None:
            return None
        stated = {_framework(one): first_day(one[1].version.metadata.effective_from) for one in self.statements}
        return followed_by(date.fromisoformat(self.started), stated, today=today, acronyms=trust.acronyms)

    def in_order(self) -> tuple[str, ...]:
        """All frameworks: the one that the asker follows first, then in the order of the documents."""
        first = (self.followed,) if self.followed else ()
        return (*first, *(name for name in self.names if name not in first))

    def meant(self) -> tuple[str, ...]:
        """The frameworks whose statements are listed: those named, else the one followed, else all."""
        return self.named or ((self.followed,) if self.followed else self.names)

    def notes(self, quoted: Sequence[Statement], sentences: FrameworkSentences) -> tuple[str, ...]:
        """What there is to say of which frameworks were quoted."""
        shown = tuple(dict.fromkeys(_framework(one) for one in quoted))
        notes = []
        if self.missing:
            notes.append(sentences.not_held.format(framework=_and(self.missing), frameworks=_and(shown)))
        if self.followed and self.started and not self.named:
            started = spoken_date(self.started[:7])
            notes.append(sentences.follows.format(started=started, framework=self.followed))
        return tuple(notes)

    def notes_on_list(self, quoted: Sequence[Statement], sentences: FrameworkSentences) -> tuple[str, ...]:
        """The same for a list of one framework's statements, of which others have such lists as well."""
        others = [name for name in self.names if name not in self.meant()]
        more = [sentences.others.format(frameworks=_and(others))] if others and not self.named else []
        return (*self.notes(quoted, sentences), *more)


# ── by code ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _quote_codes(
    asked: StatementLookUp, held: _Held, index: StatementIndex, sentences: FrameworkSentences
) -> QuotedStatements | None:
    """The statements of these codes, of the frameworks named or else of all; with whether frameworks say the same."""
    chosen: list[Statement] = []
    notes: list[str] = []
    for code in asked.codes:
        of_code = {_framework(one): one for one in reversed(held.statements) if _code(one) == code}
        ordered = [of_code[name] for name in held.in_order() if name in of_code]
        if not ordered:
            continue
        mine = [one for one in ordered if _framework(one) in held.named]
        told = ordered if (asked.compares and len(held.named) < 2) or not mine else mine
        are_titled = all(one[1].version.title == _framework(one) for one in told)
        if len(asked.codes) <= FEW and (len(told) == 1 or not are_titled):
            notes += [_where(one, sentences) for one in told]
        if len(told) > 1:
            notes += _compared(code, told, sentences)
        elif asked.compares or len(held.named) > 1:
            without = [name for name in held.named or held.names if name not in of_code]
            notes += [sentences.lacks.format(framework=name, code=code) for name in without]
        if asked.compares or len(told) > 1:
            notes += _moved(code, told, held, sentences)
        chosen += told
    if not chosen:
        return None
    notes += held.notes(chosen, sentences)
    quoted = [quotation for one in chosen if (quotation := _quote(one))]
    links, places = _materials(chosen, index, asked, after=len(quoted), sentences=sentences)
    return QuotedStatements(Draft((*quoted, *links), confidence=1.0), (*notes, *places))


def _compared(code: str, told: Sequence[Statement], sentences: FrameworkSentences) -> list[str]:
    """Whether these statements of one code say the same."""
    is_same = len({_plain(one[0].fields["text"]) for one in told}) == 1
    sentence = sentences.same if is_same else sentences.different
    return [sentence.format(code=code, frameworks=_and([_framework(one) for one in told]))]


def _moved(code: str, told: Sequence[Statement], held: _Held, sentences: FrameworkSentences) -> list[str]:
    """Where another framework that is spoken of says under another code what one of these says under this one."""
    spoken_of = {*held.named, *(_framework(one) for one in told)}
    return [
        sentences.moved.format(framework=_framework(one), code=code, other_code=_code(other), other=_framework(other))
        for one in told
        for other in held.statements
        if _framework(other) in spoken_of
        and _framework(other) != _framework(one)
        and _code(other) not in ("", code)
        and _plain(other[0].fields["text"]) == _plain(one[0].fields["text"])
    ]


def _where(one: Statement, sentences: FrameworkSentences) -> str:
    fields = one[0].fields
    section = ", ".join(str(part) for part in (fields["section"], fields["section_name"]) if part)
    return sentences.stands.format(code=_code(one), framework=_framework(one), section=section, type=fields["type"])


# ── by standard ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _of_standard(asked: StatementLookUp, held: _Held) -> list[Statement]:
    """All statements of a standard, by its number or its name, of one sort or of both, in their order."""
    return [
        one
        for name in held.meant()
        for one in held.statements
        if _framework(one) == name and _is_learn(one, asked.learn) and _is_of_standard(one, asked)
    ]


def _is_of_standard(one: Statement, asked: StatementLookUp) -> bool:
    fields = one[0].fields
    if asked.standard is not None:
        number = re.search(r"\d+", str(fields["section"]))
        return number is not None and number[0] == asked.standard
    name = _words(asked.standard_name or "")
    return bool(name) and name == _words(str(fields["section_name"]))


def _is_learn(one: Statement, learn: str | None) -> bool:
    if learn is None:
        return True
    return ("how" in str(one[0].fields["type"]).casefold()) == (learn == "how to")


# ── by subject ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _quote_about(
    asked: StatementLookUp, held: _Held, index: StatementIndex, embedder: TextEmbedder, using: Frameworks
) -> QuotedStatements | None:
    """The statements that are about a subject, best first."""
    meant = held.meant()
    among = [one for one in held.statements if _framework(one) in meant and _is_learn(one, asked.learn)]
    best = statements_about(
        asked.about or "",
        among,
        expansions=asked.fallback.expansions,
        embedder=embedder,
        meanings=using.meanings,
        weakest=WEAKEST_NAMED if asked.frameworks or asked.learn else WEAKEST,
    )
    if not best:
        return None
    notes = held.notes_on_list(best, using.sentences)
    quoted = [quotation for one in best if (quotation := _quote(one))]
    links, places = _materials(best[:1], index, asked, after=len(quoted), sentences=using.sentences)
    return QuotedStatements(Draft((*quoted, *links), confidence=1.0), (*notes, *places))


# ── quoting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _draft(statements: Sequence[Statement]) -> Draft:
    """Statements of which neighbours in a passage are quoted together, as the rows of one table."""
    runs: list[list[Statement]] = []
    for one in statements:
        if runs and runs[-1][-1][1].id == one[1].id and _places(runs[-1][-1])[-1:] == [_places(one)[0] - 1]:
            runs[-1].append(one)
        else:
            runs.append([one])
    return Draft(tuple(quotation for run in runs if (quotation := _quote(*run))), confidence=1.0)


def _places(one: Statement) -> list[int]:
    """Where in its passage a statement's row stands, from 0; where it was too long for a passage, its paragraphs. [-1]
    where the passage has nothing of it."""
    record, found = one
    here = [(at, block.kind) for at, block in enumerate(found.passage.blocks) if block.locator == record.locator]
    rows = [at for at, kind in here if kind == "table_row"]
    return rows or [at for at, kind in here if kind != "table_header"] or [-1]


def _quote(*run: Statement) -> Quotation | None:
    """The rows of statements that follow on each other in one passage, with the names of their columns; None where the
    passage has no such row. A row that is too long for a passage stands there in paragraphs."""
    found = run[0][1]
    blocks = found.passage.blocks
    first, last = _places(run[0])[0], _places(run[-1])[-1]
    if first < 0 or last < first:
        return None
    quoted = blocks[first : last + 1]
    rows = tuple(block.cells for block in quoted) if all(block.kind == "table_row" for block in quoted) else ()
    headers = [block.cells for block in blocks[:first] if block.kind == "table_header"] if rows else []
    locator = quoted[0].locator.to(quoted[-1].locator)
    return Quotation(
        found, "\n".join(block.text for block in quoted), str(locator), headers[-1] if headers else (), rows
    )


def _materials(
    statements: Sequence[Statement],
    index: StatementIndex,
    asked: StatementLookUp,
    *,
    after: int,
    sentences: FrameworkSentences,
) -> tuple[list[Quotation], list[str]]:
    """The course materials that take up a few statements, as quotations numbered after the others, and a sentence."""
    if len(statements) > FEW:
        return [], []
    links = materials_on(statements, index=index, schools=asked.fallback.schools, roles=asked.fallback.roles)
    if not links:
        return [], []
    places = [f"{course_place(link.found)} [{number}]" for number, link in enumerate(links, start=after + 1)]
    return links, [sentences.materials.format(places="; ".join(places))]


def _framework(one: Statement) -> str:
    return str(one[0].fields["framework"])


def _code(one: Statement) -> str:
    return str(one[0].fields["code"]).casefold()


def _plain(text: object) -> str:
    return " ".join(re.sub(r"[^\w\s]", "", str(text)).casefold().split())


def _words(text: str) -> frozenset[str]:
    """The words of a standard's name without those that people leave out."""
    return frozenset(re.findall(r"[a-z]+", text.casefold())) - {"and", "the", "of", "a", "s", "standard", "section"}


def _and(names: Iterable[str]) -> str:
    *before, last = names
    return f"{', '.join(before)} and the {last}" if before else last
