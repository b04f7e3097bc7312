"""How is a part of an answer said in words, the same in Slack, on the page and in the terminal?

Pure: a citation's details, dates as people write them, what an eligibility means, and the line under every answer.
"""

from __future__ import annotations

from bot.model import (
    Answer,
    Answered,
    Citation,
    Eligibility,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
)
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


def outcome_of(answer: Answer) -> str:
    """The outcome's name as everywhere: answered, needs_detail, no_evidence, redirected, failed."""
    return _OUTCOMES[type(answer)]


def citation_details(citation: Citation) -> tuple[str, ...]:
    """What stands beside a document's title, in reading order: "version 3.1", "5.2 Phones", "page 4", "review due …".

    What the document does not state is left out. A section's name is not said twice.
    """
    section = citation.heading[-1] if citation.heading else ""
    review = ""
    if citation.review_due:
        due = "review was due" if citation.review_overdue else "review due"
        review = f"{due} {spoken_date(citation.review_due)}"
    parts = (
        f"version {citation.version}" if citation.version else "",
        "" if section and section in citation.locator else section,
        citation.locator,
        review,
    )
    return tuple(part for part in parts if part)


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


def doubts_of(answered: Answered) -> tuple[str, ...]:
    """The notes under an answer: its own, then the doubt of each cited edition that they do not already tell."""
    notes = list(dict.fromkeys(answered.notes))
    for citation in answered.citations:
        if citation.doubt and not any(citation.doubt in note for note in notes):
            notes.append(citation.doubt)
    return tuple(notes)


def footer(answered: Answered) -> str:
    """The quiet line under every answer: what made it, and that it can be wrong."""
    if answered.sentences:
        return "Written by a language model from the quotations shown. It can be wrong: check the source."
    return "Made of quotations from the trust’s documents. It can be wrong: check the source."


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
