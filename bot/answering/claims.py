"""Do the words that a claim cites carry it?

A claim is checked against statements: the clauses of a sentence, a list item with the line that leads into it, a table
row with its column names. What it says is right only where one statement says it: a number of one row is no number of
another, and a "must" of one sentence no "must" of the next. Whatever is in doubt is not carried; then the quotation
answer stands, which is never wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.answering.addressed import speaks_to_a_model
from bot.answering.figures import Figure, figures_in, holds
from bot.answering.schools import schools_named
from bot.answering.units import sentence_spans
from bot.answering.words import STOP_WORDS, content_words, split_words, stem, stems
from ingestion.model import Block, IndexedPassage, Slug, Trust

MIN_SHARED_WORDS = 0.5
"""Of a claim's content words, the share that must stand in the passages it cites."""

_WORDING = {
    "must": r"must|shall|ha(?:s|ve|d) to|required|need(?:s|ed)? to|obliged|compulsory|mandatory",
    "should": r"should|ought to|(?:is|are) expected to",
    "may": r"may|might|can|cannot|could|(?:is|are|be) (?:allowed|permitted|able|free) to|entitled",
    "normally": r"normally|usually|generally|typically|ordinarily|as a rule|in most cases|where(?:ver)? possible"
    r"|where practicable|sometimes|often|rarely",
    "discretion": r"discretion\w*|case[ -]by[ -]case|on (?:its|their) merits",
    "only": r"only|solely|exclusively",
    "unless": r"unless|except\w*|other than|apart from|excluding|save (?:for|where|in)",
    "not": r"not|never|no|none|nor|neither|nobody|cannot|without|forbid\w*|forbidden|prohibit\w*|banned|unpaid",
    "always": r"always|every time|in all cases",
}
_MARKS = {name: re.compile(rf"\b(?:{words})\b") for name, words in _WORDING.items()}
_BOUND_WORDS = re.compile(r"\b(?:no|not) (?:more|less|fewer|later|earlier|longer|exceed\w*)\b(?: than)?|\bnot only\b")
_MONTH_OF_MAY = re.compile(
    r"(?<=\d )May\b|(?<=\dth )May\b|(?<=\dst )May\b|\bMay(?= \d)|\b(?:in|of|by|until|since) May\b"
)
_GIVES = re.compile(r"\b(?:up to|maximum|granted|given|offered|available|eligible|allow\w*|provided)\b", re.IGNORECASE)
"""Of what is given one may say that a person "can have" it."""

_IF = re.compile(r"\b(?:if|provided|as long as|so long as|subject to|on condition)\b", re.IGNORECASE)
_SAYS_IF = re.compile(
    r"\b(?:if|when|where|who|whose|provided|as long as|so long as|subject to|on condition|unless|once|after|with)\b",
    re.IGNORECASE,
)

_SAYS = re.compile(
    r"(?i)\b(?:sa(?:y|ys|id|ying)|tell\w*|told|answer\w*|repl(?:y|ies|ied)|claim\w*|respond\w*|stat(?:e|es|ed|ing)|writ\w+"
    r"|pretend\w*|advis\w+|inform\w*|add)\b"
)
_SAYS_THAT = re.compile(rf"{_SAYS.pattern}[^.!?]{{0,60}}?(?:\bthat\b|[:\"“‘]|\bis\b|\bare\b)")
_MARKUP = re.compile(r"<[A-Za-z/!]|\]\(|\]\[|!\[|`|\\u[0-9a-f]{4}|&#?\w+;")
_QUOTED = re.compile(r"“([^”]+)”|\"([^\"]+)\"|‘([^’]+)’")
_LINK = re.compile(r"(?i)\b(?:https?|ftp|mailto|javascript|data):\S+|\bwww\.\S+")
_DOMAIN = re.compile(r"(?i)(?<![\w@.])(?:[a-z0-9-]*[a-z][a-z0-9-]*\.)+[a-z]{2,24}\b(?:/\S*)?")
_EMAIL = re.compile(r"(?i)[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{1,3}|\(?0)[\d\s()-]{6,}\d")
_TEXT_CODE = re.compile(
    r"(?i)\b(?:text|ring|call|dial|phone|sms|whatsapp)\b[^.]{0,40}?(?<![\w.])(\d{5,6})(?![\d\s]*\d)"
)

_CLAUSE_END = re.compile(
    r"[;:]\s+|,\s+(?=(?:and|but|or|while|whereas|although|so|then)\s)|\s+(?=(?:but|whereas|while)\s)"
)
_AND = re.compile(r",?\s+(?=(?:and|or)\s)")
_SEGMENT_END = re.compile(r"[,;:–—]\s*|\s+(?:and|or|but)\s+")
_LEANS_BACK = re.compile(
    r"(?i)\s*(?:this|these|they|it|he|she|such|those|that|there|otherwise|in (?:this|that|these|those)|if (?:so|not))\b"
)
_CODE = re.compile(r"[A-Z]{2,}|\w*\d\w*[A-Za-z]\w*|[A-Za-z]\w*\d\w*")
_ROLES = frozenset(
    stem(role)
    for role in """headteacher head principal governor chair ceo director deputy manager mentor tutor caretaker nurse
    police counsellor trustee bursar senco dsl lado receptionist office union doctor gp teacher parent secretary
    leader supervisor administrator coordinator""".split()
)


@dataclass(frozen=True)
class Statement:
    """What a document says in one go. `text` is the clause, `whole` the sentence, item or row that it is a part of;
    `words` are the stems of both the clause and what it stands under."""

    text: str
    whole: str
    words: frozenset[str]
    figures: tuple[Figure, ...]
    header: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()


class ClaimCheck:
    """Checks the claims of one answer for a trust and the schools that were asked about; reads each passage once."""

    def __init__(self, trust: Trust, schools: Sequence[Slug]) -> None:
        self._trust = trust
        self._schools = frozenset(schools)
        self._statements: dict[int, tuple[Statement, ...]] = {}

    def why_not(self, claim: str, sources: Sequence[IndexedPassage]) -> str | None:
        """Why the passages that a claim cites do not carry it, in a few words; None when they do."""
        if not sources:
            return "it cites no passage"
        if speaks_to_a_model(claim):
            return "it speaks to a model"
        if any(speaks_to_a_model(found.passage.text) for found in sources):
            return "its passage speaks to a model"
        if _MARKUP.search(claim):
            return "it holds markup"
        return (
            self._wrong_quotation(claim, sources)
            or self._wrong_contact(claim, sources)
            or self._wrong_name(claim, sources)
            or self._wrong_words(claim, sources)
        )

    def _wrong_quotation(self, claim: str, sources: Sequence[IndexedPassage]) -> str | None:
        texts = [" ".join(found.passage.text.split()) for found in sources]
        for match in _QUOTED.finditer(claim):
            quoted = " ".join(next(filter(None, match.groups())).split()).rstrip(".,;")
            if not any(quoted in text for text in texts):
                return f"the passage does not say “{quoted}”"
        return None

    def _wrong_contact(self, claim: str, sources: Sequence[IndexedPassage]) -> str | None:
        """A link, an address or a telephone number is shown in a quotation, with its source; in a sentence only when
        `trust.toml` or a second document gives it as well, for one document alone may have been tampered with."""
        record_phones = [contact.phone for contact in self._trust.safeguarding]
        for school in self._trust.schools:
            if school.slug in self._schools:
                record_phones += [contact.phone for contact in school.safeguarding]
        known = {_squeezed(phone) for phone in record_phones}
        for detail in contact_details(claim):
            squeezed = _squeezed(detail)
            documents = {found.version.path for found in sources if squeezed in _squeezed(found.passage.text)}
            if not documents or (squeezed not in known and len(documents) < 2):
                return f"{detail} is shown in a quotation only"
        return None

    def _wrong_name(self, claim: str, sources: Sequence[IndexedPassage]) -> str | None:
        texts = " ".join(self._context(found) + " " + found.passage.text for found in sources)
        of_sources = {found.version.school for found in sources}
        in_text = set(schools_named(texts, self._trust))
        for slug in schools_named(claim, self._trust):
            is_asked = slug in self._schools and None in of_sources
            is_told = slug in in_text and not self._schools  # of a trust's document, where no school is known
            if slug not in of_sources and not is_told and not is_asked:
                return f"its passages are not about {slug}"
        names = [self._trust.name, *self._glossary(texts)]
        for school in self._trust.schools:
            if school.slug in self._schools or school.slug in of_sources:
                names += [school.name, *school.aliases]
        known = set(stems(" ".join([texts, *names])))
        for name in _names_in(claim):
            if not known.issuperset(stem(word) for word in split_words(name)):
                return f"{name} is not in its passages"
        return None

    def _wrong_words(self, claim: str, sources: Sequence[IndexedPassage]) -> str | None:
        statements = [one for found in sources for one in self._of(found)]
        weights = _weights(statements)
        held = frozenset(weights)
        said = self._stems_of(claim)
        if not said or len(said & held) / len(said) < MIN_SHARED_WORDS:
            return "too few of its words are in its passages"
        for segment in _SEGMENT_END.split(claim):
            part = _content_stems(segment)
            if len(part) >= 2 and not part & held and not figures_in(segment):
                return f"nothing of “{segment.strip()}” is in its passages"
        marks_of_claim = _marks(claim)
        for clause in _clauses(claim):
            if problem := self._wrong_clause(clause, statements, weights, marks_of_claim, claim):
                return problem
        return None

    def _wrong_clause(
        self,
        clause: str,
        statements: Sequence[Statement],
        weights: Mapping[str, float],
        marks_of_claim: frozenset[str],
        claim: str,
    ) -> str | None:
        """Why no statement that comes as near as any to the clause's words says the same."""
        figures, said = figures_in(clause), self._stems_of(clause)
        if strangers := sorted((said & _ROLES) - weights.keys()):
            return f"its passages do not name the {strangers[0]}"
        anchored = said & weights.keys()
        if not anchored and not figures:
            return None  # words alone that stand nowhere: counted above
        scores = [sum(weights[word] for word in anchored & one.words) for one in statements]
        best = max(scores) - 1e-9
        nearest = [one for one, score in zip(statements, scores, strict=True) if score >= best]
        right = [one for one in nearest if all(holds(one.figures, figure, one.words) for figure in figures)]
        if not right or (figures and not anchored and len({one.figures for one in statements if one.figures}) > 1):
            return f"no statement about that says {', '.join(map(str, figures))}"
        if figures and not any(_in_its_column(one, figures, anchored) for one in right):
            return f"{', '.join(map(str, figures))} stands in another column"
        problems = [_wrong_marks(clause, one, marks_of_claim, claim) or _wrong_role(anchored, one) for one in right]
        return None if None in problems else problems[0]

    def _of(self, found: IndexedPassage) -> tuple[Statement, ...]:
        if found.id not in self._statements:
            self._statements[found.id] = tuple(self._read(found))
        return self._statements[found.id]

    def _read(self, found: IndexedPassage) -> Iterator[Statement]:
        above = self._context(found)
        lead, header = "", tuple[str, ...]()
        for block in found.passage.blocks:
            if block.kind == "table_header":
                header = block.cells
            elif block.kind == "table_row":
                yield self._row(block, header, above)
            else:
                before = lead if block.kind == "list_item" else ""
                yield from self._sentences(block.text, f"{above} {before}", before)
                if block.kind == "paragraph":
                    lead = block.text.strip() if block.text.rstrip().endswith(":") else ""
                    header = ()

    def _row(self, block: Block, header: tuple[str, ...], above: str) -> Statement:
        names = header if len(header) == len(block.cells) else ()
        whole = (
            "; ".join(f"{name}: {cell}" for name, cell in zip(names, block.cells, strict=True)) if names else block.text
        )
        return Statement(
            block.text, whole, self._stems_of(f"{above} {whole}"), figures_in(f"{block.text} . {above}"), names,
            block.cells,
        )  # fmt: skip

    def _sentences(self, text: str, above: str, lead: str) -> Iterator[Statement]:
        """A statement a clause. A clause is read under the words that its sentence begins with, and a sentence that
        leans back ("This …") under the one before it."""
        before = ""
        for start, end in sentence_spans(text):
            sentence = text[start:end]
            under = f"{above} {before}" if _LEANS_BACK.match(sentence) else above
            beginning = ""
            for clause in _clauses(sentence):
                words = self._stems_of(f"{under} {beginning} {clause}")
                yield Statement(
                    f"{lead} {clause}".strip(), f"{lead} {sentence}".strip(), words, figures_in(f"{clause} . {above}")
                )
                beginning = beginning or re.split(r"\d", clause)[0]
            before = sentence

    def _context(self, found: IndexedPassage) -> str:
        return " . ".join((found.version.title, *found.passage.heading))

    def _stems_of(self, text: str) -> frozenset[str]:
        """Content stems, with those of the glossary's other forms of what the text says."""
        return _content_stems(" ".join([text, *self._glossary(text)]))

    def _glossary(self, text: str) -> Iterable[str]:
        """The other forms of each acronym that the text writes out or, in capitals as the glossary has it, uses."""
        words = " ".join(["", *re.findall(r"\w+", text), ""])
        folded = words.lower()
        for acronym in self._trust.acronyms:
            shorts = (acronym.short, *acronym.formerly)
            said = {short for short in shorts if f" {short} " in words or f" {short}s " in words}
            if f" {acronym.expansion.lower()}" in folded:
                said.add(acronym.expansion)
            if said:
                yield from (form for form in (*shorts, acronym.expansion) if form not in said)


def contact_details(text: str) -> list[str]:
    """Every link, web address, e-mail address and telephone number in a text, in no order."""
    found = [match[0] for pattern in (_LINK, _EMAIL, _DOMAIN, _PHONE) for match in pattern.finditer(text)]
    found += [match[1] for match in _TEXT_CODE.finditer(text)]
    return list(dict.fromkeys(one.rstrip(".,;:!?)]'\"’”") for one in found))


def _squeezed(text: str) -> str:
    """Lower case without blanks and brackets: one number is written in many ways."""
    return re.sub(r"[\s()-]", "", text.lower())


def _names_in(claim: str) -> list[str]:
    """Words with a capital inside a sentence, and codes and acronyms anywhere: "LA1", "DSL", "Monday"."""
    names = []
    for start, end in sentence_spans(claim):
        for place, match in enumerate(re.finditer(r"[^\W_][\w'’]*", claim[start:end])):
            word = match[0]
            is_inside = place > 0 and claim[start + match.start() - 1] not in '“"‘('
            if _CODE.fullmatch(word) or (word[0].isupper() and is_inside and word not in ("I", "You", "If", "It")):
                names.append(word)
    return [name for name in names if not re.fullmatch(r"(?i)\d+(?:am|pm|st|nd|rd|th|p|k|m)", name)]


def _weights(statements: Sequence[Statement]) -> dict[str, float]:
    """What each word tells of which statement is meant: the more of them say it, the less."""
    counts = Counter(word for one in statements for word in one.words)
    return {word: 1 / count for word, count in counts.items()}


def _content_stems(text: str) -> frozenset[str]:
    plain = [word for word in content_words(text) if word not in STOP_WORDS]
    return frozenset(stem(word) for word in plain if not word.isdigit())


def _clauses(sentence: str) -> list[str]:
    """The clauses of a sentence that could each be said alone; never empty for a sentence with words.

    "And" parts two only where each has a figure of its own, or each says what must, should or may be.
    """
    clauses: list[str] = []
    for piece in _CLAUSE_END.split(sentence):
        start = 0
        for match in _AND.finditer(piece):
            left, right = piece[start : match.start()], piece[match.end() :]
            if (figures_in(left) and figures_in(right)) or (_modal(left) and _modal(right)):
                clauses.append(left)
                start = match.end()
        clauses.append(piece[start:])
    return [clause.strip() for clause in clauses if re.search(r"\w", clause)]


def _modal(text: str) -> bool:
    return bool(_marks(text) & {"must", "should", "may", "not"})


def _marks(text: str) -> frozenset[str]:
    """Which words bind, loosen or limit what a text says, by their kind."""
    plain = _MONTH_OF_MAY.sub(" ", text).lower().replace("’", "'").replace("can't", "cannot").replace("n't", " not")
    plain = _BOUND_WORDS.sub(" ", plain)
    return frozenset(name for name, pattern in _MARKS.items() if pattern.search(plain))


def _wrong_marks(clause: str, statement: Statement, marks_of_claim: frozenset[str], claim: str) -> str | None:
    """What the clause brings must be in the whole sentence; what the statement holds must be in the whole claim."""
    allowed = _marks(statement.whole)
    if _GIVES.search(statement.whole) and not allowed & {"must", "should", "not"}:
        allowed |= {"may"}
    if brought := sorted(_marks(clause) - allowed):
        return f"it brings “{brought[0]}”"
    if lost := sorted(_marks(statement.text) - marks_of_claim):
        return f"it loses “{lost[0]}”"
    if _SAYS_THAT.search(statement.text) and not _SAYS.search(claim):
        return "it tells as true what its passage tells somebody to say"
    if _IF.search(statement.text) and not _SAYS_IF.search(claim):
        return "it loses a condition"
    return None


def _wrong_role(anchored: frozenset[str], statement: Statement) -> str | None:
    """A role that the clause names must stand in the statement, its sentence or what it stands under."""
    named = statement.words.union(stems(statement.whole))
    strangers = sorted(anchored & _ROLES - named)
    return f"the statement does not name the {strangers[0]}" if strangers else None


def _in_its_column(statement: Statement, figures: Sequence[Figure], anchored: frozenset[str]) -> bool:
    """False when the clause speaks of one column of the row and gives the figure of another."""
    if not statement.header:
        return True
    columns = [_content_stems(name) for name in statement.header]
    values = [figures_in(cell) for cell in statement.cells]
    for figure in figures:
        own = [place for place, held in enumerate(values) if holds(held, figure, statement.words)]
        if not own:
            continue
        for other, held in enumerate(values):
            if other in own or not held or any(holds(held, one, statement.words) for one in figures):
                continue
            if all(
                (columns[other] - columns[place]) & anchored and not (columns[place] - columns[other]) & anchored
                for place in own
            ):
                return False
    return True
