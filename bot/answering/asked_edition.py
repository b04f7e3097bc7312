"""Which edition is asked about: the one in force, the one before it, or what changed between the two?

Precise rather than broad: an answer from an edition that is no longer in force is given to nobody who did not ask for
it.
"""

from __future__ import annotations

import re

from bot.model import EditionAsked

_DOCUMENT = (
    r"(?:polic(?:y|ies)|handbooks?|versions?|editions?|documents?|docs?|guides?|guidance|rules?|procedures?|codes?"
    r"|frameworks?|charter|wording|offer)"
)
_THE_ONE_BEFORE = (
    r"(?:old|older|previous|former|earlier|superseded|outdated|out[- ]of[- ]date|prior|last year'?s?|last)"
)
_IT = r"(?:it|that|this|they|we|you|(?:the|our|my|your) (?:\w+[ -]){0,4}\w+)"

_CHANGES = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\bwhat(?:'?s| has| have| is| was| got| all)?(?: been| all)? (?:changed|updated|altered|amended|different|new)\b"
        rf"(?=\W*$|(?: (?:in|to|about|with|on|since|from|between))+ (?:\w+[ -]){{0,5}}{_DOCUMENT}\b|(?: (?:in|about|with))? (?:it|this|that|here)\b)",
        rf"\bwhat(?:'?s| is| are| were) (?:the )?(?:new |recent |latest |main )?(?:changes?|differences?|updates?)\b"
        rf"(?= (?:in|to|of|with|about|between|since) (?:\w+[ -]){{0,5}}{_DOCUMENT}\b|\W*$)",
        rf"\b(?:has|have|did) {_IT} (?:been )?(?:changed?|updated?|altered)\b(?=\W*$| since| from| in the new| recently| lately| this (?:year|term))",
        rf"\bhow (?:has|have|did) {_IT} (?:changed?|been changed|differ)\b",
        rf"\bdid {_IT} change (?=(?:about|on|for|in|over)\b)",
        r"\bwhat(?:'?s| is)? different between v?\d[\d.]* and v?\d[\d.]*\b",
        rf"\b(?:which|what) (?:bits?|parts?|sections?) (?:of {_IT} )?(?:(?:have|has|is|are|was|were) )?(?:been )?(?:changed|new|different|updated)\b",
        rf"\bdifferences? between (?:the )?{_THE_ONE_BEFORE} (?:one |version |edition |{_DOCUMENT} )?and (?:the )?(?:new|current|latest|present)(?: one| version| edition)?\b",
        rf"\bdifferences? between (?:the )?(?:new|current|latest) (?:one |version |edition |{_DOCUMENT} )?and (?:the )?{_THE_ONE_BEFORE}(?: one| version| edition)?\b",
        rf"\b(?:compared? (?:to|with)|different (?:to|from)|differs? from) (?:the )?{_THE_ONE_BEFORE} (?:one|version|edition|{_DOCUMENT})\b",
    )
)
_BEFORE = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?:in |under |from |of |by )?(?:the |our )?{_THE_ONE_BEFORE} (?=(?:\w+[ -]){{0,3}}{_DOCUMENT}\b)",
        r"(?<=\bthe )(?:old|previous|superseded) one\b(?= say| said|\W*$)",
        rf"\b(?:did|does) (?={_IT} (?:say|state|allow|read|give|have|mean)\b).*?(?P<then>\b(?:before|previously|in the past|last year)\b\W*$)",
        rf"\bdid {_IT} (?:say|state|allow|read) (?P<then>(?:before|previously|last year)\b)(?= (?:about|on|for|of|to|regarding)\b)",
        r"^(?:and |but |so |ok |what about |how about )*(?P<then>(?:before|previously|before that|last year|the (?:old|previous) (?:one|version|edition))\b\W*$)",
        rf"\bwhat (?:was|were) (?={_IT}).*?(?P<then>\b(?:before|previously)\b\W*$)",
        r"\b(?:did|was|were|say|said)\b.*?(?P<then>\bbefore (?:the|this|that|it) (?:last |latest |new )?(?:change[ds]?|was changed|update[ds]?|was updated|version|edition|policy)\b\W*$)",
        r"\b(?:what|how|when|where|who|which|did)\b[^?.]*?(?P<then>(?<!get )(?<!got )(?<!be )(?<!am )(?<!im )(?<!is )(?<!are )(?<!not )\buse[d]? to (?:be|say|have|read|state|allow|count|cost|mean|happen|do)\b)",
    )
)


def edition_asked(text: str) -> tuple[EditionAsked, str]:
    """Which edition the text asks about, and the text without the words that say so; the text as it is for what is in
    force."""
    for pattern in _CHANGES:
        if match := pattern.search(text):
            return "changes", _without(text, match.start(), match.end())
    for pattern in _BEFORE:
        if match := pattern.search(text):
            span = match.span("then") if match.groupdict().get("then") else match.span()
            return "before", _without(text, *span)
    return "in_force", text


def _without(text: str, start: int, end: int) -> str:
    rest = " ".join(f"{text[:start]} {text[end:]}".split())
    rest = re.sub(r"^(?:in|to|about|with|of|since|from|between|on) ", "", rest)
    return rest if re.search(r"\w", rest) else text
