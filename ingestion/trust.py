"""What does `trust.toml` say? Its bytes become a `Trust`, or a sentence that names the place and the mend."""

from __future__ import annotations

import difflib
import tomllib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails

from ingestion.errors import CorpusError
from ingestion.model import Acronym, Contact, SchoolRecord, Slug, Trust


def read_trust(data: bytes) -> Trust:
    """The trust that `trust.toml` states. Raises CorpusError: TOML that cannot be read (with its line), a key that is
    unknown, missing or of the wrong type (with its place), a slug, name or alias that two schools share."""
    try:
        stated = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(f"trust.toml is not UTF-8 (line {line}): save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"trust.toml is not valid TOML: {error}") from error
    try:
        entries = _TrustFile.model_validate(stated)
    except ValidationError as error:
        problems = [_sentence(problem, stated) for problem in error.errors()]
        raise CorpusError("trust.toml: " + "; ".join(problems)) from error
    _refuse_duplicates(entries.schools)
    return _trust(entries)


# ── the file, as pydantic checks it ──────────────────────────────────────────────────────────────────────────────────

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# A slug is a folder's name and a value in addresses and filters.
_SlugText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _ContactEntry(_Entry):
    role: _Text
    phone: _Text


class _TrustEntry(_Entry):
    name: _Text
    precedence: Literal["trust", "school"] = "trust"


class _SchoolEntry(_Entry):
    slug: _SlugText
    name: _Text
    aliases: list[_Text] = Field(default_factory=list)
    phase: _Text | None = None
    slack_usergroup: _Text | None = None
    slack_channels: list[_Text] = Field(default_factory=list)
    safeguarding: list[_ContactEntry] = Field(default_factory=list)


class _AcronymEntry(_Entry):
    expansion: _Text = Field(alias="is")
    formerly: list[_Text] = Field(default_factory=list)


class _TrustFile(_Entry):
    trust: _TrustEntry
    safeguarding: list[_ContactEntry] = Field(default_factory=list)
    schools: list[_SchoolEntry] = Field(default_factory=list)
    acronyms: dict[str, _AcronymEntry] = Field(default_factory=dict)

    @field_validator("acronyms", mode="before")
    @classmethod
    def _plain_expansions(cls, value: Any) -> Any:
        """`ECT = "early career teacher"` is short for `ECT = { is = "early career teacher" }`."""
        if not isinstance(value, dict):
            return value
        return {short: {"is": stated} if isinstance(stated, str) else stated for short, stated in value.items()}


_TYPE_WORDS = {
    "string_type": "text in quotes",
    "list_type": "a list in [ ]",
    "dict_type": "a table",
    "model_type": "a table",
}

_KEYS_OF: dict[str, type[BaseModel]] = {
    "": _TrustFile,
    "trust": _TrustEntry,
    "safeguarding": _ContactEntry,
    "schools": _SchoolEntry,
    "schools.safeguarding": _ContactEntry,
    "acronyms": _AcronymEntry,
}


def _trust(entries: _TrustFile) -> Trust:
    return Trust(
        name=entries.trust.name,
        precedence=entries.trust.precedence,
        safeguarding=_contacts(entries.safeguarding),
        schools=tuple(
            SchoolRecord(
                slug=Slug(school.slug),
                name=school.name,
                aliases=tuple(school.aliases),
                phase=school.phase,
                slack_usergroup=school.slack_usergroup,
                slack_channels=tuple(school.slack_channels),
                safeguarding=_contacts(school.safeguarding),
            )
            for school in entries.schools
        ),
        acronyms=tuple(
            Acronym(short, entry.expansion, tuple(entry.formerly)) for short, entry in entries.acronyms.items()
        ),
    )


def _contacts(entries: list[_ContactEntry]) -> tuple[Contact, ...]:
    return tuple(Contact(entry.role, entry.phone) for entry in entries)


def _refuse_duplicates(schools: list[_SchoolEntry]) -> None:
    """One word for two schools, as slug, name or alias, would make it a matter of chance whose policy is quoted."""
    seen: dict[str, int] = {}
    for number, school in enumerate(schools, start=1):
        for what, value in [("slug", school.slug), ("name", school.name), *(("alias", a) for a in school.aliases)]:
            key = " ".join(value.casefold().split())
            if seen.setdefault(key, number) != number:
                raise CorpusError(
                    f"trust.toml: schools[{number}].{what}: {value!r} is also schools[{seen[key]}]'s; "
                    "give each school its own"
                )


def _sentence(problem: ErrorDetails, stated: dict[str, Any]) -> str:
    """One problem with its place, counted from 1 as people count: "schools[2].nmae: unknown key; did you mean …"."""
    place = problem["loc"]
    key = str(place[-1])
    where = _place(place)
    match problem["type"]:
        case "extra_forbidden":
            known = _known_keys(place[:-1])
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
            return f"{where}: unknown key; {hint}"
        case "missing":
            return f"{where}: missing; add it"
        case "string_pattern_mismatch":
            return f"{where}: {problem['input']!r} is not a slug: use lower-case letters, digits, - and _"
        case "string_type" | "list_type" | "dict_type" | "model_type" as kind:
            return f"{where}: should be {_TYPE_WORDS[kind]}, is {problem['input']!r}"
        case _:
            message = problem["msg"].removeprefix("Input should be ")
            return f"{where}: should be {message}, is {problem['input']!r}"


def _place(place: tuple[int | str, ...]) -> str:
    words = ""
    for step in place:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return words.removeprefix(".")


def _known_keys(table: tuple[int | str, ...]) -> list[str]:
    names = [step for step in table if isinstance(step, str)]
    if names[:1] == ["acronyms"]:
        names = names[:1]
    fields = _KEYS_OF[".".join(names)].model_fields
    return [entry.alias or name for name, entry in fields.items()]
