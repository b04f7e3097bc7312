"""What the bot passes along, from a question to the answer a person sees.

    Question ─interpret→ Interpretation ─retrieve→ Evidence ─compose→ Draft ─verify→ Answer ─render→ blocks | text |
    JSON

Alternatives are types, not flags: an `Interpretation` is one of six, an `Answer` one of five. Beside every answer goes
its `Trace`: what was searched, kept, rejected and why, so that an admin can ask how it came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ingestion.model import Contact, IndexedPassage, School, Slug, Status

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

RedirectKind = Literal["safeguarding", "personal_data", "out_of_scope", "help"]
"""Which family of written replies: each has its texts in `prompts/replies/`."""

RedirectCase = Literal[
    "child", "self_harm", "fgm", "radicalisation", "image", "weapon", "staff", "head", "own_crisis",
    "pupil_record", "staff_record", "payroll", "system",
    "write", "rules", "advice",
    "thanks",
]  # fmt: skip
"""Which reply of a family. Safeguarding: the first row. Personal data: the second. Out of scope: the third. Help: the
last, for a message that asks nothing."""

EditionAsked = Literal["in_force", "before", "changes"]
"""What is in force; what the edition before said; what changed between the two."""


@dataclass(frozen=True)
class Expansion:
    """Other words for what the question says: `said` as it stands there, `means` what documents may write instead.

    `shown` to the embedding model as well; otherwise only words are searched with it.
    """

    said: str
    means: str
    shown: bool = True


@dataclass(frozen=True)
class Wording:
    """Another way to put the same question, searched beside it: its lists count `weight` (0 … 1) times as much."""

    text: str
    weight: float


@dataclass(frozen=True)
class LookUp:
    """Words to look up in the documents of `schools` and of the trust, and of no other school.

    `query` is the question made to stand alone, with what a follow-up left out; `expansions` are other words for some
    of its words, `also` other wordings of the whole. `schools` empty: no school is known, and none was named.
    """

    query: str
    schools: tuple[Slug, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    also: tuple[Wording, ...] = ()
    roles: tuple[str, ...] = ()
    """The asker's: documents limited to other roles are not searched."""
    by_school: bool = False
    """The schools are to be compared: an answer for each, "not stated" included."""
    edition: EditionAsked = "in_force"
    touches_safeguarding: bool = False
    """A policy question with safeguarding vocabulary: whom to ring stands beneath the answer."""


@dataclass(frozen=True)
class StatementLookUp:
    """Framework statements asked for by code, standard or subject; `fallback` is looked up when no framework has them.

    `codes`: ("4.6", "4a"), in the order asked. `frameworks`: those that the question names, as it names them.
    `standard` ("7") or `standard_name` ("managing behaviour") and `learn`: "learn how to for standard 7", all of them.
    `about`: a subject ("retrieval practice") that statements are asked about. `compares`: whether frameworks say the
    same under a code. `started`: the day (ISO) on which the asker, as far as is known, began as an early career
    teacher.
    """

    fallback: LookUp
    codes: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    standard: str | None = None
    standard_name: str | None = None
    learn: Literal["that", "how to"] | None = None
    about: str | None = None
    compares: bool = False
    started: str | None = None


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
    """A written reply, chosen before any retrieval; `school` is whose contacts it gives, `case` which of the family."""

    kind: RedirectKind
    school: School = None
    case: RedirectCase | None = None


@dataclass(frozen=True)
class Several:
    """Several questions in one message, each with the words it was asked in, in their order; at least two."""

    parts: tuple[tuple[str, LookUp | StatementLookUp | ProgrammeQuestion], ...]


Interpretation = LookUp | StatementLookUp | ProgrammeQuestion | Clarification | Redirect | Several

# ── what was found ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class ScoredPassage:
    """A passage that a search found. `fused` is its score over both searches, from 0 to 1; `cosine` and `bm25` are None
    where that search missed it."""

    found: IndexedPassage
    fused: float
    cosine: float | None = None
    bm25: float | None = None


@dataclass(frozen=True)
class Evidence:
    """The passages found for a look-up, best first: those that may answer, and those that were found and left out."""

    kept: tuple[ScoredPassage, ...] = ()
    rejected: tuple[ScoredPassage, ...] = ()


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
    lead_in: str = ""
    """The line that leads into a list too long to quote whole ("Staff must not:"), where items of it are quoted."""


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
    status: Status = "in_force"
    """"superseded" only where the asker wanted the edition before."""
    owner: str | None = None
    """Who keeps the document, as it states; whom to ask about it."""
    lead_in: str = ""
    """The line that leads into the list of which items are quoted; it stands in the document above them."""
    says_as: int | None = None
    """The number of an earlier citation whose words say the same: this one is named, its words are not shown again."""


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
class PartAnswered:
    """One of several questions in a message: its words, and the numbers of the citations that answer it (none: the
    documents do not say)."""

    asked: str
    citations: tuple[int, ...] = ()
    sentences: tuple[AnswerSentence, ...] = ()
    """What a chat model wrote for this part, its numbers those of the whole; empty = the quotations answer."""


@dataclass(frozen=True)
class SchoolAnswer:
    """One school's line of a comparison, with the numbers of its citations; none: its documents do not state it."""

    school: Slug
    school_name: str
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
    """Sentences under the answer: an overdue review, a doubt about the edition, a conflict and which stands."""
    parts: tuple[PartAnswered, ...] = ()
    """Of a message with several questions, each in its order; else ()."""
    comparison: tuple[SchoolAnswer, ...] = ()
    """Of a question about several schools, each in its order; else ()."""
    contact_line: str | None = None
    """Whom to ring, beneath a policy question about safeguarding."""


@dataclass(frozen=True)
class NeedsDetail:
    """It has to ask first; `options` are (value, label) pairs, values being school slugs when `asks` is "school"."""

    asks: Literal["school", "question"]
    sentence: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class NearDocument:
    """A document to look at where none answers: where the nearest words stand, and who keeps it. Nothing is quoted."""

    title: str
    path: str
    school_name: str
    heading: tuple[str, ...]
    locator: str
    url: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class NoEvidence:
    """The documents do not say. `nearest` are documents to look at, clearly not an answer; best first, may be empty."""

    sentence: str
    school: School = None
    confidence: float = 0.0
    nearest: tuple[NearDocument, ...] = ()
    contact_line: str | None = None


@dataclass(frozen=True)
class Redirected:
    """A written reply, never generated. `markdown` is the reply with its contacts filled in."""

    kind: RedirectKind
    markdown: str
    school: School = None
    contacts: tuple[Contact, ...] = ()
    case: RedirectCase | None = None


@dataclass(frozen=True)
class Failed:
    """Something broke: a sentence, and the reference id under which the log has the details."""

    sentence: str
    reference: str


Answer = Answered | NeedsDetail | NoEvidence | Redirected | Failed

# ── how it came about ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class TracedPassage:
    """A passage that a search found, with its scores; `kept` tells whether it was evidence."""

    path: str
    school: School
    version: str | None
    heading: tuple[str, ...]
    locator: str
    fused: float
    cosine: float | None
    bm25: float | None
    kept: bool


@dataclass(frozen=True)
class TracedUnit:
    """A stretch of words that was weighed as the answer: how well it scored, what that is made of, whether it is
    quoted."""

    path: str
    locator: str
    beginning: str
    score: float
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelCall:
    """One call of a chat model: what for, its prompt's digest, tokens in and out (None: not told), and how it ended."""

    step: str
    model: str
    prompt: str
    took_ms: float
    tokens_in: int | None = None
    tokens_out: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Trace:
    """How an answer came about. It holds the question and document text: shown to who may ask why, never logged.

    `steps_ms` are the milliseconds of each step; `readings` what the confidence was judged by; `dropped` the sentences
    of a chat model that failed a check, each with why.
    """

    interpretation: str = ""
    query: str = ""
    schools: tuple[Slug, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    also: tuple[Wording, ...] = ()
    passages: tuple[TracedPassage, ...] = ()
    units: tuple[TracedUnit, ...] = ()
    confidence: float | None = None
    readings: Mapping[str, float] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    model_calls: tuple[ModelCall, ...] = ()
    made_by: str = "quotations"
    embedding_model: str = ""
    steps_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """An answer to one question, with how long it took and how it came about."""

    answer: Answer
    took_ms: float = 0.0
    question_id: str | None = None
    trace: Trace | None = None
