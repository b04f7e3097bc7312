"""Does a message ask what a policy says, whatever a trained reader makes of it?

A reader of meanings takes a short question about phones or nits for a worry, and "start time" for somebody's timetable.
These plain signs do not decide alone: where one stands, the reader must be surer.
"""

from __future__ import annotations

import re

_GENERAL = re.compile(
    r"^(?:so|ok|hi|hello|please|and|also|but|,|\s)*(?:w(?:h|)at (?:do|should|shall|must|can|happens?) (?:i |we |you |staff |they )?(?:do )?(?:if|when|about|with)"
    r"|w(?:h|)at (?:if|about|counts|is|are|does)|whats|who(?:'?s| is| are| does| do| can| sees| decides| signs| pays)|which|where|when|how (?:much|many|long|often|soon)"
    r"|is there|are there|is it|do we|do i have|does|am i|can (?:i|we|a|my)|may i|list|show|tell me)\b",
    re.I,
)
_ORDINARY = re.compile(
    r"\b(?:phones?|fones?|mobiles?|vap(?:e|es|ing)|uniform|trainers|skirts?|make ?-?up|jewell?ery|earrings?|hood(?:ie|y)s?|homework"
    r"|nits|head ?lice|fidget\w*|gum|crisps|energy drinks?|late|lateness|toilets?|loo|swear\w*|swore|kit|coat|pen|pencil|detentions?|parking"
    r"|lunch|lanyard|workload|tipping his chair|nosebleed|temperature|steps?|ladder|c[1-5])\b",
    re.I,
)
_HAPPENED = re.compile(
    r"\b(?:told (?:me|us)|said|says|showed|disclosed|confided|i saw|i.?ve seen|i heard|noticed|found|just|yesterday|today|this morning|last (?:night|week)"
    r"|i think|i.?m (?:really |so |a bit |quite )?(?:worried|concerned|scared)|worried about (?:a|one|her|him|this|my)|in my (?:class|form|tutor)|won.?t say|made me|keeps|been"
    r"|bruis\w*|hurt\w*|cuts?|cutting|scared|afraid|frightened|blood\w*|razors?|blades?|kni(?:fe|ves)|naked|nudes?|touch\w*|suicid\w*|self ?harm\w*|scratch\w*|alive|unsafe|not safe)\b",
    re.I,
)
_CUES: dict[str, re.Pattern[str]] = {
    "personal_data": re.compile(
        r"\b(?:mr|mrs|ms|miss|dr|sir)\b|\w'?s (?:\w+ )?(?:address|phone|number|e?-?mail|mobile|salary|pay|wages?|absences?|attendance|timetable|grades?|results?|points"
        r"|records?|plan|file|diagnosis|parents?|mum|dad|contact|dob|birthday|marks?|reports?|sanctions?|behaviour)\b|\b(?:my|his|her|their|your)\b"
        r"|\b(?:has|is|did|does|was|have|had|will|can) (?:he|she|[A-Z][a-z]+)\b|\b\d{1,2}[A-Z]{1,2}\b|passwords?|log ?-?in|logged in|reset my|locked out|account|sims|arbor"
        r"|cpoms|bromcom|payslips?|tax code|after tax|take[- ]home|back ?-?pay|p60|p45|overpaid|underpaid|(?:get|got|been|am|i.?m) paid|earn|book (?:a|the) room|timetabled|printer|projector|laptop",
    ),
    "out_of_scope": re.compile(
        r"\b(?:write|draft|compose|rewrite|reword|generate|translate|proofread|summari[sz]e|knock (?:up|me)|do me|make me|give me (?:a|an|some)|plan (?:me|a|my)|mark (?:this|these|my)|create)\b"
        r"|\b(?:ignore|disregard|forget|pretend|override|bypass|prompts?|instructions?|act as|you are now|role ?-?play|jailbr\w+|developer|unlock|unrestricted|just say|say (?:that )?i can|repeat|reveal|system|configured|hidden|simulate|as (?:the )?(?:ceo|head|admin))\b"
        r"|\b(?:sue|suing|solicitors?|tribunal|lawyers?|legal|court|compensation|doctors?|gp|diagnos\w+|symptoms?|pain|hurts?|ache|medication|dose|tablets?|rash|bleeding|signed off|unfair\w*|dismiss\w*|my (?:case|rights|back|knee|chest)|divorce|mortgage|visa)\b",
        re.I,
    ),
}


SHORT_QUESTION_WORDS = 12
BARE_WORDS = 6
_OF_FRAMEWORKS = re.compile(r"\blearn (?:that|how)\b|\b(?:statements?|standards?|section) \d|\b\d\.\d", re.I)


def asks_in_general(text: str) -> bool:
    """True for a short question put in general, or about everyday matters of a school, that tells of nothing that
    happened."""
    is_short = len(text.split()) <= SHORT_QUESTION_WORDS
    return is_short and bool(_GENERAL.search(text) or _ORDINARY.search(text)) and not _HAPPENED.search(text)


def is_bare(text: str, kind: str) -> bool:
    """True for a few words, or words about a framework, without any that a request of the kind has: a person, a
    possessive, a system, a verb of writing."""
    few = len(text.split()) <= BARE_WORDS
    return (few or bool(_OF_FRAMEWORKS.search(text))) and not _CUES[kind].search(text)
