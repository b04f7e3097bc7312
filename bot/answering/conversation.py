"""What does a message mean after the messages before it?

What a follow-up leaves out stands in the conversation: in what was asked before, and in what the answers quoted. Rules
decide how much a message leans on it; where they cannot tell, both readings are searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.answering.words import STOP_WORDS, split_words, stem
from bot.model import Turn, Wording

MOST_TURNS = 6
"""Messages looked back at. What was said before that is another conversation, or was said again since."""
MOST_WORDS_BEFORE = 60
"""Words of earlier questions put before a follow-up: enough for its subject, and no more than a search takes in."""

_OPENS_AS_FOLLOW_UP = re.compile(
    r"^(?:right|ok|okay|cool|great|thanks|thank you|cheers|ah|oh|hmm|yes|yeah|yep|no(?=[,.!])|so|sorry|well)?[,.! ]*"
    r"(?:and|but|or|n|also|plus|what about|how about|wot about|what if|wot if|then\b(?! and now)|same (?:for|with|if|at)|even if|even for|unless|except"
    r"|in that case|why(?: not| is that)?\W*$|how come|really\W*$|since when|says who|any other|anything else|what else|who else|which one"
    r"|if (?:so|not)|for (?:example|how|what|which)|no[,.!] ?|nope|i meant?\b|is that|are those|does that|do those|was that|whats that"
    r"|thats?\b|that's)\b",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|their|theirs|that|this|those|these|there|he|she|him|his|her|hers|one|ones|then|instead|either"
    r"|both|others?|another|same|such|latter|former|em)\b",
    re.I,
)
_POINTS_FORWARD = re.compile(
    r"\b(?:is|was|if|whether|think|know) it(?= (?:ok|okay|true|possible|fine|normal|worth|too late|only|just|right|me|rains?|snows?)\b)|\bthere (?:is|are|was|were|a|any)\b|\b(?:is|are|was|were|isn'?t) there\b"
    r"|\bthis (?:week|term|year|half|morning|afternoon|month|autumn|spring|summer|winter|sept\w*)\b|\bthat (?:is|are|has|have|i|we|they)\b"
    r"|\bone of (?:my|our|the)\b|\bthe (?:same|other|one)\b",
    re.I,
)
_CORRECTS = re.compile(
    r"^(?:no|nope|nah|sorry|not quite|wrong|actually|oh|wait)?[,.! ]*(?:(?:that'?s|thats) not what i (?:asked|meant)[,.! ]*)?"
    r"(?:i (?:meant?|was asking about|am asking about|was on about)|meant|i'?m asking about)\s+(?:for |about |the )?(?P<right>.+?)"
    r"(?:[,.]? (?:not|rather than|instead of) (?:for |about |the )?(?P<wrong>.+?))?[.!? ]*$",
    re.I,
)
_NOT_THAT = re.compile(
    r"^(?:no[,. ]+)?(?:not (?:for |about |the )?(?P<wrong>[\w' -]{2,30}?),\s*(?:but )?(?:for |about |the )?(?P<right>[\w' -]{2,30}?)"
    r"|(?:no[,. ]+)?(?P<right2>[\w'-]+(?: [\w'-]+)?),? not (?:for |about |the )?(?P<wrong2>[\w'-]+(?: [\w'-]+)?))[.!? ]*$",
    re.I,
)
_WANTS_SOURCE = re.compile(
    r"^(?:and |ok |so |please |thanks |cheers |great |[,. ])*(?:"
    r"(?:(?:can|could|will) (?:you|u) )?(?:please )?(?:show|send|give|link|get|find|share|quote|do you have|have you got)\b(?: me| us)?"
    r"(?: (?:the|that|this|it|a|actual|whole|full|real|original|exact|link|to|copy|of|in|where))*"
    r" (?:page|document|doc|policy|link|source|section|original|wording|text|thing|version|pdf|file)(?: (?:itself|please|pls|it is in|its in|it says that))*"
    r"|where (?:does it say|is|'?s|s) (?:that|this|it|so)(?: (?:from|written|in the policy|written down|say that))*"
    r"|where does (?:that|this|it) (?:come from|say (?:that|this|so))"
    r"|(?:which|what) (?:page|document|policy|section|bit) (?:is|was|does|says|is it|are) ?(?:that|this|it|so)?(?: (?:in|on|from|say that))*"
    r"|says who)[?!. ]*$",
    re.I,
)
_ASKS_FOR_SAME = re.compile(
    r"^(?:right|ok|okay|oh|and|but|so|yes|yeah|then|or|[,. ])*(?:what about|how about|wot about|and|or|same)?\s*(?:for|if (?:i'?m|its|it's|they'?re|hes|shes|he's|she's|we'?re)|at|in|on|with|as)?\s*"
    r"(?:a |an |the |my |our |some )?(?P<thing>[\w.%£'’ -]{1,40}?)(?:[, ]+(?:then|instead|though|tho|too))?[?.! ]*$",
    re.I,
)
_KINDS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\b(?:(?:y|yr|year) ?(?:1[0-3]|[1-9])s?|(?:year|yr) (?:one|two|three|four|five|six)|ks ?[1-5]|key stage (?:[1-5]|one|two|three|four|five)|reception|nursery|eyfs|early years|infants|juniors|sixth ?form(?:ers)?)\b",
        r"(?<![\w.])0?\.\d+\b(?: ?fte)?",
        r"\b\d+(?:[.:]\d+)? ?(?:%|days?|weeks?|hours?|mins?|minutes?|terms?|years?|miles?)\b",
        r"\b(?:c|step |stage |level |letter |tlr ?|ect ?|ks)[0-9]\b",
        r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|satur|sun)(?:days?)?\b",
        r"\b(?:autumn|spring|summer|christmas|easter)(?: \d| one| two| term| half[- ]term)?\b",
        r"\b(?:first|second|third|fourth|1st|2nd|3rd|4th) (?:time|offence|go|warning|one)\b",
        r"\b(?:pupils?|kids?|children|child|students?|staff|teachers?|tas?|teaching assistants?|support staff|parents?|governors?|supply(?: staff| teachers?)?"
        r"|agency(?: staff)?|cover (?:staff|supervisors?)|ects?|nqts?|mentors?|trainees?|volunteers?|visitors?|middays?|midday supervisors?|leaders?|hods?|the head|headteachers?|deput(?:y|ies)|hltas?|caretakers?|site staff|office staff)\b",
        r"\b(?:mum|dad|mother|father|nan|gran|grandad|grandparents?|grandmother|grandfather|aunt(?:ie|y)?|uncle|brother|sister|son|daughter|wife|husband|partner|cousin|friend|neighbour|dog|cat|pet)\b",
        r"\b(?:phones?|fones?|mobiles?|watch(?:es)?|smart ?watch(?:es)?|ear ?buds?|airpods?|headphones|tablets?|laptops?|vapes?|toys?)\b",
    )
)
"""Things of one kind, one of which a follow-up names to have it in the place of another: "and for reception?"."""
_REFUSES = re.compile(
    r"^(?:i'?m sorry|sorry|i (?:do not|don'?t|cannot|can'?t|could not)|unfortunately|the documents do not|there is no|no document|which school|the answer is different)",
    re.I,
)
_FRAGMENT_WORDS = frozenset("the a an of in for on at to and or my our your by from with between".split())

WEIGHT_OF_CONVERSATION = 0.5
"""What the other reading counts beside a follow-up: the message alone, and the message behind the subject's first."""
WEIGHT_OF_DOUBT = 0.3
"""What each reading with the conversation counts where the message may as well stand alone, and what the last answer
counts anywhere. Chosen with the one above on half of MTRAG's conversations (benchmarks/conversation.py)."""
WORDS_OF_ANSWER = 60


Leaning = Literal["surely", "perhaps", "not"]


@dataclass(frozen=True)
class ReadInConversation:
    """A message made to stand alone: `query`, with other readings beside it.

    `leans_on` are the asker's earlier messages that it leans on, the latest first; () when it stands on its own.
    """

    query: str
    also: tuple[Wording, ...] = ()
    leans_on: tuple[str, ...] = ()
    surely: bool = False
    """Whether it cannot be understood without them."""


def read_in_conversation(text: str, history: Sequence[Turn]) -> ReadInConversation:
    """The message with what it leaves out filled in from the turns before it (oldest first).

    A text without a word (a reply that named a school, and is searched by that) is the question before it.
    """
    turns = [turn for turn in history if re.search(r"\w", turn.text)]
    asked = [turn.text for turn in turns if turn.role == "user"][-MOST_TURNS:]
    leaning = how_it_leans(text)
    if not asked or leaning == "not":
        return ReadInConversation(text)
    chain = _chain(asked)
    before = _stand_alone(chain)
    query = text if leaning == "perhaps" else _in_place(text, before)
    if query is None:
        query = f"{before} {text}".strip()
    weight = WEIGHT_OF_DOUBT if leaning == "perhaps" else WEIGHT_OF_CONVERSATION
    subject = _begins_subject(asked)
    others = {f"{before} {text}": weight, f"{_last_words(subject, MOST_WORDS_BEFORE)} {text}": weight}
    if answer := _last_answer(turns):
        others[f"{answer} {text}"] = WEIGHT_OF_DOUBT
    if text and not (_CORRECTS.match(text) or _NOT_THAT.match(text)):
        others[text] = weight
    others.pop(query, None)
    if len(_own_words(text)) < 2:  # by itself it would bring anything
        others.pop(text, None)
    also = () if _corrected(text, before) else tuple(Wording(words.strip(), much) for words, much in others.items())
    return ReadInConversation(query, also, tuple(chain), surely=leaning == "surely")


def _in_place(text: str, before: str) -> str | None:
    """The question before as a follow-up changes it, where it does no more than that."""
    if not text or _WANTS_SOURCE.match(text):
        return before
    return _corrected(text, before) or _replaced(text, before)


def _begins_subject(asked: Sequence[str]) -> str:
    """The message (of the asker's, oldest first) with which the present subject began: each one after it leans on what
    was said, or shares a word with it."""
    begins = len(asked) - 1
    while begins > 0:
        words = {stem(word) for word in _own_words(asked[begins])}
        shares = any(stem(word) in words for said in asked[:begins] for word in _own_words(said))
        if not shares and not _goes_back(asked[begins]):
            break
        begins -= 1
    return asked[begins]


def _last_answer(turns: Sequence[Turn]) -> str:
    """The words of the answer that the message follows; "" where it said nothing."""
    last = turns[-1]
    if last.role != "assistant" or _REFUSES.match(last.text):
        return ""
    return " ".join(last.text.split()[:WORDS_OF_ANSWER])


def how_it_leans(text: str) -> Leaning:
    """ "surely", "perhaps" or "not": whether a message can be understood without what was said before it.

    Surely: it opens as a follow-up, corrects, asks for the source, or names nothing to look up. Perhaps: it points back
    ("it", "they") or says little, and may as well stand alone.
    """
    if _OPENS_AS_FOLLOW_UP.match(text) or _CORRECTS.match(text) or _NOT_THAT.match(text) or _WANTS_SOURCE.match(text):
        return "surely"
    words = _own_words(text)
    points = _points_back(text)
    if len(words) < 2 and (points or not _asks(text)):
        return "surely"
    if len(words) < 2 or (len(words) <= 3 and (points or _is_fragment(text))):
        return "perhaps"
    return "not"


def _is_fragment(text: str) -> bool:
    """Whether nothing is asked or told of what the text names: "opposition leader for the movement"."""
    return all(word in _FRAGMENT_WORDS for word in split_words(text) if word in STOP_WORDS)


def _goes_back(text: str) -> bool:
    return how_it_leans(text) == "surely" or (how_it_leans(text) == "perhaps" and _points_back(text))


def _points_back(text: str) -> bool:
    """Whether a pronoun stands for something that the text itself has not named before."""
    plain = _POINTS_FORWARD.sub(lambda match: "_" * len(match[0]), text)
    match = _POINTS_BACK.search(plain)
    return match is not None and len(_own_words(text[: match.start()])) < 2


def _own_words(text: str) -> list[str]:
    return [word for word in split_words(text) if word not in STOP_WORDS and word not in _SAYS_NOTHING]


_SAYS_NOTHING = frozenset(
    "paid pay happen happens happened allowed okay sort sorted answer tell say mean means actual actually long often "
    "soon quick quickly fast number thing stuff wot wat u ur n tho though still else different happens go page link".split()
)


def _asks(text: str) -> bool:
    return bool(
        re.match(
            r"(?:what|where|when|who|which|how|why|can|do|does|is|are|should|will|could|whats|wheres|wot)\b", text, re.I
        )
    )


def _chain(earlier: Sequence[str]) -> list[str]:
    """The asker's messages that the next one leans on, the latest first: back to one that stands alone."""
    chain: list[str] = []
    for said in reversed(earlier):
        chain.append(said)
        if not _goes_back(said):
            break
    return chain


def _stand_alone(chain: Sequence[str]) -> str:
    """The question that a chain of messages (latest first) comes to."""
    query = chain[-1]
    for said in reversed(chain[:-1]):
        query = (_in_place(said, query) if how_it_leans(said) == "surely" else None) or f"{query} {said}"
    return _last_words(query, MOST_WORDS_BEFORE)


def _corrected(text: str, before: str) -> str | None:
    """The question before with what was meant in the place of what was understood; None for what is no correction."""
    match = _CORRECTS.match(text)
    if match and not (
        match["wrong"] or re.match(r"(?:no|nope|nah|sorry|oh|wait|actually|i mean|meant|i meant)", text, re.I)
    ):
        match = None
    if match:
        right, wrong = match["right"], match["wrong"]
    elif other := _NOT_THAT.match(text):
        right, wrong = other["right"] or other["right2"], other["wrong"] or other["wrong2"]
    else:
        return None
    if wrong and (said := _find_form(wrong, before)):
        return f"{before[: said[0]]}{right}{before[said[1] :]}"
    if swapped := _swap_kind(right, before):
        return swapped
    rest = _without_forms(before, wrong) if wrong else before
    return f"{right} {rest}"


def _replaced(text: str, before: str) -> str | None:
    """The question before with the one thing that a follow-up names in the place of its like; None when it does more."""
    match = _ASKS_FOR_SAME.match(text)
    return _swap_kind(match["thing"].strip(), before) if match else None


def _swap_kind(thing: str, before: str) -> str | None:
    for kind in _KINDS:
        named = kind.search(thing)
        if named and len(thing.split()) <= len(named[0].split()) + 2:
            said = list(kind.finditer(before))
            if said and len({one[0].lower() for one in said}) == 1:
                return kind.sub(lambda _: thing, before)
    return None


def _find_form(words: str, text: str) -> tuple[int, int] | None:
    """Where the words, or another form of a single word, stand in the text."""
    if match := re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.I):
        return match.span()
    wanted = stem(words.lower())
    for match in re.finditer(r"\w+", text):
        if stem(match[0].lower()) == wanted:
            return match.span()
    return None


def _without_forms(text: str, words: str) -> str:
    span = _find_form(words, text)
    return " ".join(f"{text[: span[0]]} {text[span[1] :]}".split()) if span else text


def _last_words(text: str, count: int) -> str:
    words = text.split()
    return " ".join(words[-count:])
