"""Which words of a text carry its meaning?

Words are folded to lower case without accents and stemmed with Porter's algorithm, as SQLite's FTS5 does, so that both
sides count the same words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*(?:\.\d+)*")
_STEMMER = snowballstemmer.stemmer("porter")

STOP_WORDS = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both
        but by can could did do does doing done down during each else ever every few for from further get gets
        getting give given go goes going gonna got had has have having he her here hers him his how i if in into is
        it its itself just know let like long lot many may me might mine more most much must my need needs no nor
        not now of off ok on once one only or other our ours out over own please quite same say says shall she
        should so some such take tell than thanks that the their theirs them then there these they thing things this
        those through to too under until up upon us very want was we well were what whats when where wheres which
        while who whom whose whos why will with within would yes yet you your yours im ive id ill hes shes theyre
        youre dont doesnt didnt cant wont isnt arent wasnt werent hi hello hey""".split()
)


def split_words(text: str) -> list[str]:
    """The words in order, lower case, without accents and without possessive endings."""
    return list(_split(text))


# A ranked unit is split for its stems and again for its letters.
@lru_cache(maxsize=512)
def _split(text: str) -> tuple[str, ...]:
    plain = text
    if not text.isascii():
        plain = unicodedata.normalize("NFKD", text)
        plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("’", "'")
    return tuple(word.removesuffix("'s").replace("'", "") for word in _WORD.findall(plain.lower()))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of one lower-case word: "sanctions" and "sanctioned" give "sanction"."""
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=8192)
def stems(text: str) -> tuple[str, ...]:
    """The stem of every word in order, stop words too. Kept for texts asked of lately: questions share passages."""
    return tuple(stem(word) for word in split_words(text))


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in order, each once. All words when the text is nothing but stop words."""
    words = list(dict.fromkeys(split_words(text)))
    return [word for word in words if word not in STOP_WORDS] or words
