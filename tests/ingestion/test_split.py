"""Passages stand alone: one section each, lists with their lead-in, rows with their header; and no word is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.model import Block, BlockKind, Locator, Metadata, ParsedDocument, Passage, Section
from ingestion.split import split_document

PAGE = Locator("page", 1, 1)


def words(count: int, start: str = "Word") -> str:
    """A sentence of so many words."""
    return " ".join([start, *["word"] * (count - 1)]) + "."


def para(text: str, page: int = 1) -> Block:
    return Block("paragraph", text, Locator("page", page, page))


def item(text: str) -> Block:
    return Block("list_item", text, PAGE)


def row(*cells: str, kind: BlockKind = "table_row", page: int = 1) -> Block:
    return Block(kind, " | ".join(cells), Locator("page", page, page), cells)


def document(*sections: Section, title: str = "Policy") -> ParsedDocument:
    return ParsedDocument("a.md", None, Metadata(title=title), sections)


def split(*sections: Section, max_words: int = 30, min_words: int = 8) -> tuple[Passage, ...]:
    return split_document(document(*sections), max_words=max_words, min_words=min_words)


def test_a_section_that_fits_is_one_passage() -> None:
    section = Section(("1 Purpose", "1.1 Aims"), (para(words(10)), item(words(10))))
    assert split(section) == (Passage(0, section.heading, section.blocks),)


def test_a_passage_never_crosses_a_top_level_section() -> None:
    passages = split(Section(("A",), (para("One."),)), Section(("B",), (para("Two."),)))
    assert [(passage.heading, passage.text) for passage in passages] == [(("A",), "One."), (("B",), "Two.")]


def test_a_long_section_is_cut_between_blocks_into_even_parts() -> None:
    section = Section(("A",), tuple(para(words(10)) for _ in range(4)))
    assert [len(passage.blocks) for passage in split(section)] == [2, 2]


def test_a_lead_in_stays_with_its_list() -> None:
    section = Section(("A",), (para(words(20)), para("Staff must:"), item(words(6)), item(words(6)), para(words(10))))
    assert [[block.text[:5] for block in passage.blocks] for passage in split(section)] == [
        ["Word "],
        ["Staff", "Word ", "Word ", "Word "],
    ]


def test_a_list_that_is_too_long_is_cut_between_items() -> None:
    section = Section(("A",), (para("Staff must:"), *(item(words(12)) for _ in range(4))))
    assert [[block.kind for block in passage.blocks] for passage in split(section)] == [
        ["paragraph", "list_item", "list_item"],
        ["list_item", "list_item"],
    ]


def test_a_paragraph_that_is_too_long_is_cut_at_sentence_ends_and_stays_verbatim() -> None:
    sentences = [words(20, start=start) for start in ("First", "Second", "Third")]
    passages = split(Section(("A",), (para(" ".join(sentences)),)))
    assert [passage.text for passage in passages] == sentences


@pytest.mark.parametrize(
    "text",
    [
        "A device, e.g. Smart watches or phones, is handed in",
        "The first contact, i.e. The lead, is told at once",
        "The form named no. 4 is signed by the head",
        "The form named No. 4 is signed by the head",
        "The lead is Dr. Reed and is told at once",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    section = Section(("A",), (para(f"{words(25)} {text}. {words(25)}"),))
    assert [passage.text for passage in split(section, max_words=30)] == [words(25), f"{text}.", words(25)]


def test_an_answer_of_no_ends_its_sentence() -> None:
    section = Section(("A",), (para(f"{words(25)} The answer is no. {words(25)}"),))
    assert [passage.text for passage in split(section, max_words=30)] == [f"{words(25)} The answer is no.", words(25)]


def test_a_sentence_that_is_too_long_is_cut_at_a_comma_or_else_between_words() -> None:
    long = "One " + "word " * 20 + "here, and " + "word " * 20 + "there"
    passages = split(Section((), (para(long),)))
    assert [len(passage.text.split()) for passage in passages] == [22, 22]
    assert " ".join(passage.text for passage in passages) == long
    assert [len(p.text.split()) for p in split(Section((), (para(" ".join(["word"] * 70)),)))] == [30, 30, 10]


def test_each_part_of_a_table_repeats_the_header_on_its_own_page() -> None:
    header = row("Step", "Response", kind="table_header", page=3)
    rows = [row(f"C{number}", words(10), page=3 + number // 3) for number in range(1, 5)]
    passages = split(Section(("Ladder",), (header, *rows)))
    assert [[block.cells[0] for block in passage.blocks] for passage in passages] == [
        ["Step", "C1", "C2"],
        ["Step", "C3", "C4"],
    ]
    assert [str(passage.locator) for passage in passages] == ["page 3", "page 4"]


def test_a_row_that_is_too_long_is_told_cell_by_cell() -> None:
    passages = split(Section(("A",), (row("Head", "Text", kind="table_header"), row("C1", words(25), words(25)))))
    assert [passage.text for passage in passages] == [f"Head | Text\nC1\n{words(25)}", words(25)]


def test_short_neighbours_under_one_parent_join_and_keep_their_headings() -> None:
    passages = split(
        Section(("5 Ladder", "5.1 C1"), (para("A warning.", page=2),)),
        Section(("5 Ladder", "5.2 C2"), (para("A detention.", page=3),)),
        Section(("6 Review",), (para("Each year."),)),
    )
    assert [(passage.heading, passage.text, str(passage.locator)) for passage in passages] == [
        (("5 Ladder",), "5.1 C1\nA warning.\n5.2 C2\nA detention.", "pages 2–3"),
        (("6 Review",), "Each year.", "page 1"),
    ]


def test_a_long_neighbour_keeps_its_own_heading() -> None:
    passages = split(
        Section(("5 Ladder", "5.1 C1"), (para("A warning."),)), Section(("5 Ladder", "5.2 C2"), (para(words(20)),))
    )
    assert [passage.heading for passage in passages] == [("5 Ladder", "5.1 C1"), ("5 Ladder", "5.2 C2")]


def test_a_heading_with_nothing_beneath_it_is_told_with_what_follows() -> None:
    passages = split(
        Section(("A",), (para(words(20)),)),
        Section(("Phones are never returned",), ()),
        Section(("B",), (para(words(20)),)),
        Section(("The end",), ()),
    )
    assert [[block.text for block in passage.blocks] for passage in passages] == [
        [words(20)],
        ["Phones are never returned", words(20), "The end"],
    ]


def test_headings_that_name_what_follows_and_the_title_are_not_told_again() -> None:
    passages = split(
        Section(("Policy",), ()), Section(("5 Ladder",), ()), Section(("5 Ladder", "5.1 C1"), (para(words(20)),))
    )
    assert [(passage.heading, passage.text) for passage in passages] == [(("5 Ladder", "5.1 C1"), words(20))]


def test_a_contents_list_is_no_passage_and_a_list_of_contents_is() -> None:
    contents = Section(("Contents",), (item("1 Purpose 2"), item("2 Phones …… 3")))
    first_aid = Section(("Contents",), (item("Two bandages"), item("A foil blanket")))
    assert split(contents, Section(("1 Purpose",), (para("Why."),)))[0].text == "Why."
    assert split(first_aid)[0].text == "Two bandages\nA foil blanket"


texts = st.lists(st.text("abc,. :", min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=30).map(" ".join)
blocks = st.one_of(
    texts.map(lambda text: para(" ".join(text.split()))),
    texts.map(lambda text: item(" ".join(text.split()))),
    st.lists(texts.map(lambda text: " ".join(text.split())), min_size=2, max_size=3).map(lambda cells: row(*cells)),
    st.lists(texts.map(lambda text: " ".join(text.split())), min_size=2, max_size=3).map(
        lambda cells: row(*cells, kind="table_header")
    ),
)
headings = st.lists(st.sampled_from(["A", "B", "C"]), max_size=3).map(tuple)
sections = st.lists(
    st.builds(Section, headings, st.lists(blocks, max_size=8).map(tuple)).filter(lambda s: s.heading or s.blocks),
    min_size=1,
    max_size=6,
)


@given(sections, st.integers(5, 60))
def test_no_word_is_lost_and_no_passage_is_empty(parts: list[Section], max_words: int) -> None:
    passages = split_document(document(*parts), max_words=max_words, min_words=max_words // 4)
    told = " ".join(passage.text for passage in passages).replace(" | ", " ").split()
    for section in parts:
        for block in section.blocks:
            for word in block.text.replace(" | ", " ").split():
                assert word in told
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    assert all(passage.blocks and passage.text.strip() for passage in passages)


@given(sections, st.integers(5, 60))
def test_no_passage_crosses_a_top_level_section(parts: list[Section], max_words: int) -> None:
    tops = {section.heading[:1] for section in parts}
    for passage in split_document(document(*parts), max_words=max_words):
        assert passage.heading[:1] in tops


@given(sections, st.integers(10, 60))
def test_no_passage_is_longer_than_it_may_be_but_for_a_repeated_header(parts: list[Section], max_words: int) -> None:
    for passage in split_document(document(*parts), max_words=max_words):
        body = [block for block in passage.blocks if block.kind != "table_header"]
        assert sum(len(block.text.split()) for block in body) <= max_words + 20
