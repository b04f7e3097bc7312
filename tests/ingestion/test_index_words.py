"""Claims about the word index: what a query asks of it, and what it finds."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from ingestion.index.words import (
    WordRow,
    add_words,
    count_passages_with,
    query_phrases,
    query_words,
    remove_words,
    search_words,
)
from ingestion.index.words_sqlite import scope_token
from ingestion.model import School, Slug
from tests.backends import place_at

ROWS = [
    WordRow(1, None, "Leave of absence", ("Requests",), "Leave is requested in writing from the headteacher."),
    WordRow(2, None, "Behaviour framework", ("Phones",), "Schools decide about phones."),
    WordRow(3, Slug("saltmarsh"), "Behaviour policy", ("Phones",), "Phones stay in bags all day."),
    WordRow(4, Slug("kestrel"), "Behaviour policy", ("Phones",), "Phones may be used at lunch by the café."),
    WordRow(5, Slug("kestrel"), "Standards", (), "4.6 Break complex tasks down. Part-time staff are paid pro rata."),
]


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Connection]:
    database = place_at(tmp_path_factory.mktemp("words")).database.open_writing()
    with database.transaction() as connection:
        add_words(connection, ROWS)
        yield connection
    database.close()


def found(words: Connection, query: str, *scopes: School, expansions: tuple[str, ...] = ()) -> list[int]:
    return [id_ for id_, _ in search_words(words, query, scopes=scopes, limit=9, expansions=expansions)]


ALL: tuple[School, ...] = (None, Slug("saltmarsh"), Slug("kestrel"))


# ── what a query asks ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("phones", [("phones",)]),
        ("May I use my phone at lunch?", [("may",), ("use",), ("phone",), ("lunch",)]),
        ("Phones PHONES phones", [("phones",)]),
        ("the headteacher's office", [("headteacher",), ("office",)]),
        ("ECF 4.6", [("ecf",), ("4", "6")]),
        ("part-time pay", [("part", "time"), ("part",), ("time",), ("pay",)]),
        ('phones" OR body:*', [("phones",), ("body",)]),
        ("NEAR(a b, 2)", [("near",), ("2",)]),
        ("what is it", [("what",), ("is",), ("it",)]),
        ("?! —", []),
        ("", []),
    ],
)
def test_of_a_query_any_word_may_match_that_says_something(query: str, expected: list[tuple[str, ...]]) -> None:
    assert query_phrases(query) == expected


def test_an_expansion_is_a_phrase() -> None:
    assert query_phrases("ECT hours", expansions=["early career teacher", "  "]) == [
        ("ect",),
        ("hours",),
        ("early", "career", "teacher"),
    ]


def test_a_pasted_page_is_cut_to_its_first_words() -> None:
    assert len(query_phrases(" ".join(f"word{n}" for n in range(5000)))) == 64


def test_words_are_folded_without_their_possessive() -> None:
    assert query_words("Each School’s policy, the school's") == ["each", "school", "policy", "the"]


# ── what it finds ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("phone", [2, 3, 4]),
        ("requesting leave", [1]),
        ("cafe", [4]),
        ("CAFÉ", [4]),
        ("4.6", [5]),
        ("6.4", []),
        ("part time", [5]),
        ("pro-rata", [5]),
        ("holiday", []),
        ("scopetrust0", []),
        ("@", []),
        ("saltmarsh", []),
    ],
)
def test_a_word_is_found_in_any_form_of_it(words: Connection, query: str, expected: list[int]) -> None:
    assert sorted(found(words, query, *ALL)) == expected


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ((None,), [2]),
        ((Slug("saltmarsh"),), [3]),
        ((Slug("kestrel"), None), [2, 4]),
        ((Slug("nowhere"),), []),
        ((), []),
    ],
)
def test_only_the_scopes_named_are_searched(words: Connection, scopes: tuple[School, ...], expected: list[int]) -> None:
    assert sorted(found(words, "phones", *scopes)) == expected


def test_a_word_in_the_title_counts_for_more_than_one_in_the_body(words: Connection) -> None:
    add_words(words, [WordRow(10, None, "Uniform", (), "Ties."), WordRow(11, None, "Ties", (), "Uniform.")])
    assert found(words, "uniform", None) == [10, 11]
    assert count_passages_with(words, "ties") == 2
    remove_words(words, [10, 11])
    assert found(words, "uniform", None) == []
    assert count_passages_with(words, "ties") == 0


def test_scores_fall_and_are_positive(words: Connection) -> None:
    scores = [score for _, score in search_words(words, "phones lunch", scopes=ALL, limit=9)]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_an_expansion_finds_what_the_query_does_not_say(words: Connection) -> None:
    assert found(words, "HT", None) == []
    assert found(words, "HT", None, expansions=("headteacher",)) == [1]


@pytest.mark.parametrize(("word", "expected"), [("phone", 3), ("requests", 1), ("unheard", 0), ("", 0), ("4.6", 1)])
def test_passages_are_counted_by_stem(words: Connection, word: str, expected: int) -> None:
    assert count_passages_with(words, word) == expected


# ── what nobody may break ────────────────────────────────────────────────────────────────────────────────────────────

TYPED = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ['"', "'", "*", "(", ")", "AND", "NOT", "NEAR", "body", ":", "^", "-", "phones", "\0", "+", "{"]
        ),
        max_size=12,
    ).map(" ".join),
)


@given(query=TYPED, expansions=st.lists(TYPED, max_size=3), slug=st.sampled_from(["saltmarsh", "kestrel", 'a" OR "x']))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_typed_is_a_syntax_error_or_reaches_another_school(
    words: Connection, query: str, expansions: list[str], slug: str
) -> None:
    scopes = {row.passage_id: row.school for row in ROWS}
    hits = search_words(words, query, scopes=[Slug(slug)], limit=9, expansions=expansions)
    assert {scopes[id_] for id_, _ in hits} <= {Slug(slug)}
    assert count_passages_with(words, query) <= len(ROWS)


@given(st.text(min_size=1, max_size=30))
def test_a_scope_is_one_word_that_no_stemmer_shortens(slug: str) -> None:
    token = scope_token(Slug(slug))
    assert token.isalnum()
    assert token.isascii()
    assert token.endswith("0")
    assert token != scope_token(None)
