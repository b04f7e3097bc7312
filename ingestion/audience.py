"""Who may read a document, by the audience that it states?

Most documents are for all staff, and most that name an audience only describe it. One that is kept to some roles must
be invisible to everybody else, so each statement is read as one or the other: `readers_of` gives the roles that a
document is kept to, `roles_read_by` the roles whose documents an asker may read, `may_read` brings the two together.
docs/decisions/0009-who-may-read-a-document.md says why each is read as it is.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

from ingestion.model import Metadata

Roles = frozenset[str]
"""Roles by their one name each, as `role_named` gives it."""

EVERYONE: Roles = frozenset()
"""The readers of a document that is open to all."""

ROLES: dict[str, tuple[str, ...]] = {
    "leader": (
        "leadership", "leadership team", "senior leader", "senior leadership", "senior leadership team", "slt",
        "slt team", "school leadership team", "senior management", "senior management team", "smt", "senior team",
        "senior staff", "senior", "school leader", "trust leader", "executive leader", "executive leadership team",
        "executive team", "executive",
    ),
    "headteacher": (
        "head", "head teacher", "principal", "head of school", "executive head", "executive headteacher",
        "executive principal",
    ),
    "deputy headteacher": (
        "deputy head", "deputy head teacher", "vice principal", "assistant headteacher", "assistant head",
        "assistant head teacher", "assistant principal", "deputy",
    ),
    "chief executive": ("ceo", "chief executive officer"),
    "governor": (
        "governing body", "governing board", "local governing body", "local governing board", "local governor",
        "parent governor", "staff governor", "chair of governor", "governance board",
    ),
    "trustee": ("board of trustee", "trust board", "chair of trustee"),
    "human resources": ("human resource", "hr", "hr team", "hr staff", "people team"),
    "safeguarding lead": (
        "designated safeguarding lead", "dsl", "deputy designated safeguarding lead", "deputy safeguarding lead",
        "ddsl", "deputy dsl", "safeguarding team", "designated safeguarding team",
    ),
    "middle leader": (
        "middle", "head of department", "head of faculty", "head of year", "head of house", "head of key stage",
        "phase leader", "phase lead", "subject leader", "subject lead", "year leader", "key stage leader",
        "curriculum leader", "curriculum lead",
    ),
    "teacher": ("class teacher", "classroom teacher", "subject teacher", "teaching staff", "teaching"),
    "ect": ("early career teacher", "newly qualified teacher", "nqt"),
    "trainee": ("trainee teacher", "student teacher", "scitt trainee", "itt trainee", "itt student"),
    "mentor": ("ect mentor", "lead mentor", "itt mentor"),
    "induction tutor": ("induction lead", "induction co ordinator", "induction coordinator", "ect lead"),
    "senco": ("sendco", "special educational need co ordinator", "special educational need coordinator"),
    "teaching assistant": (
        "ta", "hlta", "higher level teaching assistant", "lsa", "learning support assistant", "nursery nurse",
    ),
    "support staff": ("support", "non teaching staff", "associate staff", "operational staff"),
}  # fmt: skip
"""Role → the other names it goes by, in lower case and the singular. A role that is not here goes by its own words."""

CLOSED = frozenset(
    {
        "leader", "headteacher", "deputy headteacher", "chief executive", "governor", "trustee", "human resources",
        "safeguarding lead",
    }
)  # fmt: skip
"""Roles to which documents are kept because of what stands in them. The others are named to say whom a paper helps."""

ALSO_READ: dict[str, tuple[str, ...]] = {
    "chief executive": ("headteacher",),
    "headteacher": ("leader",),
    "deputy headteacher": ("leader",),
    "leader": ("middle leader", "induction tutor", "senco", "teaching assistant"),
    "middle leader": ("teacher",),
    "senco": ("teacher",),
    "induction tutor": ("mentor",),
    "mentor": ("ect", "trainee"),
    "ect": ("teacher",),
    "teaching assistant": ("support staff",),
}
"""Role → the roles whose documents it reads as well, and theirs in turn: who leads or trains others reads what is
written for them. Nobody reads the papers of governors, trustees, HR or safeguarding leads by leading others."""

_EVERYBODY = (
    "everyone", "everybody", "anyone", "all", "staff", "colleague", "employee", "worker", "workforce", "parent",
    "carer", "family", "familie", "pupil", "student", "child", "children", "learner", "public", "visitor",
    "volunteer", "contractor", "stakeholder", "adult", "community", "school community", "trust", "school",
    "whole school", "whole trust", "whole school community", "whole staff", "school staff", "trust staff", "new staff",
    "agency staff", "agency worker", "supply staff", "cover staff", "temporary staff",
)  # fmt: skip
"""Who may read what is open, in the singular: what pupils, visitors or supply staff may read is kept from no one."""

_BEGINS_QUALIFIER = "who in at on of with from for to across within throughout including employed working new based"

_IS_EVERYBODY = re.compile(rf"(?:{'|'.join(_EVERYBODY)})(?: (?:{_BEGINS_QUALIFIER.replace(' ', '|')})\b.*)?")
_NAMES_CLOSED = re.compile(
    r"\b(?:lead|leader|leading|leadership|slt|smt|head|headteacher|principal|executive|ceo|senior|governor|governing|"
    r"governance|trustee|board|committee|hr|dsl|ddsl|safeguarding|management|manager|confidential|named)\b"
)
_LIMITS = re.compile(r"\b(?:only|confidential|restricted|limited)\b")
_EXCEPTION = re.compile(
    r"\b(?:except|excepting|excluding|exclude|not|other than|apart from|but)\b.*", re.IGNORECASE | re.DOTALL
)
_LEADING = re.compile(
    r"^(?:(?:all|any|each|every|both|the|our|your|their|for|strictly|confidential|restricted|limited|"
    r"member|applie|to|of) )+"
)
_TRAILING = re.compile(r"(?: (?:only|use|eye|group|confidential|strictly|please))+$")
_BETWEEN = re.compile(r"[,;/&()\[\]\n]|\b(?:and|or|plus|including)\b", re.IGNORECASE)
_QUALIFIERS = re.compile(r" (?:who|in|at|on|with|from|across|within|throughout) ")
_NO_ROLES = frozenset({"above", "below", "all", "any"})
"""What stands beside a role and is none: "senior leaders and above", "leaders (all)"."""


def may_read(metadata: Metadata, roles: Collection[str]) -> bool:
    """Whether somebody with these roles, in any spelling, may read a document that says this of itself."""
    readers = readers_of(metadata)
    return readers == EVERYONE or not readers.isdisjoint(roles_read_by(roles))


def readers_of(metadata: Metadata) -> Roles:
    """The roles that a document is kept to; `EVERYONE` (empty) where it is open to all.

    A sidecar or front matter that names roles keeps the document to them. A cover sheet describes whom a paper helps:
    it keeps the document to what it names only where that is nothing but leaders, governors, trustees, HR and
    safeguarding leads, or where it says "only".
    """
    return _readers(metadata.audience, metadata.origins.get("audience") == "cover sheet")


def roles_read_by(roles: Collection[str]) -> Roles:
    """The roles whose documents somebody with these roles may read; empty for somebody without any."""
    return _roles_read_by(frozenset(roles))


def role_named(words: str) -> str:
    """The one name of a role, however it is written: "SLT", "Senior leaders" and "leadership team" are "leader". A role
    that is not known goes by its own words in lower case and the singular; "" for no words."""
    plain = re.sub(r"^(.{0,9}mentor) of .*", r"\1", _plain(words))
    shorter = _TRAILING.sub("", _LEADING.sub("", plain))
    return _NAMES.get(plain) or _NAMES.get(shorter) or shorter


@lru_cache(maxsize=1024)
def _roles_read_by(roles: Roles) -> Roles:
    read: set[str] = set()
    waiting = [name for role in roles if (name := role_named(role))]
    while waiting:
        role = waiting.pop()
        if role not in read:
            read.add(role)
            waiting += ALSO_READ.get(role, ())
    return frozenset(read)


@lru_cache(maxsize=4096)
def _readers(audience: tuple[str, ...], is_described: bool) -> Roles:
    parts = [part for entry in audience for part in _parts(entry)]
    is_limit = any(_LIMITS.search(entry.casefold()) for entry in audience)
    named: Roles = frozenset(role for part in parts for role in _roles_in(part))
    if any(_is_open(part, is_limit=is_limit) for part in parts) or {"teacher", "support staff"} <= named:
        return EVERYONE
    if is_described and not is_limit and not all(_is_closed(part) for part in parts):
        return EVERYONE
    return named | frozenset(role for entry in audience if (role := _whole(entry)))


def _parts(entry: str) -> Iterator[str]:
    """The roles of an entry, each in its own words: "Heads, and all SLT" → "head", "all slt". What is excepted is not
    among them."""
    found = [plain for words in _BETWEEN.split(_EXCEPTION.sub("", entry)) if (plain := _plain(words))]
    yield from [part for part in found if part not in _NO_ROLES] or found


def _whole(entry: str) -> str:
    """An entry in which no known role stands, as one role: some have an "and" in them. One that only says who may not
    read ("not for trainees") is a role that nobody has."""
    is_known = any(role in _NAMES for part in _parts(entry) for role in _roles_in(part))
    return "" if is_known else role_named(_EXCEPTION.sub("", entry).strip() or entry)


def _is_open(part: str, *, is_limit: bool) -> bool:
    """Whether a part means everybody, or all of a role that keeps nothing to itself ("all teachers")."""
    if re.match(r"(?:all|every|any)\b", part) and not is_limit and role_named(part) in _NAMES.keys() - CLOSED:
        return True
    bare = _TRAILING.sub("", _LEADING.sub("", part))
    return _IS_EVERYBODY.fullmatch(bare) is not None and not _NAMES_CLOSED.search(bare)


def _is_closed(part: str) -> bool:
    return any(role in CLOSED for role in _roles_in(part))


def _roles_in(part: str) -> list[str]:
    """The known roles that a part names ("headteachers in all five schools", "staff on the leadership team"); its own
    words where it names none."""
    known = [role for words in (part, *_QUALIFIERS.split(part)) if (role := role_named(words)) in _NAMES]
    return known or [name for name in [role_named(part)] if name]


def _plain(words: str) -> str:
    """In lower case and the singular, letters and digits only: "Head-teachers" → "head teacher"."""
    folded = unicodedata.normalize("NFKC", words).casefold().replace("’", "'").replace("'s", "")
    return " ".join(_singular(word) for word in re.findall(r"[^\W_]+", folded))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word


_NAMES = {name: role for role, others in ROLES.items() for name in (_plain(role), role, *others)}
