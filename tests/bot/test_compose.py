from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.compose import TOTAL_WORDS, compose_quotations, widen_unit
from bot.answering.find import Found
from bot.answering.rank import ScoredUnit, score_units
from bot.answering.retrieve import WordCoverage
from bot.answering.units import MAX_QUOTED_WORDS, in_whole_list, quotable_units, sentence_spans, with_limits
from bot.model import Evidence, LookUp
from ingestion.model import IndexedPassage, Slug
from tests.building import block, indexed, page, scored
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


def test_the_same_words_are_quoted_once_of_each_document() -> None:
    words = "Phones are kept in the office until the end of the day."
    twice = [indexed(words, id=1), indexed(words, id=2)]
    assert best_quotations("where are phones kept", *twice) == [words]
    assert best_quotations("where are phones kept", *twice, indexed(words, id=3, path="b.md")) == [words, words]


def test_a_document_that_disagrees_is_quoted_beside_the_best_though_it_scores_less() -> None:
    policy = indexed("A uniform slip is C1, and is recorded once a day at most.", id=1)
    handbook = indexed("A uniform slip gets a reminder first.", id=2, path="b.md")
    first, second = (quotable_units(scored(found))[0] for found in (policy, handbook))
    ranked = (ScoredUnit(first, 0.9, 0.9, 0.9), ScoredUnit(second, 0.5, 0.5, 0.5))
    draft = compose_quotations(Found(LookUp("uniform slip"), Evidence(), ranked, 1.0, {}))
    assert [quotation.found.version.path for quotation in draft.quotations] == [policy.version.path, "b.md"]


def quoted_in_order(scores: dict[str, float]) -> list[str]:
    """What is quoted of three passages that stand in one document in this order, each with its score."""
    ranked = []
    for ordinal, (text, score) in enumerate(scores.items()):
        found = indexed(text, id=ordinal)
        placed = replace(found, passage=replace(found.passage, ordinal=ordinal))
        ranked.append(ScoredUnit(quotable_units(scored(placed))[0], score, 0.5, 0.5))
    ranked.sort(key=lambda one: -one.score)
    return [
        quotation.text
        for quotation in compose_quotations(Found(LookUp("x"), Evidence(), tuple(ranked), 1.0, {})).quotations
    ]


def test_quotations_of_one_document_that_answer_alike_stand_in_reading_order() -> None:
    scores = {"Gates open at eight.": 0.88, "Lessons begin at nine.": 0.9, "Buses leave at three.": 0.89}
    assert quoted_in_order(scores) == list(scores)


def test_a_weaker_quotation_that_stands_earlier_does_not_push_the_answer_down() -> None:
    weaker_first = {"Gates open at eight.": 0.75, "Lessons begin at nine.": 0.9}
    assert quoted_in_order(weaker_first) == ["Lessons begin at nine.", "Gates open at eight."]


def test_what_scores_well_below_the_best_is_not_quoted() -> None:
    assert quoted_in_order({"Gates open at eight.": 0.5, "Lessons begin at nine.": 0.9}) == ["Lessons begin at nine."]


def test_all_quotations_together_keep_to_their_budget_of_words() -> None:
    each = {f"Rule number{n}: " + f"word{n} " * 60 + "end.": 0.9 - n / 100 for n in range(5)}
    quoted = quoted_in_order(each)
    assert len(quoted) == 3
    assert sum(len(text.split()) for text in quoted) <= TOTAL_WORDS


@pytest.mark.parametrize(
    ("before", "chosen", "behind", "expected"),
    [
        ("Staff park behind the hall.", "Permits cost nothing.", "Badges stay on.", "Permits cost nothing."),
        ("Be kind.", "Staff may leave at 3.30 pm.", "However, a head may ask them to stay.", "chosen behind"),
        ("Be kind.", "Leave is five days.", "Unless the head agrees, it is unpaid.", "chosen behind"),
        ("Be kind.", "Pupils may bring phones.", "This does not apply on visits.", "chosen behind"),
        ("The duty head decides.", "They write it down.", "Badges stay on.", "before chosen"),
        ("Visits need consent.", "However, walks do not.", "Except by the sea, they are free.", "before chosen behind"),
    ],
)
def test_a_sentence_is_not_cut_off_from_what_limits_it_or_what_it_points_to(
    before: str, chosen: str, behind: str, expected: str
) -> None:
    found = indexed(before, chosen, behind)
    unit = quotable_units(scored(found))[1]
    names = {"before": before, "chosen": chosen, "behind": behind}
    wanted = "\n".join(names.get(name, name) for name in expected.split()) if expected[0].islower() else expected
    completed = with_limits(unit)
    assert completed.text == wanted
    assert completed.text in found.passage.text


def test_a_long_sentence_is_not_pulled_in() -> None:
    found = indexed("Staff may leave at 3.30 pm.", "However, " + "word " * 80 + "end.")
    assert with_limits(quotable_units(scored(found))[0]).text == "Staff may leave at 3.30 pm."


def test_of_a_list_an_item_is_quoted_with_all_of_it_and_of_a_very_long_one_with_the_line_that_leads_into_it() -> None:
    lead = block("Staff must not:")
    for filler, whole in ((10, True), (40, False)):
        items = [block(f"item{n} " + "words " * filler, kind="list_item") for n in range(9)]
        found = indexed("Be kind.", lead, *items)
        unit = next(unit for unit in quotable_units(scored(found)) if unit.text.startswith("item3"))
        quoted = in_whole_list(unit)
        assert quoted.text.startswith("Staff must not:\nitem0") is whole
        assert (quoted.lead_in, "item8" in quoted.text) == (("", True) if whole else ("Staff must not:", False))


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


def test_no_passages_give_no_units() -> None:
    embedder = FakeEmbedder()
    assert score_units(LookUp("x"), Evidence(), embedder=embedder, coverage=WordCoverage("x", (), {})) == []
    assert compose_quotations(Found(LookUp("x"), Evidence(), (), 0.0, {})).quotations == ()
