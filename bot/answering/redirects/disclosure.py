"""Does a message say in plain words that somebody is being harmed, so that a person must be reached now?

Rules that know unmistakable sentences without any model. Most of what staff write is not so plain, and `reading` is
for that. A question about policy with the same vocabulary ("how long do we keep safeguarding records") is none.
"""

from __future__ import annotations

import re

from bot.model import RedirectCase

_CHILD = (
    r"(?:child|children|kid|kids|pupil|pupils|student|students|boy|boys|girl|girls|lad|lads|lass|teen\w*|toddler|baby"
    r"|young person|sixth ?formers?|year ?(?:[1-9]|1[0-3])s?\b|y(?:[1-9]|1[0-3])s?\b|yr ?(?:[1-9]|1[0-3])\b)"
)
_RELATIVE = r"(?:mum|mom|dad|father|mother|step ?-?(?:dad|mum|father|mother|brother)|uncle|brother|cousin|parents?|boyfriend|carer)"
_HARM = (
    r"(?:hits?|hitting|hurts?|hurting|beats?|beaten|beating|slaps?|slapped|punch\w*|kick(?:s|ed)|burn(?:s|ed|t)|bruis\w*"
    r"|abus\w+|touch(?:es|ed|ing)|molest\w*|rap(?:e|ed|ing)|assault\w*|neglect\w*|groom\w*|exploit\w*|traffick\w*"
    r"|starv\w+|locks? (?:him|her|them) (?:in|out))"
)
_SELF_HARM = (
    r"(?:self[ -]?harm\w*|suicid\w*|kill(?:ing)? (?:him|her|them|my)sel(?:f|ves)|end(?:ing)? (?:it all|(?:his|her|their|my) life)"
    r"|overdos\w*|cut(?:s|ting)? (?:on|up|all over|down|along) (?:his|her|their|the) (?:arms?|wrists?|legs?|thighs?)"
    r"|cutting (?:him|her|them)sel(?:f|ves)|hurt(?:s|ing)? (?:him|her|them)sel(?:f|ves)"
    r"|(?:doesn.?t|does not|don.?t|didn.?t) want to (?:live|be here|be alive|wake up))"
)
_STAFF = r"(?:colleague|teacher|member of staff|staff member|ta\b|teaching assistant|coach|caretaker|headteacher|head\b|principal|tutor)"
_TOLD = r"(?:told|showed|shown|disclosed|confided|said to|admitted to|opened up to|asked) (?:to )?(?:me|us)\b"

_ALARMS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # someone has spoken, or has been seen
        rf"{_TOLD}.{{0,160}}(?:{_HARM}|{_SELF_HARM}|scared|afraid|frightened|unsafe|secret|not to (?:tell|say)|pregnan|{_RELATIVE})",
        r"(?:promise|swear|swore)\w* (?:me )?(?:not to|i wouldn.?t|to keep|i won.?t)|keep (?:it|this) (?:a )?secret",
        rf"{_RELATIVE}\W+(?:\w+\W+){{0,3}}?{_HARM}\b",
        rf"{_HARM}\W+(?:\w+\W+){{0,3}}?by (?:\w+ )?{_RELATIVE}",
        rf"{_CHILD}.{{0,160}}\b(?:is|are|was|been|being|got|has|have|gets)\b.{{0,160}}{_HARM}(?:.{{0,160}}\b(?:home|by)\b)",
        rf"(?:bruis\w*|marks|burns|cuts)\b.{{0,160}}\b(?:on|all over)\b.{{0,160}}(?:{_CHILD}|arm|arms|face|neck|back|legs?)",
        rf"(?:{_CHILD}|he|she|they|someone|anyone)\b.{{0,160}}{_SELF_HARM}",
        rf"{_SELF_HARM}.{{0,160}}(?:{_CHILD})",
        r"\b(?:scared|afraid|frightened|doesn.?t want|refus\w+) (?:to go|of going) home",
        rf"(?:concern(?:ed)?|worr(?:y|ied|ies)|uneasy|bad feeling|not right|something(?:.?s)? (?:off|wrong))\b.{{0,160}}\b(?:about|with|for)\b.{{0,160}}{_CHILD}(?! (?:report|data|behaviour policy))",
        rf"(?:disclos(?:ed|ing|ure))\b.{{0,160}}(?:{_CHILD}|to me|just now|today)",
        # forms of harm that are an alarm wherever a child is meant
        r"special ceremony|\bcutting season\b",
        rf"\bfgm\b.{{0,160}}(?:{_CHILD}|she|her)|(?:{_CHILD}|she|her)\b.{{0,160}}\bfgm\b",
        rf"\b(?:nudes?|naked (?:pic|photo|image|video)\w*|sext\w*|dick ?pics?|deepfakes?)\b.{{0,160}}(?:{_CHILD}|of (?:him|her|them)|phone|sharing|shared|screenshot|sent)",
        rf"(?:{_CHILD}|sharing|shared|sent|got|have)\b.{{0,160}}\b(?:nudes?|naked (?:pic|photo|image|video)\w*|sexts?|deepfakes?)\b",
        rf"(?:{_CHILD}|he|she|they|someone|there.?s|theres)\b.{{0,160}}\b(?:has|have|with|got|carrying|brought|waving|pulled)\b.{{0,160}}\b(?:knife|blade|machete|gun|weapon)\b",
        rf"(?:{_CHILD}|he|she)\b.{{0,160}}\b(?:radicali[sz]\w*|extremis\w*|terroris\w*|nazi\w*|isis|incel)\b",
        rf"(?:older|grown|adult) (?:man|men|boyfriend|guy)\b.{{0,160}}(?:{_CHILD}|her|she)|county lines",
        # about staff
        rf"{_STAFF}.{{0,160}}\b(?:messag\w+|texting|dm(?:s|ing|ed)?|snapchat\w*|insta\w*|whatsapp\w*|alone with|touch\w*|hit|kiss\w*|flirt\w*|slapped|pushed|grabbed|in a relationship with|inappropriate)\b.{{0,160}}(?:{_CHILD})",
        r"(?:allegation|accus\w+)\b.{0,160}\b(?:against|about|of)\b.{0,160}\b(?:me|my colleague|a colleague|a teacher|another teacher|the head)\b",
        r"\bit.?s about the (?:head|headteacher|principal)\b",
        # a member of staff's own crisis
        r"\bi (?:just )?(?:can.?t|cannot|can not) (?:cope|go on|do this any ?more)\b",
        r"\bi(?:.?m| am| have been|.?ve been| feel|.?ve)?\b.{0,160}\b(?:suicidal|want to die|ending it|end my life|kill myself|hurting myself|self[ -]?harming)\b",
        r"\b(?:crying|cry|in tears) every (?:day|morning|night)\b",
        r"\bmy (?:husband|wife|partner|boyfriend|girlfriend|ex) (?:hits|hit|beats|is hitting|hurts|threatens|threatened)\b",
    )
]

_POLICY_QUESTION = re.compile(
    r"^(?:so |ok |hi |hello |please |can you tell me )*"
    r"(?:how (?:soon|long|often|quickly|many|do (?:i|we|you) (?:log|record|refer|report|store|spell))|when (?:must|should|do)"
    r"|who (?:is|are|can|has|approves|do (?:i|we) (?:refer|report))|where (?:is|are|do)|what (?:does|is|are|training|counts)|which|is there|are there|do (?:i|we|all)"
    r"|does (?:the|our)|define|show|send|compare|summar)",
    re.IGNORECASE,
)
_FIRST_HAND = re.compile(
    rf"{_TOLD}|\b(?:i saw|i.?ve seen|i have seen|i heard|i.?ve (?:got|just)|just (?:told|said|seen|now)|right now|i.?m (?:a bit |really |so )?worried"
    r"|a bit worried|theres? a|there.?s a|in my (?:class|form|tutor group)|this morning)\b",
    re.IGNORECASE,
)


WINDOW_CHARACTERS, STEP_CHARACTERS = 600, 400
"""A long message is read in overlapping windows, so that the time it takes grows with its length and no faster."""


def reads_as_disclosure(text: str) -> bool:
    """True when the text reads like a disclosure, a concern about a child or colleague, or the asker's own crisis.

    All of the text is read, however long it is.
    """
    plain = " ".join(text.replace("’", "'").split())
    windows = [plain[at : at + WINDOW_CHARACTERS] for at in range(0, max(1, len(plain)), STEP_CHARACTERS)]
    if not any(alarm.search(window) for window in windows for alarm in _ALARMS):
        return False
    return not (_POLICY_QUESTION.search(plain) and not _FIRST_HAND.search(plain))


_CASES: tuple[tuple[RedirectCase, str], ...] = (
    ("own_crisis", r"\bi (?:just )?(?:can.?t|cannot|can not) (?:cope|go on|do this)|\bmyself\b|\bmy (?:husband|wife|partner|ex)\b"),
    ("fgm", r"\bfgm\b|special ceremony|cutting season|circumcis"),
    ("weapon", r"\b(?:knife|machete|gun|weapon)\b"),
    ("image", r"\bnudes?\b|naked|sext|dick ?pics?|deepfakes?"),
    ("radicalisation", r"radicali|extremis|terroris|nazi|\bisis\b|incel"),
    ("head", r"about the (?:head|headteacher|principal)\b|\bthe (?:headteacher|head|principal) (?:has|is|was|hit|touch|messag)"),
    ("self_harm", _SELF_HARM),
    ("staff", rf"\b(?:i saw|allegation|accus|my colleague|a colleague).{{0,160}}|{_STAFF}.{{0,40}}messag"),
)  # fmt: skip


def case_in_plain_words(text: str) -> RedirectCase:
    """Which safeguarding case a disclosure in plain words is; "child" where none is named."""
    plain = text.replace("’", "'")
    return next((case for case, words in _CASES if re.search(words, plain, re.IGNORECASE)), "child")
