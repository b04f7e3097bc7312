"""What each organisation's stationery looks like: its colour and its typefaces."""

from dataclasses import dataclass
from zlib import crc32

from tools.sample_corpus.source import Source


@dataclass(frozen=True)
class Look:
    accent: str
    """RRGGBB: headings and rules."""
    tint: str
    """RRGGBB: table heads and boxes."""
    word_face: str
    serif: bool
    """Whether its PDF is set in Times rather than Helvetica."""


TRUST = ("1F3A5F", "E3EAF3", "Arial")
SCHOOLS = {
    "saltmarsh": ("1D6B72", "E1F0F0", "Arial"),
    "kestrel": ("7A1F2B", "F6E6E8", "Arial"),
    "rowan": ("4A6B2A", "EAF2E1", "Arial"),
    "lantern": ("A65B00", "FBEEDC", "Arial"),
    "quayside": ("24408E", "E4E9F6", "Times New Roman"),
}


def look_of(source: Source) -> Look:
    accent, tint, word_face = SCHOOLS.get(source.school or "", TRUST)
    return Look(accent, tint, word_face, serif=crc32(str(source.path).encode()) % 2 == 1)
