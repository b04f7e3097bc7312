"""Does a text speak to a language model, as an instruction hidden in a document does?

Policies are written for people. A passage that tells its reader to forget instructions, to answer in a certain way, or
that plays a system message, is quoted like any other, and is neither sent to a model nor may a claim rest on it. These
patterns are one layer: what they miss meets the checks of `claims.py`, which ask nothing of its intent.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from functools import lru_cache

HIDDEN = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
                    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")  # fmt: skip
"""Characters that a reader does not see and a model reads."""

_LIKE_LATIN = str.maketrans(
    "аеорсухіјѕԁԛԝһгтмнквзАВЕКМНОРСТУХІЈЅαοενικυρτ", "aeopcyxijsdqwhrtmhkb3ABEKMHOPCTYXIJSaoevikupt"
)
_ASIDE = r"[^.!?\n]{0,60}?"
_OLD = r"(?:previous|prior|earlier|above|preceding|all|any|your|these|those|system|other|initial|original|foregoing|safety)"
_ORDERS = r"(?:instructions?|rules?|prompts?|polic(?:y|ies)|guidelines?|guidance|directions?|messages?|context|passages?|constraints?|restrictions?|programming|training|guardrails?|filters?|orders)"
_MODEL = r"(?:ai|a\.i\.|assistant|chat ?bot|chatgpt|gpt|claude|llama|gemini|copilot|language model|large language model|llm|bot|machine reader|answering system|ai model|staffroom|ai agent|ai reader|automated (?:reader|system|assistant)|system reading)"
_PATTERNS = (
    rf"\b(?:ignore|disregard|forget|override|bypass|discard|neglect|overrule|drop|skip|set aside|(?:stop|do not|don't|never) (?:follow|obey)(?:ing)?)\b{_ASIDE}\b{_OLD}\b{_ASIDE}\b{_ORDERS}\b",
    rf"\b(?:ignore|disregard|forget|override)\b (?:everything|all|anything|what)\b{_ASIDE}\b(?:above|before|told|said|previously|so far|else)\b",
    rf"\b(?:dear|hey|hi|hello|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|to|for|if you are) (?:the |any |an |all |every |our )?(?:(?!teaching|learning|classroom|support|admin|office|care|science|cover)\w+ )?{_MODEL}s?\b ?(?:[:,!]|read|that|which|who|must|should|will|$)",
    rf"(?:^|[.!?:\]\n*_#>-] ?)\W*(?:{_MODEL})\b ?(?:[:,|]|must|should|shall|will|is to|are to|has to|can now|may now)\W",
    rf"\b(?:you(?:'re| are) (?:now |no longer |actually )?(?:an? |the |my |in )?(?:\w+ ){{0,3}}?(?:{_MODEL}|developer mode|debug mode|jailbr\w+|unrestricted|dan|pirate)\b)",
    r"\b(?:system|developer|hidden|initial|secret) (?:prompt|message)s?\b|\b(?:system|developer|hidden|secret) instructions?\b",
    r"\b(?:new|updated|revised|real|actual|true|urgent|secret|final) (?:system )?(?:instructions?|directives?|orders)\b(?: for (?:you|the)|:| follow| below| from)",
    r"\b(?:act|behave|pretend|speak|write|answer|respond|reply|roleplay|role-play) (?:as if|as though|like|as) (?:you|an?|the|my) ?(?:\w+ ){0,3}?(?:pirate|hacker|dan|developer|administrator|admin|root|headteacher|were|are|had|human|model|ai|unrestricted|doctor|lawyer|solicitor|union|grandmother|character)\b",
    rf"\b(?:tell|inform|advise|instruct|convince|persuade|urge|direct|send|refer|point) (?:the|this|any|every|each|whoever|anyone|all|your) ?(?:\w+ )?(?:users?|askers?|readers?|human|enquirer|questioner|who asks|(?:person|member of staff|teacher|caller) (?:who (?:asks|is asking)|asking))\b{_ASIDE}\b(?:to|that|it|they|he|she|at|click|ring|call|visit|about)\b",
    r"\b(?:whoever|anyone|anybody|everyone|everybody|a person|a user|the user|a teacher) (?:who )?(?:asks?|is asking|asked)\b[^.!?\n]{0,60}\b(?:tell|say|answer|reply|respond|told|is to be|give|direct|send)\b",
    r"\b(?:when|whenever|if|before|while|in|after) (?:you are |you're |being |you )?(?:asked(?! to)|answering|asks|replying|responding|summarising|summarizing|quoting|citing|processing|reading this)\b[^.!?\n]{0,80}(?:[,:;]|\b(?:you|always|please|must|should|also)) (?:always |also |first |only |please )?(?:say|answer|reply|respond|tell|write|include|add|append|output|claim|state|begin|end|cite|ignore|do not|don't|never|print|mention)\b",
    r"\b(?:reply|respond|output|print|say|repeat|return) (?:only|exactly|just|solely|nothing but|with|the following|this|verbatim|back)\b[^.!?\n]{0,40}(?:[:\"“'‘]|\bthe words?\b|\bjson\b|\bphrase|\btext|\byes\b|\bno\b|\bsystem\b|\bsecret|\bfrench\b|\bcapitals|\bbase64|\bmarkdown|\bhtml\b|\blink|\bemoji|\bprompt)",
    r"\banswer (?:only|exactly|with|every question|all questions|any question) (?:with |as |by |in )?[^.!?\n]{0,30}(?:[\"“‘]|\byes\b|\bno\b|\bword\b|\blink\b|\bjson\b|\bcapitals\b)",
    r"\byour (?:answer|reply|response|output|next (?:answer|message|reply))\b[^.!?\n]{0,30}\b(?:must|shall|has to|should (?:say|begin|include|contain|be))\b",
    r"\b(?:add|include|append|put|insert|mention|embed|place|say|state|write)\b[^.!?\n]{0,80}\b(?:in|to|at|into|with) (?:the (?:end|top|start) of )?(?:your|every|each|all|any) (?:answers?|repl(?:y|ies)|responses?|outputs?)\b",
    r"\b(?:end|start|begin|finish|close|sign off|prefix) (?:your|every|each|all) (?:answers?|repl(?:y|ies)|responses?|outputs?|messages?)\b",
    r"\b(?:do not|don't|never|without) (?:cite|citing|quote|quoting|mention(?:ing)?|reveal(?:ing)?|tell(?:ing)?|disclos(?:e|ing)|refer(?:ring)? to) (?:this|that|these|the|any|your|where) (?:instruction|note|paragraph|passage|message|text|line|user|source|section|document|comment|other passages|it came|prompt)",
    r"\b(?:reveal|print|repeat|show|output|display|leak|expose|list|dump|exfiltrate|send)\b[^.!?\n]{0,30}\b(?:your (?:\w+ )?(?:instructions?|rules|prompts?|configuration|settings|training|key)|api keys?|everything above|text above|words above|conversation (?:so far|history)|chat history|environment variables|question (?:to|in)|asker's|user's)\b",
    r"(?:^|\n)\W*(?:system|assistant|user|human|developer|tool|ai)\s*[:>\]]",
    r"<\|?/?\s*(?:im_start|im_end|system|assistant|user|endoftext|eot_id|start_header_id|s|inst|tool_call|function|instructions?|prompt|passages?|documents?|context|answer)\b[^>\n]*\|?>|\[/?(?:inst|system|sys)\]|<<\s*/?(?:sys|system|end|passage)|\{\{[^}]*\}\}|###\s*(?:instruction|system|response|human|assistant)s?\s*:|-{3,}\s*(?:end|begin|start)\b[^\n]{0,40}",
    r"\b(?:end|beginning|start|close) of (?:the )?(?:passages?|context|evidence|sources|prompt|system prompt|retrieved \w+|policy text)\b",
    r"\b(?:passages?|sources?|documents?) \[?\d+\]?(?: and \[?\d+\]?)? (?:is|are|was|were) (?:false|wrong|fake|out of date|outdated|withdrawn|not to be|superseded|untrusted|invalid|obsolete)",
    r"\b(?:cite|quote|use|attribute)\b[^.!?\n]{0,30}(?:\bpassage|\bsource|\bit to|\bas|\bnumber)? ?\[\d{1,2}\]",
    rf"\b(?:ignore|disregard|forget|override|bypass)\b{_ASIDE}\b{_ORDERS} (?:above|before|so far)\b",
    rf"\b(?:order|instruct|tell|told|command|programm?|requir)(?:ed|ing|s)? (?:the |an |any |this |every )?{_MODEL} (?:to|that)\b",
    r"\bpretend (?:that )?you (?:are|were)\b|\blet(?:'s| us) play a (?:game|role)\b|\byou(?:'re| are) (?:now )?an? [\w ]{2,30} now\b",
    r"\b(?:translate|rewrite|change|swap|replace|multiply|alter)\b[^.!?\n]{0,60}\b(?:your answers?|you (?:quote|write|answer)|all answers)\b",
    r"\b(?:in|of) (?:all|every|each) (?:your )?(?:answers?|responses?)\b|\bevery (?:response|answer|reply) (?:that )?you (?:give|write)\b|\bother passages\b",
    r"\bnot in the passages\b|\binstructions (?:that )?you (?:were|have been|are) given\b|\binstead of an? (?:answer|reply)\b",
    r"\b(?:answer|meet) (?:every|all|any) (?:\w+ )?questions? (?:with|by|as)\b",
    r"(?:^|[.!?]\s+|\n)\W*(?:say|claim|state|answer|reply|respond) that\b(?! you)",
    r"\bthe (?:reader|user|asker)s? (?:should|must|is to|has to|needs to) (?:be told|hear|know)\b",
    r"\b(?:developer|debug|god|admin(?:istrator)?|maintenance|unrestricted|jailbreak|dan) mode\b",
    r"\b(?:do anything now|jailbreak|prompt injection|no (?:longer )?(?:bound|restricted|limited) by)\b",
    r"\b(?:base ?64|rot ?13|decode (?:this|the following|and (?:follow|execute|run)))\b",
    # the same in the languages that an attacker tries first
    r"\b(?:ignor(?:ez|e[zr]?|a|iere|ieren|ar|are)|oubli(?:ez|e)|vergiss|vergessen sie|olvida|dimentica|zignoruj|ignoruj|ignora[dr]?|negeer|esque[cç]a|anwybydd\w*)\b[^.!?\n]{0,50}\b(?:instru\w+|anweisung\w*|r[eè]gl\w+|regeln|istruzioni|polece\w+|cyfarwydd\w+|regras|normas|consignes)\b",
    r"(?:игнорир|забуд|不要理会|忽略|无视|無視|تجاهل|התעלם|अनदेखा|ਨਜ਼ਰਅੰਦਾਜ਼|نظر انداز|উপেক্ষা)",
    r"\b(?:r[eé]pond(?:s|ez|re)|antworte(?:n sie)?|responde|rispondi|odpowiedz|dites|sagen sie|dile|di al|d[ií]gale)\b[^.!?\n]{0,60}\b(?:utilisateur|benutzer|usuario|nutzer|utente|personne|seulement|nur|s[oó]lo|que|dass|aux|auf|con)\b",
)
_ADDRESSES = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_BASE64 = re.compile(r"(?<![\w/+])[A-Za-z0-9+/]{24,}={0,2}(?![\w/+])")


@lru_cache(maxsize=4096)
def speaks_to_a_model(text: str) -> bool:
    """True when a text reads as an instruction to a language model, plainly or in disguise."""
    plain = as_read(text)
    return bool(_ADDRESSES.search(plain)) or any(_ADDRESSES.search(as_read(hidden)) for hidden in _decoded(plain))


def as_read(text: str) -> str:
    """The text as a model reads it: hidden characters out, look-alike letters as the Latin ones they pass for."""
    tagged = "".join(chr(ord(char) - 0xE0000) if 0xE0020 <= ord(char) <= 0xE007E else char for char in text)
    plain = unicodedata.normalize("NFKC", HIDDEN.sub("", tagged))
    if re.search(r"[a-zA-Z]", plain):
        plain = re.sub(
            r"\S+", lambda word: word[0].translate(_LIKE_LATIN) if re.search(r"[a-zA-Z]", word[0]) else word[0], plain
        )
    return plain.replace("’", "'")


def without_hidden(text: str) -> str:
    """The text without the characters that a reader does not see."""
    return HIDDEN.sub("", text)


def _decoded(text: str) -> list[str]:
    found = []
    for match in _BASE64.finditer(text):
        try:
            found.append(base64.b64decode(match[0] + "=" * (-len(match[0]) % 4)).decode("ascii"))
        except (binascii.Error, UnicodeDecodeError):  # a long word or a code: not text in disguise
            continue
    return found
