"""What the bot passes along, from a question to the answer a person sees.

    Question ─interpret→ Interpretation ─retrieve→ Evidence ─compose→ Draft ─verify→ Answer ─render→ blocks | text |
    JSON

Alternatives are types, not flags: an `Interpretation` is one of five, an `Answer` one of five.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ingestion.model import Contact, IndexedPassage, School, Slug

# ── the question ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Turn:
    """One earlier message of the conversation, oldest first in a history."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True)
class Asker:
    """Who asks: the school known for them (None = not known) and their roles ("leader", "ect", …)."""

    school: School = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What was asked, with the turns before it (oldest first), and by whom."""

    text: str
    asker: Asker = Asker()
    history: tuple[Turn, ...] = ()
    id: str | None = None


# ── what it turned out to be ─────────────────────────────────────────────────────────────────────────────────────────

RedirectKind = Literal["safeguarding", "help"]
"""Which written reply: each has its text in `prompts/replies/`."""


@dataclass(frozen=True)
class Expansion:
    """Other words for what the question says: `said` as it stands there, `means` what documents may write instead.

    `shown` to the embedding model as well; otherwise only words are searched with it.
    """

    said: str
    means: str
    shown: bool = True


@dataclass(frozen=True)
class LookUp:
    """Words to look up in the documents of `schools` and of the trust, and of no other school.

    `query` is the question with what a follow-up left out; `expansions` are other words for some of its words.
    `schools` empty: no school is known, and none was named.
    """

    query: str
    schools: tuple[Slug, ...] = ()
    expansions: tuple[Expansion, ...] = ()


@dataclass(frozen=True)
class StatementLookUp:
    """A framework statement asked for by its code ("4.6"). `fallback` is looked up when no framework has that code."""

    code: str
    fallback: LookUp


@dataclass(frozen=True)
class ProgrammeQuestion:
    """A question that training programmes may answer; the prose is looked up as well."""

    lookup: LookUp


@dataclass(frozen=True)
class Clarification:
    """Something must be said before anything can be looked up."""

    asks: Literal["question"]


@dataclass(frozen=True)
class Redirect:
    """A written reply, chosen by rule before any retrieval; `school` is whose contacts it gives."""

    kind: RedirectKind
    school: School = None


Interpretation = LookUp | StatementLookUp | ProgrammeQuestion | Clarification | Redirect

# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ScoredPassage:
    """A passage that a search found. `fused` is its reciprocal-rank score; `cosine` and `bm25` are None where that
    search missed it."""

    found: IndexedPassage
    fused: float
    cosine: float | None = None
    bm25: float | None = None


@dataclass(frozen=True)
class Evidence:
    """The passages found for a look-up, best first."""

    kept: tuple[ScoredPassage, ...] = ()


# ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Quotation:
    """Words of one passage, contiguous and verbatim, a line a block; `header` names the columns of a quoted table
    row."""

    found: IndexedPassage
    text: str
    locator: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    """The cells of the quoted rows, where the quotation is of a table; () for prose."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a draft with the quotations it rests on: indexes into `Draft.quotations`, from 0."""

    text: str
    supports: tuple[int, ...]


@dataclass(frozen=True)
class Draft:
    """An answer before it is checked: claims written by a chat model over quotations; no claims = quotations alone."""

    quotations: tuple[Quotation, ...]
    claims: tuple[Claim, ...] = ()
    confidence: float = 0.0
    made_by: str = "quotations"
    """"quotations", or the model and the first 12 hex digits of its prompt's digest."""


@dataclass(frozen=True)
class Citation:
    """One numbered reference of an answer. `quote` occurs verbatim in the document, at `locator`."""

    number: int
    title: str
    path: str
    school: School
    school_name: str
    """The school's name as people know it; the trust's for a trust-wide document."""
    heading: tuple[str, ...]
    locator: str
    quote: str
    version: str | None = None
    review_due: str | None = None
    review_overdue: bool = False
    url: str | None = None
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    doubt: str | None = None
    effective_from: str | None = None


Eligibility = Literal["eligible", "maybe", "not_eligible"]


@dataclass(frozen=True)
class ProgrammeOffer:
    """A training programme signposted in an answer, with why; `closes` is the next closing date (ISO), None = none
    known."""

    id: str
    name: str
    eligibility: Eligibility
    why: str
    closes: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class AnswerSentence:
    """A sentence of an answer as a person reads it, with the numbers of the citations under it."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True)
class Answered:
    """The documents answer. `sentences` is what a chat model wrote and passed the checks; empty = the quotations
    answer."""

    citations: tuple[Citation, ...]
    sentences: tuple[AnswerSentence, ...] = ()
    programmes: tuple[ProgrammeOffer, ...] = ()
    school: School = None
    confidence: float = 0.0
    made_by: str = "quotations"
    notes: tuple[str, ...] = ()
    """Sentences under the answer: an overdue review, a doubt about the edition."""


@dataclass(frozen=True)
class NeedsDetail:
    """It has to ask first; `options` are (value, label) pairs, values being school slugs when `asks` is "school"."""

    asks: Literal["school", "question"]
    sentence: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class NoEvidence:
    """The documents do not say."""

    sentence: str
    school: School = None
    confidence: float = 0.0


@dataclass(frozen=True)
class Redirected:
    """A written reply, never generated. `markdown` is the reply with its contacts filled in."""

    kind: RedirectKind
    markdown: str
    school: School = None
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class Failed:
    """Something broke: a sentence, and the reference id under which the log has the details."""

    sentence: str
    reference: str


Answer = Answered | NeedsDetail | NoEvidence | Redirected | Failed


@dataclass(frozen=True)
class Reply:
    """An answer to one question, with how long it took."""

    answer: Answer
    took_ms: float = 0.0
    question_id: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict)
