from __future__ import annotations

import pytest

from bot.answering.compose import compose_quotations, widen_unit
from bot.answering.find import Found
from bot.answering.rank import ScoredUnit, score_units
from bot.answering.retrieve import WordCoverage
from bot.answering.units import MAX_QUOTED_WORDS, quotable_units, sentence_spans
from bot.answering.write import compose_with_model, split_claims
from bot.model import Evidence, LookUp
from bot.prompts import load_prompt
from ingestion.model import IndexedPassage, Slug
from tests.building import TRUST, block, indexed, page, scored
from tests.fakes import FakeEmbedder


def best_quotations(query: str, *passages: IndexedPassage, schools: tuple[Slug, ...] = ()) -> list[str]:
    embedder = FakeEmbedder()
    evidence = Evidence(tuple(scored(found, fused=0.03 - 0.0005 * place) for place, found in enumerate(passages)))
    ranked = score_units(
        LookUp(query),
        evidence,
        embedder=embedder,
        coverage=WordCoverage(query, (), {}),
    )
    found = Found(LookUp(query, schools), evidence, tuple(ranked), 1.0, {})
    return [quotation.text for quotation in compose_quotations(found).quotations]


def test_of_a_long_paragraph_only_the_stretch_that_answers_is_quoted() -> None:
    paragraph = (
        "The trust wishes to support its staff at difficult times in their lives and asks them to speak to their line "
        "manager early. Paid bereavement leave of up to five days is granted for an immediate relative. Requests are "
        "made on form LA1, which stands in the People folder, and are answered within five working days."
    )
    assert best_quotations("which form are requests made on", indexed(paragraph))[0] == (
        "Requests are made on form LA1, which stands in the People folder, and are answered within five working days."
    )


def test_a_list_comes_whole_with_the_line_that_leads_into_it() -> None:
    found = indexed(
        "Gates open at eight.",
        block("Vapes that are found are:"),
        block("confiscated", kind="list_item"),
        block("bagged and passed to the office", kind="list_item"),
    )
    assert best_quotations("what happens to vapes", found)[0] == (
        "Vapes that are found are:\nconfiscated\nbagged and passed to the office"
    )


def test_a_long_list_gives_the_items_that_answer() -> None:
    items = [block(f"item {n} " + "filler words here " * 6, kind="list_item") for n in range(8)]
    wanted = block("Parking permits come from the office", kind="list_item")
    found = indexed(block("New staff should know:"), *items, wanted)
    assert best_quotations("parking permits", found)[0] == "Parking permits come from the office"


def test_a_table_row_comes_with_its_column_names() -> None:
    long = "as long as the court requires, less what the court pays " * 5
    found = indexed(
        block("Reason | Days", kind="table_header"),
        block("Moving house | 1 day paid", kind="table_row", at=page(4)),
        block(f"Jury service | {long.strip()}", kind="table_row", at=page(5)),
    )
    units = quotable_units(scored(found))
    assert [(unit.header, unit.rows[0][0], str(unit.locator)) for unit in units] == [
        (("Reason", "Days"), "Moving house", "page 4"),
        (("Reason", "Days"), "Jury service", "page 5"),
    ]


def test_a_small_table_comes_whole() -> None:
    found = indexed(
        block("Year | Ratio", kind="table_header"),
        block("Reception | 1:4", kind="table_row", at=page(3)),
        block("Years 1–3 | 1:6", kind="table_row", at=page(4)),
    )
    [unit] = quotable_units(scored(found))
    assert (unit.text, str(unit.locator)) == ("Reception | 1:4\nYears 1–3 | 1:6", "pages 3–4")
    assert unit.rows == (("Reception", "1:4"), ("Years 1–3", "1:6"))


def test_column_names_are_not_lent_to_a_later_table_or_to_a_row_of_another_width() -> None:
    long = "words that make the table too long to be quoted as a whole " * 6
    found = indexed(
        block("Role | Days", kind="table_header"),
        block(f"Teacher | {long.strip()}", kind="table_row"),
        block("A note that stands over three | cells | wide", kind="table_row"),
        "Now the telephone numbers.",
        block("Reception | 01632 960200", kind="table_row"),
    )
    units = quotable_units(scored(found))
    assert [unit.header for unit in units] == [("Role", "Days"), (), (), ()]


def test_words_that_stand_twice_in_a_passage_are_quoted_where_they_were_found() -> None:
    found = indexed("Yes.", "Not at break.", "Sixth formers only: phones in the common room.", "Yes.")
    units = quotable_units(scored(found))
    assert [(unit.start, unit.text) for unit in units][-1] == (len(found.passage.text) - 4, "Yes.")


def test_a_quotation_over_a_page_end_names_both_pages() -> None:
    first = "Phones are handed in at the gate. " + "They are kept in the office all day long. " * 8
    second = "Phones are handed out at the end. " + "They are given back by the office staff. " * 8
    found = indexed(block(first.strip(), at=page(4)), block(second.strip(), at=page(5)))
    units = quotable_units(scored(found))
    on_four, on_five = [unit for unit in units if str(unit.locator) == "page 4"][-1], units[-1]
    first_on_five = next(unit for unit in units if str(unit.locator) == "page 5")
    ranked = [ScoredUnit(on_four, 0.9, 0.9, 0.9), ScoredUnit(first_on_five, 0.89, 0.9, 0.9)]
    widened = widen_unit(ranked[0], ranked)
    assert str(widened.locator) == "pages 4–5"
    assert widened.text in found.passage.text
    assert on_five.text in found.passage.text


def test_every_unit_stands_in_its_passage() -> None:
    found = indexed("One. Two is longer (e.g. this). “Three?” Yes. " * 9, block("a", kind="list_item"), "End.")
    assert all(unit.text in found.passage.text for unit in quotable_units(scored(found)))


def test_the_same_words_in_two_documents_are_quoted_once() -> None:
    words = "Phones are kept in the office until the end of the day."
    assert best_quotations("where are phones kept", indexed(words, id=1), indexed(words, id=2, path="b.md")) == [words]


def test_with_several_schools_each_has_its_quotation() -> None:
    saltmarsh, kestrel = Slug("saltmarsh"), Slug("kestrel")
    quoted = best_quotations(
        "phones",
        indexed("Phones at Saltmarsh go to the office.", id=1, school=saltmarsh),
        indexed("Phones again, phones phones.", id=2, school=saltmarsh),
        indexed("A telephone seen means C2; phones go home at three.", id=3, school=kestrel),
        schools=(kestrel, saltmarsh),
    )
    assert len(quoted) == 2
    assert quoted[0].startswith("A telephone seen")


def test_no_quotation_is_longer_than_a_person_reads() -> None:
    found = indexed(*(f"Phones rule {n} " + "is said at length " * 8 + "." for n in range(6)))
    quoted = best_quotations("phones rule", found)
    assert quoted
    assert all(len(text.split()) <= MAX_QUOTED_WORDS for text in quoted)


@pytest.mark.parametrize(
    ("paragraph", "sentences"),
    [
        ("One thing. Another thing.", ["One thing.", "Another thing."]),
        ("Use a form, e.g. LA1. Then wait.", ["Use a form, e.g. LA1.", "Then wait."]),
        ("It closes at 3.15 pm. “Why?” Because.", ["It closes at 3.15 pm.", "“Why?”", "Because."]),
        ("No full stop", ["No full stop"]),
    ],
)
def test_sentences_are_verbatim_and_abbreviations_do_not_end_them(paragraph: str, sentences: list[str]) -> None:
    assert [paragraph[start:end] for start, end in sentence_spans(paragraph)] == sentences


@pytest.mark.parametrize(
    ("written", "claims"),
    [
        ("Five days [1]. Ask the head [2][3].", [("Five days.", (1,)), ("Ask the head.", (2, 3))]),
        ("Five days. [1] Ask.", [("Five days.", (1,)), ("Ask.", ())]),
        ("It is 3.5 days [2]", [("It is 3.5 days", (2,))]),
        ("Five days [1, 2].", [("Five days.", (1, 2))]),
        ("Staff must not, i.e. never, share it [1].", [("Staff must not, i.e. never, share it.", (1,))]),
        ("The head [1] decides. So be it [2].", [("The head decides.", (1,)), ("So be it.", (2,))]),
        ("", []),
    ],
)
def test_a_models_text_is_split_into_claims_with_their_numbers(
    written: str, claims: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert split_claims(written) == claims


class WritesThis:
    """A chat model that writes what it is told to and keeps what it was sent."""

    name = "test:model"

    def __init__(self, text: str) -> None:
        self.text = text
        self.sent = ""

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str:
        self.sent = user
        return self.text


def test_claims_rest_on_the_passages_they_cite_and_uncited_ones_are_left_out() -> None:
    evidence = Evidence(
        (scored(indexed("Alpha rules.", id=1)), scored(indexed("Bereavement leave is five days. Beta.", id=2)))
    )
    model = WritesThis("Bereavement leave is five days [2]. I made this up. So is this [9].")
    draft = compose_with_model("bereavement?", evidence, model=model, prompt=load_prompt("compose"), trust=TRUST)
    assert [(claim.text, claim.supports) for claim in draft.claims] == [("Bereavement leave is five days.", (0,))]
    assert draft.quotations[0].found.id == 2
    assert "[2] Samphire Coast Learning Trust, Leave of absence policy (page 1)\nBereavement leave" in model.sent
    assert draft.made_by == f"test:model {load_prompt('compose').digest}"


def test_a_model_that_declines_makes_no_claims() -> None:
    evidence = Evidence((scored(indexed("Alpha rules.")),))
    declines = WritesThis("NOT IN THE PASSAGES")
    draft = compose_with_model("?", evidence, model=declines, prompt=load_prompt("compose"), trust=TRUST)
    assert draft.claims == ()


def test_no_passages_give_no_units() -> None:
    embedder = FakeEmbedder()
    assert score_units(LookUp("x"), Evidence(), embedder=embedder, coverage=WordCoverage("x", (), {})) == []
    assert compose_quotations(Found(LookUp("x"), Evidence(), (), 0.0, {})).quotations == ()
