"""What does a document say of itself: title, version, status, dates, who owns and who approved it?

Four places are asked, and the first that states a field wins: the sidecar `NAME.EXT.toml`, the front matter, the cover
sheet (its tables, lines and sentences, the version table, what stands in page headers and footers), the file name. What
none of them states stays None: nothing is made up. Only the kind is told from the title's words, where none states it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args

from ingestion.errors import DocumentNotRead
from ingestion.metadata.cover import Cover, read_cover
from ingestion.metadata.kinds import kind_of
from ingestion.metadata.labels import DATES, FIELD_OF_LABEL
from ingestion.metadata.settle import conflict_sentences, settle
from ingestion.metadata.values import date_in, status_of, value_of, version_of
from ingestion.model import Kind, Metadata, Section, Status

__all__ = ["Cover", "conflict_warnings", "date_in", "kind_of", "read_metadata", "status_of", "version_of"]

FIELDS = tuple(entry.name for entry in fields(Metadata) if entry.name not in ("origins", "conflicts"))


def read_metadata(
    path: str,
    *,
    sidecar: bytes | None = None,
    front_matter: Mapping[str, Any] | None = None,
    cover: Cover | None = None,
    sections: Sequence[Section] = (),
) -> Metadata:
    """What is stated, each field with where. Raises DocumentNotRead when the sidecar cannot be used as it stands."""
    cover = cover or Cover()
    on_cover, conflicts = settle(read_cover(cover, () if cover.kind else sections))
    stated: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for origin, found in (
        ("sidecar", _of_sidecar(sidecar)),
        ("front matter", _of_front_matter(front_matter or {})),
        ("cover sheet", on_cover),
        ("file name", _of_file_name(path)),
    ):
        for name, value in found.items():
            is_open = name not in conflicts or origin != "file name"  # a file's name settles nothing
            if name not in stated and is_open:
                stated[name], origins[name] = value, origin
    unsettled = {name: words for name, words in conflicts.items() if origins.get(name) in (None, "cover sheet")}
    kind, where = _kind(path, cover, stated, origins)
    if kind is not None:
        stated["kind"], origins["kind"] = kind, where
    return Metadata(**stated, origins=origins, conflicts=unsettled)


def conflict_warnings(metadata: Metadata) -> tuple[str, ...]:
    """A sentence with the mend for each field of which the document states two values."""
    return conflict_sentences(metadata.conflicts, {name: getattr(metadata, name) for name in metadata.conflicts})


def _kind(path: str, cover: Cover, stated: Mapping[str, Any], origins: Mapping[str, str]) -> tuple[Kind | None, str]:
    """The kind that is stated, else the one that the title's words tell, or the file's name where there is no title."""
    told = cover.kind or kind_of(stated.get("title") or _readable_stem(path))
    if "kind" not in stated:
        return told, origins.get("title", "file name")
    # "Document type: Policy" names the sort of paper; this is the narrower truth.
    is_narrower = stated["kind"] == "policy" and origins["kind"] == "cover sheet" and told in ("behaviour", "values")
    return (told if is_narrower else stated["kind"]), origins["kind"]


# ── the sidecar, the front matter, the file name ─────────────────────────────────────────────────────────────────────


def _of_sidecar(data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {}
    try:
        stated = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DocumentNotRead(f"its sidecar is not valid TOML ({error}): mend it or remove it") from error
    found: dict[str, Any] = {}
    for name, value in stated.items():
        if name not in FIELDS:
            raise DocumentNotRead(f"its sidecar has the unknown key {name!r}: known are {', '.join(FIELDS)}")
        read = value_of(name, value, is_exact=True)
        if read is None:
            raise DocumentNotRead(f"its sidecar's {name} cannot be read: {value!r}; {_expected(name)}")
        found[name] = read
    return found


def _expected(name: str) -> str:
    if name in DATES:
        return "write a date as 2026-09-01, 2026-09 or 2026, or a term as autumn 2026"
    if name == "status":
        return f"write one of {', '.join(get_args(Status))}"
    if name == "kind":
        return f"write one of {', '.join(get_args(Kind))}"
    return "write it as text in quotes"


def _of_front_matter(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The fields by their own names, or by a label of two words and more: a lone `lead:` or `type:` is a site's own."""
    found: dict[str, Any] = {}
    for key, value in stated.items():
        words = re.sub(r"[_-]+", " ", key).strip().lower()
        name = key if key in FIELDS else FIELD_OF_LABEL.get(words) if " " in words else None
        if name is None or name in found:
            continue
        read = value_of(name, value, is_exact=key in FIELDS)
        if read is not None:
            found[name] = read
    return found


def _of_file_name(path: str) -> dict[str, Any]:
    words = _readable_stem(path)
    found: dict[str, Any] = {}
    if status := re.search(r"\b(draft|superseded|withdrawn)\b", words, re.IGNORECASE):
        found["status"] = status[1].lower()
    if version := re.search(r"\bv(?:ersion)? ?(\d{1,3}(?:\.\d{1,3}){0,2})\b", words, re.IGNORECASE):
        found["version"] = version[1]
    return found


def _readable_stem(path: str) -> str:
    return re.sub(r"[_\s-]+", " ", path.rsplit("/", 1)[-1].rsplit(".", 1)[0])
