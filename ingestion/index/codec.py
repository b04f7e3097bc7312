"""How do the model's types become text in a column, and come back equal?

JSON by pydantic, without what equals its default, so that a passage of plain paragraphs stays small.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from ingestion.model import Block, Locator, Metadata, School, Slug, Trust

_WORDS = TypeAdapter(tuple[str, ...])
_BLOCKS = TypeAdapter(tuple[Block, ...])
_LOCATOR = TypeAdapter(Locator)
_METADATA = TypeAdapter(Metadata)
_TRUST = TypeAdapter(Trust)
_FIELDS = TypeAdapter(Mapping[str, Any])


def encode_words(words: tuple[str, ...]) -> str:
    """A heading path, or a document's warnings."""
    return _WORDS.dump_json(words).decode()


def decode_words(text: str) -> tuple[str, ...]:
    return _WORDS.validate_json(text)


def encode_blocks(blocks: tuple[Block, ...]) -> str:
    return _BLOCKS.dump_json(blocks, exclude_defaults=True).decode()


@lru_cache(maxsize=4096)
def decode_blocks(text: str) -> tuple[Block, ...]:
    return _BLOCKS.validate_json(text)


def encode_locator(locator: Locator) -> str:
    return _LOCATOR.dump_json(locator, exclude_defaults=True).decode()


def decode_locator(text: str) -> Locator:
    return _LOCATOR.validate_json(text)


def encode_metadata(metadata: Metadata) -> str:
    return _METADATA.dump_json(metadata, exclude_defaults=True).decode()


@lru_cache(maxsize=4096)
def decode_metadata(text: str) -> Metadata:
    return _METADATA.validate_json(text)


def encode_trust(trust: Trust) -> str:
    return _TRUST.dump_json(trust, exclude_defaults=True).decode()


@lru_cache(maxsize=8)
def decode_trust(text: str) -> Trust:
    return _TRUST.validate_json(text)


def encode_fields(fields: Mapping[str, Any]) -> str:
    return _FIELDS.dump_json(fields).decode()


def decode_fields(text: str) -> Mapping[str, Any]:
    return _FIELDS.validate_json(text)


def encode_moment(moment: datetime) -> str:
    """ISO 8601, to the second."""
    return moment.isoformat(timespec="seconds")


def decode_school(text: str | None) -> School:
    return None if text is None else Slug(text)
