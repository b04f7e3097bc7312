"""How is a part of an answer said in words, the same in Slack, on the page and in the terminal?

Pure: a citation's details, dates as people write them, what an eligibility means, and the line under every answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bot.model import (
    Answer,
    Answered,
    Citation,
    Eligibility,
    Failed,
    NearDocument,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
)
from bot.sentences import load_sentences
from ingestion.dates import SEASON_NAMES

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

EXAMPLE_QUESTIONS = (
    "What happens if a pupil has a phone out in a lesson?",
    "How many days can I have for a funeral?",
    "How much time off timetable does an ECT get in year 2?",
)
"""What to try first: on the page, and as Slack's suggested prompts."""

ELIGIBILITY_WORDS: dict[Eligibility, str] = {
    "eligible": "Open to you",
    "maybe": "May be open to you",
    "not_eligible": "Not open to you",
}

_OUTCOMES: dict[type[Answer], str] = {
    Answered: "answered",
    NeedsDetail: "needs_detail",
    NoEvidence: "no_evidence",
    Redirected: "redirected",
    Failed: "failed",
}


@dataclass(frozen=True)
class AnswerWording:
    """The written sentences and labels of `prompts/answers.toml`."""

    superseded: str
    withdrawn: str
    draft: str
    waiting: str
    also_in: str
    every_school: str
    school_column: str
    states_column: str
    not_stated: str
    part_not_stated: str
    part_above: str
    look_at: str
    ask_owner: str
    doubtful: str
    doubtful_part: str
    review_overdue: str
    footer_quoted: str
    footer_written: str


@cache
def answer_wording() -> AnswerWording:
    """All of them, read once. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    places = dict.fromkeys(("superseded", "withdrawn", "draft", "waiting"), "{version}")
    holding = {
        **places,
        "part_above": "{numbers}",
        "ask_owner": "{owner}",
        "review_overdue": "{date}",
        "doubtful_part": "{asked}",
    }
    return load_sentences(AnswerWording, "answers", holding=holding)


def outcome_of(answer: Answer) -> str:
    """The outcome's name as everywhere: answered, needs_detail, no_evidence, redirected, failed."""
    return _OUTCOMES[type(answer)]


def is_disclosure(answer: Answer) -> bool:
    """Whether the question was met as a disclosure: nothing of it is kept, wherever it was asked."""
    return isinstance(answer, Redirected) and answer.kind == "safeguarding"


def lead_of(citation: Citation) -> str:
    """The line above a quotation: "Saltmarsh Primary School, Behaviour policy, version 3.1, page 4:".

    Of an edition that is not in force that is said in place of the version.
    """
    parts = (citation.school_name, citation.title, edition_of(citation), citation.locator)
    return f"{', '.join(part for part in parts if part)}:"


def edition_of(citation: Citation) -> str:
    """ "version 3.1"; of one that is not in force "superseded edition, version 2.4: no longer in force"; "" where the
    document states no version."""
    if citation.status == "in_force":
        return f"version {citation.version}" if citation.version else ""
    label: str = getattr(answer_wording(), citation.status)
    return label.format(version=f", version {citation.version}" if citation.version else "")


def details_below(citation: Citation) -> tuple[str, ...]:
    """What the line above a quotation does not tell: "5.2 Phones", "review due 1 September 2027"."""
    section = citation.heading[-1] if citation.heading else ""
    review = ""
    if citation.review_due and citation.status == "in_force":
        due = "review was due" if citation.review_overdue else "review due"
        review = f"{due} {spoken_date(citation.review_due)}"
    return tuple(part for part in ("" if section and section in citation.locator else section, review) if part)


def with_details(citations: Iterable[Citation]) -> list[tuple[Citation, tuple[str, ...]]]:
    """Each citation with its `details_below`; of some in a row that have the same only the last has them."""
    listed = list(citations)
    shown = [(one.path, details_below(one)) for one in listed]
    is_last = [this != then for this, then in pairwise([*shown, None])]
    return [(one, details if last else ()) for one, (_, details), last in zip(listed, shown, is_last, strict=True)]


def citation_details(citation: Citation) -> tuple[str, ...]:
    """What stands beside a document's title, in reading order: "version 3.1", "5.2 Phones", "page 4", "review due …".

    What the document does not state is left out. A section's name is not said twice.
    """
    below = details_below(citation)
    is_section = bool(below) and bool(citation.heading) and below[0] == citation.heading[-1]
    parts = (edition_of(citation), *below[:is_section], citation.locator, *below[is_section:])
    return tuple(part for part in parts if part)


def near_document_line(near: NearDocument) -> str:
    """ "Behaviour policy, Saltmarsh Primary School · 5.2 Phones · page 4": where to look, and nothing of what stands
    there."""
    title = f"{near.title}, {near.school_name}" if near.school_name else near.title
    section = near.heading[-1] if near.heading else ""
    return " · ".join(part for part in (title, "" if section in near.locator else section, near.locator) if part)


def owner_line(nearest: tuple[NearDocument, ...]) -> str:
    """Whom to ask instead, each keeper once, in the order of the documents; "" where none states its keeper."""
    owners = tuple(dict.fromkeys(near.owner for near in nearest if near.owner))
    return answer_wording().ask_owner.format(owner=", ".join(owners)) if owners else ""


def citation_title(citation: Citation) -> str:
    """The document and whose it is: "Behaviour policy, Saltmarsh Primary School"."""
    return f"{citation.title}, {citation.school_name}" if citation.school_name else citation.title


def spoken_date(iso: str) -> str:
    """ "2027-09-01" as "1 September 2027", "2027-09" as "September 2027", "2027-23" as "autumn 2027"; anything else as
    it is."""
    numbers = [int(part) for part in iso.split("-") if part.isascii() and part.isdigit()]
    match numbers:
        case [year, month, day] if 1 <= month <= 12 and iso.count("-") == 2:
            return f"{day} {MONTHS[month - 1]} {year}"
        case [year, month] if 1 <= month <= 12 and iso.count("-") == 1:
            return f"{MONTHS[month - 1]} {year}"
        case [year, season] if season in SEASON_NAMES and iso.count("-") == 1:
            return f"{SEASON_NAMES[season]} {year}"
        case _:
            return iso


def footer(answered: Answered) -> str:
    """The quiet line under every answer: what made it, and that it can be wrong."""
    is_written = answered.sentences or any(part.sentences for part in answered.parts)
    return answer_wording().footer_written if is_written else answer_wording().footer_quoted


def trusts_own(answered: Answered) -> tuple[Citation, ...]:
    """Of a comparison of schools, the citations that hold for all of them and stand above it; else ()."""
    if not answered.comparison:
        return ()
    of_schools = {number for line in answered.comparison for number in line.citations}
    return tuple(citation for citation in answered.citations if citation.number not in of_schools)


def cited(answered: Answered, numbers: tuple[int, ...]) -> tuple[Citation, ...]:
    """The citations with these numbers, in the order of the answer."""
    return tuple(citation for citation in answered.citations if citation.number in numbers)


def programme_detail(offer: ProgrammeOffer) -> str:
    """Why a programme is or is not open to the asker, and when it closes."""
    closes = f"Closes {spoken_date(offer.closes)}." if offer.closes else ""
    why = offer.why.strip()
    if why and why[-1] not in ".!?":
        why += "."
    return " ".join(part for part in (why, closes) if part)


def quoted_lines(citation: Citation) -> tuple[str, ...]:
    """The quotation as lines of text; a table's rows as "Header: cell" lines, a blank line between two rows.

    A cell is labelled only when its row has as many cells as the header, for else the label may be another column's. A
    cell without one stands alone; an empty cell is left out.
    """
    if not citation.rows:
        return tuple(citation.quote.splitlines())
    lines: list[str] = []
    for row in citation.rows:
        if lines:
            lines.append("")
        names = citation.header if len(citation.header) == len(row) else ("",) * len(row)
        for name, cell in zip(names, row, strict=True):
            if cell:
                lines.append(f"{name}: {cell}" if name else cell)
    return tuple(lines)


def is_header_of_all(citation: Citation) -> bool:
    """True when the header has a name for each cell of every quoted row, so that it may stand above them."""
    return all(len(row) == len(citation.header) for row in citation.rows)


def marks(citations: tuple[int, ...]) -> str:
    """The citation numbers after a sentence: " [1][3]"; "" without any."""
    return " " + "".join(f"[{number}]" for number in citations) if citations else ""
