"""What does `trust.toml` say? Its bytes become a `Trust`, or a sentence that names the place and the mend."""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails

from ingestion.errors import CorpusError
from ingestion.model import CORPUS, Acronym, Contact, SchoolRecord, Slug, SourceRecord, Trust


def read_trust(data: bytes) -> Trust:
    """The trust that `trust.toml` states. Raises CorpusError: TOML that cannot be read (with its line), a key that is
    unknown, missing or of the wrong type (with its place), a slug, name or alias that two schools share, a source whose
    address cannot be used."""
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
    _refuse_unusable(entries.sources, schools=[school.slug for school in entries.schools])
    return _trust(entries)


# ── the file, as pydantic checks it ──────────────────────────────────────────────────────────────────────────────────

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
# A slug is a folder's name and a value in addresses and filters.
_SlugText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
# A source's name begins the path of each of its documents, and the names of the variables with its password.
_SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$", max_length=60)]


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


class _SourceEntry(_Entry):
    name: _SourceName
    school: _SlugText | None = None
    website: list[_Text] = Field(default_factory=list)
    sitemap: _Text | None = None
    hosts: list[_Text] = Field(default_factory=list)
    paths: list[_Text] = Field(default_factory=list)
    max_pages: int = Field(default=500, ge=1, le=100_000)
    seconds_between: float = Field(default=1.0, ge=0, le=3600)
    address: _Text | None = None


class _TrustFile(_Entry):
    trust: _TrustEntry
    safeguarding: list[_ContactEntry] = Field(default_factory=list)
    schools: list[_SchoolEntry] = Field(default_factory=list)
    acronyms: dict[str, _AcronymEntry] = Field(default_factory=dict)
    sources: list[_SourceEntry] = Field(default_factory=list)

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
    "sources": _SourceEntry,
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
        sources=tuple(_source(entry) for entry in entries.sources),
    )


def _contacts(entries: list[_ContactEntry]) -> tuple[Contact, ...]:
    return tuple(Contact(entry.role, entry.phone) for entry in entries)


def _source(entry: _SourceEntry) -> SourceRecord:
    return SourceRecord(
        name=entry.name,
        school=Slug(entry.school) if entry.school else None,
        website=tuple(entry.website),
        sitemap=entry.sitemap,
        hosts=tuple(entry.hosts),
        paths=tuple(entry.paths),
        max_pages=entry.max_pages,
        seconds_between=entry.seconds_between,
        address=entry.address,
    )


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


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────────

RESERVED_NAMES = frozenset({"trust", "schools", "frameworks", CORPUS})
"""Folders of the corpus, and the corpus itself."""
_PLACES = ("website", "sitemap", "address")
_OF_WEBSITES = ("hosts", "paths", "max_pages", "seconds_between")


def _refuse_unusable(sources: list[_SourceEntry], *, schools: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, source in enumerate(sources, start=1):
        place = f"sources[{number}]"
        if source.name in RESERVED_NAMES:
            _refuse(f"{place}.name: {source.name!r} is a folder's name in every corpus; give the source another")
        if seen.setdefault(source.name, number) != number:
            _refuse(f"{place}.name: {source.name!r} is also sources[{seen[source.name]}]'s; give each source its own")
        if source.school is not None and source.school not in schools:
            _refuse(
                f"{place}.school: {source.school!r} is not a school in trust.toml; "
                + (f"known are {', '.join(schools)}" if schools else "add it there, or leave this line out")
            )
        stated = [key for key in _PLACES if key in source.model_fields_set]
        if len(stated) != 1:
            found = f"{' and '.join(stated)} are both stated" if stated else "no place is stated"
            _refuse(f"{place}: {found}; state one of website, sitemap and address")
        if source.address is not None:
            _refuse_address(f"{place}.address", source)
        else:
            _refuse_website(place, source)


def _refuse_website(place: str, source: _SourceEntry) -> None:
    if not source.website and source.sitemap is None:
        _refuse(f"{place}.website: holds no address; write the one to start from")
    for key, address in [("website", start) for start in source.website] or [("sitemap", source.sitemap or "")]:
        parts = _split(f"{place}.{key}", address, source.name)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            _refuse(f"{place}.{key}: {address!r} is not a web address; write it whole, as in https://www.gov.uk/")
    for host in source.hosts:
        if not re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", host):
            _refuse(f"{place}.hosts: {host!r} is not a host; write it as www.gov.uk, without https:// and path")
    for path in source.paths:
        if not path.startswith("/"):
            _refuse(f"{place}.paths: {path!r} should begin with a slash, as in /guidance/*")


def _refuse_address(place: str, source: _SourceEntry) -> None:
    """Chained addresses (`zip::sftp://…`) are looked at one by one."""
    address = source.address or ""
    for part in address.split("::"):
        scheme = _split(place, part, source.name).scheme
        if scheme in ("http", "https"):
            _refuse(f"{place}: {scheme}:// is a website's; state it as website = [{part!r}]")
    if "://" not in address:
        _refuse(f"{place}: {address!r} is not an address; write it with its kind, as in sftp://files.example/handbooks")
    for key in _OF_WEBSITES:
        if key in source.model_fields_set:
            _refuse(f"{place.removesuffix('address')}{key}: only a website has {key}; leave it out beside address")


def _split(place: str, address: str, name: str) -> SplitResult:
    """The parts of an address without a password. What holds one is never repeated in a message."""
    prefix = f"STAFFROOM_SOURCE_{name.upper().replace('-', '_')}"
    try:
        parts = urlsplit(address)
        holds_password = parts.password is not None or (parts.scheme in ("http", "https") and "@" in parts.netloc)
        _ = parts.port  # that it is no number is found out only by asking for it
    except ValueError:
        parts, holds_password = None, "@" in address
    if holds_password:
        _refuse(f"{place}: holds a password; take it out, and set {prefix}_USERNAME and {prefix}_PASSWORD instead")
    if parts is None:
        _refuse(f"{place}: {address!r} cannot be used as an address; see how it is written")
    return parts


def _refuse(sentence: str) -> NoReturn:
    raise CorpusError(f"trust.toml: {sentence}")


# ── what pydantic finds, as sentences ────────────────────────────────────────────────────────────────────────────────


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
            if place[0] == "sources" and key == "name":
                return f"{where}: {problem['input']!r} is not a source's name: use lower-case letters, digits and -"
            return f"{where}: {problem['input']!r} is not a slug: use lower-case letters, digits, - and _"
        case "string_type" | "list_type" | "dict_type" | "model_type" as kind:
            return f"{where}: should be {_TYPE_WORDS[kind]}, is {_shown(problem['input'])}"
        case _:
            message = problem["msg"].removeprefix("Input should be ")
            return f"{where}: should be {message}, is {_shown(problem['input'])}"


def _shown(value: Any) -> str:
    """A stated value as a message repeats it: without a password that stands in an address."""
    return re.sub(r"//[^/@\s]*@", "//…@", repr(value))


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
