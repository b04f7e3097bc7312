"""Several questions answered as one, and several schools beside each other."""

from __future__ import annotations

from dataclasses import replace

from bot.answering.compare import OwnDocuments, compare_schools
from bot.answering.find import Found
from bot.answering.parts import PART_WORDS, join_parts
from bot.answering.rank import ScoredUnit
from bot.answering.units import quotable_units
from bot.model import Answered, AnswerSentence, Evidence, LookUp, NeedsDetail, NoEvidence, PartAnswered
from ingestion.model import Hit, IndexedPassage, Slug
from tests.building import TRUST, indexed, scored
from tests.replies import LADDER, PHONES

SALTMARSH, KESTREL = Slug("saltmarsh"), Slug("kestrel")
NOTHING = NoEvidence("Not in the documents.")


def test_citations_are_numbered_anew_and_one_that_answers_twice_is_cited_once() -> None:
    ladder = replace(LADDER, number=1)
    joined = join_parts(
        [
            ("phones?", Answered((PHONES,), notes=("See [1].",))),
            ("parking?", NOTHING),
            ("who?", Answered((ladder, replace(PHONES, number=2)), notes=("[1] and [2] differ.",))),
        ]
    )
    assert isinstance(joined, Answered)
    assert [citation.quote for citation in joined.citations] == [PHONES.quote, LADDER.quote]
    assert joined.parts == (PartAnswered("phones?", (1,)), PartAnswered("parking?"), PartAnswered("who?", (2, 1)))
    assert joined.notes == ("See [1].", "[2] and [1] differ.")


def test_what_has_to_be_known_first_is_asked_once_for_the_whole() -> None:
    asking = NeedsDetail("school", "Which school?", (("saltmarsh", "Saltmarsh"),))
    assert join_parts([("a", Answered((PHONES,))), ("b", asking), ("c", asking)]) == asking


def test_where_no_part_is_answered_the_first_says_so() -> None:
    assert join_parts([("a", NOTHING), ("b", NoEvidence("Nor this."))]) == NOTHING


def test_a_part_is_short_but_keeps_what_a_note_names() -> None:
    long = tuple(replace(PHONES, number=n, quote=f"word{n} " * (PART_WORDS // 2)) for n in range(1, 5))
    short = join_parts([("a", Answered(long)), ("b", NOTHING)])
    noted = join_parts([("a", Answered(long, notes=("[1] and [4] do not say the same.",))), ("b", NOTHING)])
    assert isinstance(short, Answered)
    assert isinstance(noted, Answered)
    assert [citation.quote.split()[0] for citation in short.citations] == ["word1", "word2"]
    assert [citation.quote.split()[0] for citation in noted.citations] == ["word1", "word2", "word4"]
    assert noted.notes == ("[1] and [3] do not say the same.",)


def test_a_models_sentences_stay_with_their_part() -> None:
    written = Answered((LADDER,), (AnswerSentence("A reminder first.", (2,)),), made_by="openai:x 0123")
    joined = join_parts([("a", Answered((PHONES,))), ("b", written)])
    assert isinstance(joined, Answered)
    assert joined.parts[1].sentences == (AnswerSentence("A reminder first.", (2,)),)
    assert joined.made_by == "openai:x 0123"


# ── schools beside each other ────────────────────────────────────────────────────────────────────────────────────────


def found_in(found: IndexedPassage | None, *, score: float = 0.7, confidence: float = 0.8) -> Found:
    if found is None:
        return Found(LookUp("phones"), Evidence(), (), 0.0, {})
    source = scored(found)
    [unit] = quotable_units(source)
    return Found(LookUp("phones"), Evidence((source,)), (ScoredUnit(unit, score, 0.6, 0.6),), confidence, {})


def test_a_school_that_states_nothing_of_its_own_has_a_line_without_a_source() -> None:
    own = {SALTMARSH: found_in(indexed("Phones go to the office.", school=SALTMARSH)), KESTREL: found_in(None)}
    draft, lines = compare_schools(own, found_in(None), trust=TRUST)
    assert [quotation.text for quotation in draft.quotations] == ["Phones go to the office."]
    assert [(line.school_name, line.citations) for line in lines] == [
        ("Saltmarsh Primary School", (1,)),
        ("Kestrel Heath Academy", ()),
    ]


def test_the_trusts_own_words_come_first_and_count_for_no_school() -> None:
    own = {SALTMARSH: found_in(indexed("Phones go to the office.", school=SALTMARSH))}
    draft, [line] = compare_schools(own, found_in(indexed("Phones are out of sight.")), trust=TRUST)
    assert [quotation.text for quotation in draft.quotations] == [
        "Phones are out of sight.",
        "Phones go to the office.",
    ]
    assert line.citations == (2,)


def test_words_on_another_matter_or_that_hardly_answer_are_not_lent_to_a_school() -> None:
    sure = found_in(indexed("Phones go to the office.", school=SALTMARSH))
    for weak in (
        found_in(indexed("The office telephone.", school=KESTREL), score=0.3),
        found_in(indexed("The office telephone.", school=KESTREL), confidence=0.1),
    ):
        _, lines = compare_schools({SALTMARSH: sure, KESTREL: weak}, found_in(None), trust=TRUST)
        assert [line.citations for line in lines] == [(1,), ()]


class IndexOfOne:
    """Finds one passage for whatever schools it is asked about, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[Slug, ...], bool]] = []

    def nearest(self, vector: object, *, schools: tuple[Slug, ...], limit: int, trust_wide: bool = True) -> list[Hit]:
        self.asked.append((schools, trust_wide))
        return [Hit(indexed("x"), 0.5)]

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: object = (),
        trust_wide: bool = True,
    ) -> list[Hit]:
        self.asked.append((schools, trust_wide))
        return [Hit(indexed("x"), 0.5)]

    def word_weight(self, words: object) -> dict[str, float]:
        return {}


def test_only_a_schools_own_documents_are_searched_for_its_line() -> None:
    index = IndexOfOne()
    own = OwnDocuments(index)  # type: ignore[arg-type]
    vector = None
    assert own.nearest(vector, schools=(), limit=5) == []  # type: ignore[arg-type]
    assert own.matching("x", schools=(), limit=5) == []
    assert own.nearest(vector, schools=(SALTMARSH,), limit=5)  # type: ignore[arg-type]
    assert own.matching("x", schools=(SALTMARSH,), limit=5, expansions=("y",))
    assert index.asked == [((SALTMARSH,), False)] * 2
