"""How many questions does a message hold, and what is each when it stands alone?

What is one question with "and" in it stays one ("behaviour and rewards policy", "who do I tell and how quick"): two
answers to half a question each are worse than one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.answering.words import STOP_WORDS, split_words

MOST_QUESTIONS = 4
"""Of one message; what follows the fourth is looked up with it."""

_WH = r"(?:what(?:'?s|re)?|where(?:'?s|re)?|when(?:'?s)?|who(?:'?s|se|m)?|which|how(?:'?s)?|why|wot|wots|wheres|whens|hows)"
_AUXILIARY = (
    r"(?:do|does|did|can|could|should|shud|will|would|is|are|am|may|might|must|have|has|was|were|shall|do|need)"
)
_SUBJECT = (
    r"(?:i|we|you|u|they|he|she|it|there|this|that|the|a|an|my|our|your|their|his|her|any|all|pupils?|kids?|staff"
    r"|parents?|tas?|ects?|teachers?|anyone|someone|children|students?|mentors?|jeans|trainers)"
)
_ASKS = re.compile(
    rf"^(?:and |also |so |ok |hi |hello |please |plus |n |& |then )*(?:{_WH}\b(?:\W+\w+){{0,4}}?\W+{_AUXILIARY}\b"
    rf"|(?:what|which|wot)(?: \w+)? (?:time|number|form|page|day|date|room|level|colour|code|address|site)s?\b"
    rf"|(?:what|where|when|who|how)(?:'?s|s)\b|how (?:much|many|long|soon|often|far|late|early)\b|what time\b"
    rf"|(?:what|where|when|who|how|which) (?:to|in|by|on|at)\b|(?!(?:did|do) (?:my|the|a|an|our|this|that|it|any|all)\b){_AUXILIARY} {_SUBJECT}\b)",
    re.I,
)
_ASKS_INSIDE = re.compile(
    rf"\b(?:(?:what|where|when|how)\W+(?:\w+\W+){{0,2}}{_AUXILIARY}\b|(?:what|which) (?:time|number|form)\b|how (?:much|many|long|soon|often)\b"
    rf"|(?:what|where|when|who|how)(?:'s|s)\b)",
    re.I,
)
_JOINT = re.compile(
    rf"\s*(?:[,;]\s*(?:and|n|&|plus|also|then)?|(?<=\s)(?:and also|and|n|&|\+|plus|also|AND))\s+(?=(?:and |also )*(?:{_WH}|(?!(?:did|do) (?:my|the|a|an|our|this|that|it|any|all)\b){_AUXILIARY} {_SUBJECT})\b)",
    re.I,
)
_SENTENCE = re.compile(r"(?<=[?!])\s+|(?<=[.])\s+(?=\S)|\n+|(?<=\w)\s+[-–—]\s+|\s*;\s+")
_ALSO = re.compile(r"^(?:also|and|plus|oh and|and also|then)\b[,: ]*", re.I)
_LIST_HEAD = re.compile(
    r"^(?:(?:hi|hello|hey|please|quick (?:one|list|question)s?|can (?:you|u) tell me|tell me|remind me(?: of)?|i need(?: to know)?|need|give me"
    r"|looking for|what(?:'?s| is| are)|whats|wots)\b[,: ]*)*(?:about )?(?:the |our )?",
    re.I,
)
_ANNOUNCES_LIST = re.compile(
    r"\b(?:two|three|four|2|3|4|a few|couple of|some|quick|several)\b.{0,60}?(?:things?|questions?|list|q'?s|bits)?.{0,60}?:\s+|\b(?:list|questions|things|to know|tell me|need)\b.{0,50}:\s+",
    re.I,
)
_LIST_JOINT = re.compile(r"\s*[,;]\s*(?:and |& |n |plus )?|\s+AND\s+|\s*\n+\s*")
_LAST_AND = re.compile(r"\s+(?:and|n|&|plus)\s+", re.I)
_ONE_THING = frozenset(
    "policy policies procedure procedures rules education needs framework plan plans guidance training pupils students "
    "children staff teachers trips visits allowance form forms register money process leave please list".split()
)
"""The last word of a list that belongs to all of it: "drugs, alcohol and tobacco policy" is one policy."""
_EMPTY = frozenset(
    "happens happen ask tell use know find say mean means thing way time number much many long soon quick quickly often "
    "far early late by im ill ive u n w w/ ur pls please wot wots whats wheres whens hows shud tmrw today tomorrow".split()
)
_SAYS_HOW_TO_TELL = re.compile(
    r"^(?:in |as |for |across |at |by )*(?:a |the )?(?:table|list|bullets?|bullet points|summary|short answer|(?:all|each|every|both)"
    r" (?:the |our |of the |of our )*schools?|school by school|side by side|compared?)\W*$",
    re.I,
)
"""Not a question of its own, but where or how the one before it is to be answered."""
_LEANS_BACK = re.compile(r"\b(?:it|they|them|that|this|those|these|there|he|she|him|one|then|either|so)\b", re.I)


@dataclass(frozen=True)
class AskedPart:
    """One question of a message: its own words, and the words it is looked up by, with what it leans on before it."""

    words: str
    query: str


def split_questions(text: str) -> tuple[AskedPart, ...]:
    """The questions of a message in their order; at most four. () when it is one question, or none."""
    parts = _listed(text) or _asked_in_turn(text)
    if len(parts) < 2 or any(_SAYS_HOW_TO_TELL.match(part.words) for part in parts):
        return ()
    if len(parts) > MOST_QUESTIONS:
        rest = parts[MOST_QUESTIONS - 1 :]
        last = AskedPart(", ".join(one.words for one in rest), " ".join(one.query for one in rest))
        parts = [*parts[: MOST_QUESTIONS - 1], last]
    return tuple(parts)


def last_question(text: str) -> str | None:
    """The question that a story ends in; None where there is no story before it, or it says too little by itself."""
    sentences = _sentences(text)
    if len(sentences) < 2 or len(_own_words(sentences[-1])) < 2:
        return None
    return sentences[-1] if _asks(sentences[-1]) else None


def _asked_in_turn(text: str) -> list[AskedPart]:
    """Questions one after the other, each a sentence or a clause; what is told before them belongs to all of them."""
    story: list[str] = []
    parts: list[AskedPart] = []
    for sentence in _sentences(text):
        for clause in _clauses(sentence):
            words = _ALSO.sub("", clause).strip(" ,;")
            if not _asks(clause) and (clause.endswith(".") or not _ASKS_INSIDE.search(clause)):
                if parts:  # said after a question: more about it
                    parts[-1] = AskedPart(parts[-1].words, f"{parts[-1].query} {words}")
                else:
                    story.append(words)
                continue
            told = " ".join(story)
            if parts and (_LEANS_BACK.search(words) or not _says_enough(words)):
                told = parts[-1].query
                if len(_own_words(words)) < 2:  # no question of its own: the end of the one before it
                    parts[-1] = AskedPart(f"{parts[-1].words} {clause}", f"{told} {words}")
                    continue
            parts.append(AskedPart(words, f"{told} {words}".strip()))
    return parts


def _listed(text: str) -> list[AskedPart]:
    """A message that is a bare list of things to know: "start time, parking AND dress code"."""
    announced = _ANNOUNCES_LIST.search(text)
    if announced:
        things = _things(text[announced.end() :].rstrip(" ?.!"))
        return [AskedPart(thing, thing) for thing in things] if len(things) > 1 else []
    if re.search(r"[?.!]\s+\S", text):
        return []
    bare = _LIST_HEAD.sub("", text, count=1).rstrip(" ?.!")
    emphatic = re.search(r"\sAND\s", bare) is not None and not bare.isupper()
    things = _things(bare)
    if len(things) < 2 or (len(things) < 3 and not emphatic):
        return []
    if any(not 0 < len(thing.split()) <= 4 or not _own_words(thing) for thing in things):
        return []
    if things[-1].split()[-1].lower() in _ONE_THING or any(_asks(thing) for thing in things):
        return []
    return [AskedPart(thing, thing) for thing in things]


def _things(text: str) -> list[str]:
    things = [thing for thing in _LIST_JOINT.split(text) if thing]
    if len(things) > 1:
        last = _LAST_AND.split(things[-1])
        things = [*things[:-1], *(last if all(_own_words(one) for one in last) else things[-1:])]
    return [re.sub(r"^(?:and|n|&|plus|whether|the|our) ", "", thing.strip(" ,;"), flags=re.I) for thing in things]


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.split(text) if sentence and re.search(r"\w", sentence)]


def _clauses(sentence: str) -> list[str]:
    """The questions in a sentence that is several; the whole sentence when a piece of it would be none by itself."""
    pieces = [piece for piece in _JOINT.split(sentence) if piece and piece.strip()]
    clauses: list[str] = []
    for piece in pieces:
        goes_on = clauses and (
            not _says_enough(piece) or not _asks(piece) or not (_asks(clauses[-1]) or _ASKS_INSIDE.search(clauses[-1]))
        )
        if goes_on and clauses:
            clauses[-1] = f"{clauses[-1]} and {piece}" if _says_enough(clauses[-1]) else f"{clauses[-1]} {piece}"
        else:
            clauses.append(piece)
    return clauses if len(clauses) > 1 and all(_says_enough(clause) for clause in clauses) else [sentence]


def _asks(words: str) -> bool:
    """Whether words are put as a question; "free flu jabs this winter?" is a subject, and what follows asks about it."""
    return bool(_ASKS.match(words) or (words.rstrip().endswith("?") and _ASKS_INSIDE.search(words)))


def _says_enough(words: str) -> bool:
    """Whether a piece has a subject of its own to look up: "where do i park" has; "by when", "how quick" and "who do i
    pay" have not."""
    return len(_own_words(words)) > bool(re.match(r"(?:and |also )*who\b", words, re.I))


def _own_words(words: str) -> list[str]:
    said = split_words(words)
    pairs = list(pairwise(said))
    degrees = {after for before, after in pairs if before == "how"}
    asked_for = {
        after for before, after in pairs if before in ("what", "which") and after in ("time", "number", "form")
    }
    telling = {word for word in said if word not in STOP_WORDS and word not in _EMPTY and word not in degrees}
    return [word for word in dict.fromkeys(said) if word in telling or word in asked_for]
