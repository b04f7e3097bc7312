"""What is being asked, of which school, before anything is searched?

Pure: rules over the question and the trust's own words. No model decides here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answering.asked_edition import edition_asked
from bot.answering.conversation import WEIGHT_OF_CONVERSATION, ReadInConversation, read_in_conversation
from bot.answering.redirects import Redirects, touches_safeguarding
from bot.answering.schools import (
    SchoolsAsked,
    is_only_schools,
    names_of_schools,
    schools_asked,
    schools_named,
    without_schools,
)
from bot.answering.spelling import KnownWords
from bot.answering.split_questions import AskedPart, last_question, split_questions
from bot.answering.wider_words import widen
from bot.frameworks.codes import asks_codes_alone, statement_asked
from bot.model import (
    Clarification,
    EditionAsked,
    Interpretation,
    LookUp,
    ProgrammeQuestion,
    Question,
    Redirect,
    Several,
    StatementLookUp,
    Turn,
    Wording,
)
from ingestion.model import Slug, Trust

MAX_QUESTION_CHARACTERS = 2_000
"""Of a question that is looked up; what follows is left out. A staff question is a sentence or two."""

WEIGHT_OF_LAST_QUESTION = 0.5
"""What the question at the end of a story counts beside the story with its question."""

_SLACK_MARKUP = re.compile(
    r"<[@#!][^>]*>|<(https?://[^>|]+)(?:\|([^>]*))?>|(?<=\s):[a-z0-9_+-]+:(?=\s|$)|^:[a-z0-9_+-]+:"
)
_HELP = re.compile(
    r"^(?:help|hi|hello|hey|start|what can you do|what do you do|who are you|how do you work)(?: there| staffroom)?[?!. ]*$",
    re.I,
)
_THANKS = re.compile(
    r"^(?:(?:ok|okay|great|perfect|lovely|brilliant|cheers|ta|thx|thanks?(?: you)?|thank u|ty|many thanks|nice one|got it|will do"
    r"|that'?s? (?:great|helpful|all|perfect|it)|a lot|so much|very much|for that|mate|much appreciated|no worries)[,.! ]*)+$",
    re.I,
)
_PROGRAMME = re.compile(
    r"\b(?:npq\w*|ecte|programmes?|courses?|apprenticeships?|hlta|scitt|qualifications?|cpd|training (?:for|to|on)|funded|funding"
    r"|cohorts?|become an?|want to be an?|nasenco)\b",
    re.I,
)


def interpret(
    question: Question,
    *,
    trust: Trust,
    redirects: Redirects,
    known: KnownWords | None = None,
    rewritten: str | None = None,
) -> Interpretation:
    """What the question turned out to be.

    Order matters: a disclosure leaves before anything else is thought about; the school is settled before any search.
    `known` are the words of the trust's documents, to read misspelt ones by; `rewritten` is the question made to stand
    alone by a chat model, where one is set: it takes the place of what the rules make of the conversation.
    """
    whole = clean_question(question.text)
    text = whole[:MAX_QUESTION_CHARACTERS]
    history = tuple(Turn(turn.role, clean_question(turn.text)[:MAX_QUESTION_CHARACTERS]) for turn in question.history)
    edition, current = edition_asked(text)
    reading = read_in_conversation("" if history and is_only_schools(current, trust) else current, history)
    redirection = redirects.of(whole, earlier=reading.leans_on, in_trust=bool(trust.schools))
    if redirection is None and rewritten:
        redirection = redirects.of(rewritten, in_trust=bool(trust.schools))
    if redirection is not None:
        named = schools_named(text, trust)
        whose = named[0] if len(named) == 1 else _known_school(question, trust)
        return Redirect(redirection.kind, whose, redirection.case)
    if _HELP.match(text):
        return Redirect("help", question.asker.school)
    if _THANKS.match(text):
        return Redirect("help", question.asker.school, "thanks")
    if not re.search(r"\w", text):
        return Clarification("question")
    asked = _Reader(question, history, trust, known, edition)
    if rewritten:
        reading = replace(reading, query=rewritten, also=(Wording(reading.query, WEIGHT_OF_CONVERSATION),))
    elif not asks_codes_alone(current, trust.acronyms) and (parts := _parts(current, trust)):
        told = history if reading.leans_on else ()
        return Several(tuple((part.words, asked.part(part.words, part.query, told, whole=current)) for part in parts))
    return asked.reading(text, reading)


def _parts(text: str, trust: Trust) -> tuple[AskedPart, ...]:
    """The questions of a message; none of them is only a school's name ("rewards at Kestrel, Rowan and Lantern")."""
    parts = split_questions(text)
    return () if any(is_only_schools(part.words, trust) for part in parts) else parts


@dataclass(frozen=True)
class _Reader:
    """What each question of a message is read with."""

    question: Question
    history: tuple[Turn, ...]
    trust: Trust
    known: KnownWords | None
    edition: EditionAsked

    def part(
        self, words: str, query: str, history: tuple[Turn, ...], *, whole: str
    ) -> LookUp | StatementLookUp | ProgrammeQuestion:
        """One of several questions: of the school that it names, else of the one that the message names."""
        return self.reading(words, read_in_conversation(query, history), whole=whole)

    def reading(
        self, text: str, reading: ReadInConversation, *, whole: str | None = None
    ) -> LookUp | StatementLookUp | ProgrammeQuestion:
        lookup = self._look_up(text, reading, whole)
        earlier = [turn.text for turn in reversed(self.history) if turn.role == "user"]
        if statements := statement_asked(text, lookup, earlier=earlier[:3], acronyms=self.trust.acronyms):
            return statements
        return ProgrammeQuestion(lookup) if _PROGRAMME.search(text) else lookup

    def _look_up(self, text: str, reading: ReadInConversation, whole: str | None) -> LookUp:
        schools = self._schools(text, reading, whole)
        query = without_schools(reading.query, self.trust)
        also = [*reading.also]
        if (asked := last_question(reading.query)) is not None:
            also.append(Wording(asked, WEIGHT_OF_LAST_QUESTION))
        texts = {without_schools(one.text, self.trust): one.weight for one in reversed(also)}
        texts.pop(query, None)  # already searched, with its expansions
        return LookUp(
            query=query,
            schools=schools.schools,
            expansions=widen(query, self.trust.acronyms, known=self.known, names=names_of_schools(self.trust)),
            also=tuple(Wording(one, weight) for one, weight in reversed(texts.items())),
            roles=self.question.asker.roles,
            by_school=schools.to_compare,
            edition=self.edition,
            touches_safeguarding=touches_safeguarding(query),
        )

    def _schools(self, text: str, reading: ReadInConversation, whole: str | None) -> SchoolsAsked:
        """The schools that the question names, else those of the messages it leans on, else the asker's.

        A question that may as well stand alone is about the asker's own school, where that is known.
        """
        own = _known_school(self.question, self.trust)
        leant_on = reading.leans_on if reading.surely or own is None else ()
        said_before = [turn.text for turn in reversed(self.history)]
        spoken_of = [slug for said in said_before for slug in schools_named(said, self.trust)]
        for said in (text, *(() if whole is None else (whole,)), *leant_on):
            asked = schools_asked(said, self.trust, own=own, spoken_of=spoken_of)
            if asked is not None and not (
                said is whole and said != text and asked.to_compare and len(asked.schools) > 1
            ):
                return asked
        return SchoolsAsked(() if own is None else (own,))


def clean_question(text: str) -> str:
    """The question without Slack's mentions, link markup and emoji, white space folded."""
    plain = _SLACK_MARKUP.sub(lambda match: match[2] or match[1] or " ", text)
    return " ".join(plain.split())


def _known_school(question: Question, trust: Trust) -> Slug | None:
    """The asker's school; in a trust of one school, that school."""
    if question.asker.school is not None:
        return question.asker.school
    return trust.schools[0].slug if len(trust.schools) == 1 else None
