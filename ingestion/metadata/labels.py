"""Under which labels do cover sheets state what, and which label is the one that stands here?"""

from __future__ import annotations

import re

LABELS: dict[str, tuple[str, ...]] = {
    "title": ("title", "policy title", "document title", "title of policy", "policy name",
              "name of policy", "document name"),
    "kind": ("document type", "type of document", "kind of document", "policy type"),
    "version": (
        "version", "version number", "version no", "version ref", "current version", "document version",
        "policy version", "trust version", "school version",
        "issue", "issue number", "issue no", "edition", "revision", "revision number", "revision no",
    ),
    "status": ("status", "document status", "policy status", "current status"),
    "owner": (
        "owner", "policy owner", "document owner", "owned by", "policy lead", "lead", "lead officer", "lead person",
        "responsible officer", "responsible person", "person responsible", "responsible", "accountable officer",
        "senior leader responsible", "slt lead", "executive lead", "trust lead", "member of staff responsible",
        "staff member responsible", "responsibility of", "responsibility",
    ),
    "approved_by": (
        "approved by", "policy approved by", "ratified by", "adopted by", "agreed by", "authorised by", "signed off by",
        "approving body", "approval body", "approval committee", "approval authority", "approver", "ratifying body",
        "body responsible for approval", "committee responsible", "responsible committee", "approval level",
        "approved by date", "approved by and date", "approved by and when",
    ),
    "approved_on": (
        "approved on", "approved", "date approved", "approval date", "date of approval", "ratified on", "ratified",
        "date ratified", "date of ratification", "ratification date", "adopted on", "adopted", "date adopted",
        "date of adoption", "adoption date", "agreed on", "agreed", "date agreed", "date policy approved",
        "date signed off", "date last approved", "last approved", "last approved on", "policy agreed",
        "policy approved", "policy ratified", "policy adopted", "date policy agreed", "date policy ratified",
        "adopted by trust on", "approved by trust on",
    ),
    "effective_from": (
        "effective from", "effective", "effective date", "date effective", "date effective from", "effective as of",
        "implementation date", "date of implementation", "implemented from", "date implemented", "in force from",
        "comes into force", "came into force", "applies from", "valid from", "with effect from", "takes effect",
        "takes effect on", "takes effect from", "operational from", "operational date", "policy start date",
    ),
    "review_due": (
        "review due", "review", "review date", "review dates", "next review", "next review date", "next review due",
        "next reviewed",
        "next review due by", "date of next review", "date for next review", "date for review", "date of review",
        "due for review", "due for review by", "due for review on", "to be reviewed", "to be reviewed by",
        "to be reviewed on", "to be next reviewed", "review by", "review on", "review due by", "review due date",
        "review due on", "policy review date", "policy to be reviewed", "next policy review", "renewal date",
        "scheduled review", "scheduled review date", "next scheduled review", "planned review", "planned review date",
        "next due for review", "next due", "next formal review", "policy review", "policy review due",
    ),
    "review_cycle": (
        "review cycle", "review frequency", "frequency of review", "review period", "review interval",
        "policy review cycle", "policy review frequency", "cycle of review", "review schedule", "reviewed",
        "how often reviewed", "reviewed every", "period of review", "review timescale", "frequency of policy review",
    ),
    "created_on": (
        "created", "created on", "date created", "date of creation", "creation date", "originally created",
        "original date", "date written", "first written", "date first written", "policy created", "first created",
        "date first created", "policy created on", "document created",
    ),
    "supersedes": (
        "supersedes", "replaces", "this policy replaces", "this version replaces", "supersedes version",
        "replaces version", "this document replaces", "this policy supersedes", "document replaced", "policy replaced",
    ),
    "audience": ("audience", "applies to", "intended audience", "target audience", "who it applies to", "intended for",
                 "who this applies to", "relevant to", "this policy applies to", "applicable to"),
    "url": ("url", "web address", "web link", "published at", "online at"),
}  # fmt: skip
"""Field → labels that state it, in lower case, without colons and brackets. "Last reviewed" is left out on purpose: it
is not the day on which a review falls due; "reviewed" counts for how often only ("Reviewed: annually")."""

TABLE_LABELS = frozenset({"title", "lead", "responsible", "responsibility", "issue", "edition"})
"""Labels so common as words that they count in a cover table only: "Lead: courses for heads of year" names no owner."""

PAST_OR_COMING = frozenset({"review", "review date", "review dates", "date of review", "date for review"})
"""Labels under which some write when a review falls due, and some when it was: beside a plainer one they count as the
review that was."""

COLUMN_WORDS = frozenset({
    "date", "author", "authors", "by", "change", "changes", "description", "comments", "comment", "details", "reason",
    "amendment", "amendments", "summary", "name", "role", "notes", "signature", "page", "section", "pages", "sections",
    "summary of changes", "changes made", "made by", "description of change", "nature of change", "what changed",
    "reason for change", "summary of change", "description of changes", "amended by", "reviewed by", "author role",
})  # fmt: skip
"""Other headings of a version table's columns."""

FIELD_OF_LABEL = {label: name for name, labels in LABELS.items() for label in labels}

DATES = frozenset({"approved_on", "effective_from", "review_due", "created_on"})

_APPROVAL = r"(?:approved|ratified|adopted|agreed|authorised|determined|signed off)"
_APPROVED_BY_BODY = re.compile(
    rf"\s?(?:(?:date|policy)\s)?{_APPROVAL}\sby\s(?:the\s)?(?P<body>[A-Za-z][^:;\d–—]{{1,60}}?)\s?(?:\bon\b)?\s?:?\s?$",
    re.IGNORECASE,
)


def label_in(text: str) -> str:
    """A label as the table has it: "Next Review Date (annual):" → "next review date"."""
    if len(text) > 120:
        return ""
    words = re.sub(r"\([^()]*\)", " ", text.lower())
    words = re.sub(r"[^a-z0-9 ]+", " ", words.replace("’", "").replace("'", ""))
    return " ".join(words.split())


def field_of(text: str, *, in_table: bool = False) -> str | None:
    """The field that a label states; None when it is none of ours."""
    label = label_in(text)
    return None if label in TABLE_LABELS and not in_table else FIELD_OF_LABEL.get(label)


def body_in_label(text: str) -> str | None:
    """Who approved, where the label tells it and a date is the value: "Approved by governors:" → "governors"."""
    if len(text) > 120 or field_of(text, in_table=True):
        return None
    found = _APPROVED_BY_BODY.match(text)
    return found["body"].strip() if found else None
