"""How a document prints what it says of itself: cover rows, and the line in its page footer."""

from tools.sample_corpus.source import Source

TABLE_LABELS = {
    "kind": "Document type",
    "version": "Version",
    "status": "Status",
    "owner": "Owner",
    "approved_by": "Approved by",
    "approved_on": "Approved on",
    "effective_from": "Effective from",
    "review_due": "Next review",
    "supersedes": "Supersedes",
    "audience": "Applies to",
}
LINE_LABELS = TABLE_LABELS | {
    "owner": "Document owner",
    "approved_on": "Date approved",
    "review_due": "Review date",
    "supersedes": "Replaces",
}
FOOTER_LABELS = {"version": "Version", "status": "Status", "review_due": "Review date"}
LONE_FOOTER_LABELS = {
    "version": "Version",
    "status": "Status",
    "approved_on": "Approved",
    "effective_from": "Effective from",
    "review_due": "Review date",
}


def cover_rows(source: Source) -> tuple[tuple[str, str, str], ...]:
    """Key, label and value of each thing the document states; what it does not state has no row."""
    labels = LINE_LABELS if source.layout == "lines" else TABLE_LABELS
    stated = [(key, label, getattr(source, key)) for key, label in labels.items()]
    return tuple((key, label, as_printed(value)) for key, label, value in stated if value and value != "other")


def footer_line(source: Source) -> str:
    """The page footer's words: "Version 3.1 | Review date: 1 September 2027".

    A document without a cover sheet has its other dates there too.
    """
    labels = LONE_FOOTER_LABELS if source.layout == "footer" else FOOTER_LABELS
    stated = [(key, label, getattr(source, key)) for key, label in labels.items()]
    return " | ".join(
        f"{label} {value}" if key == "version" else f"{label}: {as_printed(value)}"
        for key, label, value in stated
        if value
    )


def as_printed(value: str) -> str:
    return "CPD" if value == "cpd" else value[:1].upper() + value[1:]
