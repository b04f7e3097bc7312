"""Framework statements: what asks for them, which are quoted, and what is said of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache

import pytest

from bot.answering.verify import verify
from bot.errors import SettingsError
from bot.frameworks.codes import asks_codes_alone, statement_asked
from bot.frameworks.materials import course_place
from bot.frameworks.names import (
    followed_by,
    frameworks_named,
    missing_named,
    names_of,
    national_frameworks,
    read_national,
)
from bot.frameworks.statements import QuotedStatements, open_frameworks, quote_statements, warm_up
from bot.model import LookUp, StatementLookUp
from ingestion.model import (
    Hit,
    IndexedPassage,
    Locator,
    Metadata,
    ParsedDocument,
    Passage,
    RawFile,
    Record,
    School,
    Slug,
    Trust,
    Version,
)
from ingestion.parse import parse_document
from ingestion.split import split_document
from tests.building import indexed
from tests.fakes import FakeEmbedder

TODAY = date(2026, 11, 22)
OLD, NEW, OWN = "ECF 2019", "ITTECF 2025", "Samphire Early Career Framework"
COUNTS = {1: (6, 8), 2: (9, 11), 3: (10, 19), 4: (11, 16), 5: (7, 15), 6: (7, 17), 7: (7, 15), 8: (7, 16)}
"""Standard → how many "learn that" and "learn how to" statements it has; 181 in all."""
NAMES = [
    "Hopes",
    "Remembering",
    "Subjects",
    "Teaching well",
    "Fitting teaching",
    "Checking",
    "Managing behaviour",
    "Work",
]
SUBJECTS = """tides lanterns orchards ferries quarries hedgerows kilns looms beacons harbours meadows turnpikes
    granaries weirs viaducts chalk""".split()

Row = tuple[str, str, str, str, str, str]


# ── an invented framework of 181 statements, read as a corpus is ─────────────────────────────────────────────────────


def rows_of(framework: str, *, changed: dict[str, str] | None = None) -> list[Row]:
    """The statements in the order of the codes; in standard 3 the two sorts stand in turn, as in the real one."""
    rows: list[Row] = []
    for number, (that, how) in COUNTS.items():
        name = NAMES[number - 1]
        thats = [(f"{number}.{at}", "learn that") for at in range(1, that + 1)]
        hows = [(f"{number}{chr(ord('a') + at)}", "learn how to") for at in range(how)]
        ordered = [*thats[:6], *hows[:8], *thats[6:], *hows[8:]] if number == 3 else [*thats, *hows]
        for code, kind in ordered:
            subject = SUBJECTS[(number * 7 + len(rows)) % len(SUBJECTS)]
            words = f"Invented words number {len(rows)} about {subject}, for one who teaches standard {number}."
            rows.append((framework, str(number), name, kind, code, (changed or {}).get(code, words)))
    return rows


def csv_of(rows: Iterable[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(("framework", "section", "section_name", "type", "code", "text"))
    writer.writerows(rows)
    return file.getvalue().encode()


def held_in(rows: Sequence[Row], *, id: int = 1, school: School = None, effective: str | None = None) -> list[Held]:
    """The records of a CSV with their passages, as the index holds them."""
    path = f"frameworks/{id}.csv"
    document: ParsedDocument = parse_document(RawFile(path, school, csv_of(rows)))
    version = Version(id, path, school, document.title, Metadata(effective_from=effective), "in_force")
    passages = [IndexedPassage(id * 1000 + one.ordinal, version, one) for one in split_document(document)]
    where = {
        block.locator: passage for passage in passages for block in passage.passage.blocks if block.kind == "table_row"
    }
    return [(record, where[record.locator]) for record in document.records]


Held = tuple[Record, IndexedPassage]


class Shelf:
    """An index of frameworks and course materials: words match where a passage holds one of them."""

    def __init__(self, *held: Held, materials: Sequence[IndexedPassage] = ()) -> None:
        self._held = held
        self._materials = materials

    def statements(self, code: str | None = None, *, roles: Collection[str] = ()) -> list[Held]:
        return [one for one in self._held if code is None or one[0].fields["code"] == code]

    def matching(
        self,
        query: str,
        *,
        schools: tuple[Slug, ...],
        limit: int,
        expansions: Sequence[str] = (),
        trust_wide: bool = True,
        roles: Collection[str] = (),
    ) -> list[Hit]:
        words = query.lower().split()
        return [Hit(one, 1.0) for one in self._materials if any(word in one.passage.text.lower() for word in words)]


@cache
def whole_framework() -> tuple[Held, ...]:
    return tuple(held_in(rows_of(OLD)))


def asked(question: str, *, earlier: Sequence[str] = (), roles: tuple[str, ...] = ()) -> StatementLookUp | None:
    return statement_asked(question, LookUp(question, roles=roles), earlier=earlier)


def quoted(question: str, shelf: Shelf, *, roles: tuple[str, ...] = (), today: date = TODAY) -> QuotedStatements | None:
    look_up = asked(question, roles=roles)
    assert look_up is not None, question
    return quote_statements(
        look_up, index=shelf, embedder=FakeEmbedder(), using=open_frameworks(), trust=Trust(), today=today
    )


def lines(found: QuotedStatements | None) -> list[str]:
    """The lines of all quotations, each of which stands in its document as it is quoted."""
    if found is None:
        return []
    answer = verify(found.draft, schools=(), trust=Trust(), today=TODAY)
    assert answer is not None
    assert len(answer.citations) == len(found.draft.quotations)
    return [line for citation in answer.citations for line in citation.quote.splitlines()]


def as_lines(rows: Iterable[Row]) -> list[str]:
    return [f"{code} | {text}" for *_, code, text in rows]


# ── every statement of a framework ───────────────────────────────────────────────────────────────────────────────────


def test_each_of_181_codes_gives_its_own_words_whole_and_no_others() -> None:
    shelf = Shelf(*whole_framework())
    rows = rows_of(OLD)
    assert len(rows) == 181
    assert [lines(quoted(f"what does {row[4]} say", shelf)) for row in rows] == [[line] for line in as_lines(rows)]


@pytest.mark.parametrize("number", COUNTS)
@pytest.mark.parametrize("learn", ["learn that", "learn how to"])
def test_a_sort_of_a_standard_is_listed_whole_and_in_order(number: int, learn: str) -> None:
    rows = [row for row in rows_of(OLD) if row[1] == str(number) and row[3] == learn]
    assert len(rows) == COUNTS[number][learn == "learn how to"]
    assert lines(quoted(f"{learn} for standard {number}", Shelf(*whole_framework()))) == as_lines(rows)


def test_a_section_is_listed_whole_with_both_sorts_by_number_or_by_name() -> None:
    rows = [row for row in rows_of(OLD) if row[1] == "7"]
    shelf = Shelf(*whole_framework())
    for question in ("all of section 7", "the managing behaviour standard", "what does the ecf standard 7 say"):
        assert lines(quoted(question, shelf)) == as_lines(rows)


def test_neighbours_are_quoted_as_the_rows_of_one_table_under_its_columns() -> None:
    found = quoted("learn that for standard 1", Shelf(*whole_framework()))
    assert found is not None
    [quotation] = found.draft.quotations
    assert quotation.header == ("code", "text")
    assert [cells[0] for cells in quotation.rows] == ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]
    assert quotation.locator == "rows 2–7"


def test_statements_without_a_code_are_listed_by_standard_and_sort() -> None:
    rows = [(*row[:4], "" if row[3] == "learn how to" else row[4], row[5]) for row in rows_of(OLD)]
    wanted = as_lines(row for row in rows if row[1] == "2" and row[3] == "learn how to")
    assert lines(quoted("learn how to for standard 2", Shelf(*held_in(rows)))) == wanted
    assert len(wanted) == 11


def test_several_codes_are_given_in_the_order_asked() -> None:
    shelf = Shelf(*whole_framework())
    codes = [line.split(" | ")[0] for line in lines(quoted("4.7 and 4.6", shelf))]
    assert codes == ["4.7", "4.6"]
    assert [line.split(" | ")[0] for line in lines(quoted("2.1 to 2.4 in the ECF", shelf))] == [
        "2.1",
        "2.2",
        "2.3",
        "2.4",
    ]


def test_a_code_that_no_framework_has_gives_nothing() -> None:
    assert quoted("what does 9.9 say", Shelf(*whole_framework())) is None
    assert quoted("what does 4.6 say", Shelf()) is None


def test_a_standard_that_no_framework_has_gives_nothing() -> None:
    assert quoted("the premises standard", Shelf(*whole_framework())) is None


def test_a_row_too_long_for_one_passage_is_quoted_all_the_same() -> None:
    long = " ".join(f"Sentence {number} of a long statement stands here." for number in range(40))
    shelf = Shelf(
        *held_in([(OLD, "1", "Hopes", "learn that", "1.1", "Short."), (OLD, "1", "Hopes", "learn that", "1.2", "X")])
    )
    record, found = shelf.statements("1.2")[0]
    row = found.passage.blocks[-1]
    paragraphs = tuple(
        type(row)("paragraph", words, row.locator) for words in ("1.2", long[: len(long) // 2], long[len(long) // 2 :])
    )
    split = IndexedPassage(
        9, found.version, Passage(0, found.passage.heading, (*found.passage.blocks[:-1], *paragraphs))
    )
    answer = quoted("what does 1.2 say", Shelf((record, split)))
    assert "".join(lines(answer)[1:]) == long


# ── two frameworks ───────────────────────────────────────────────────────────────────────────────────────────────────

MOVED = "Where little is known, pupils guess, and what they guess sticks."
OLD_ROWS: list[Row] = [
    (OLD, "2", "Remembering", "learn that", "2.5", "Memory changes as pupils learn."),
    (OLD, "2", "Remembering", "learn that", "2.6", MOVED),
]
NEW_ROWS: list[Row] = [
    (NEW, "2", "Remembering", "learn that", "2.5", "Memory changes as pupils learn."),
    (NEW, "2", "Remembering", "learn that", "2.6", "Working with experts helps to plan what comes back when."),
    (NEW, "2", "Remembering", "learn that", "2.7", MOVED),
]


def two_frameworks() -> Shelf:
    return Shelf(*held_in(OLD_ROWS), *held_in(NEW_ROWS, id=2))


def test_a_bare_code_with_different_words_gives_both_and_says_so() -> None:
    found = quoted("what does 2.6 say", two_frameworks())
    assert found is not None
    assert lines(found) == [f"2.6 | {MOVED}", f"2.6 | {NEW_ROWS[1][5]}"]
    assert found.repeats == (None, None)
    assert [one.found.version.title for one in found.draft.quotations] == [OLD, NEW]
    assert f"2.6 does not say the same in the {OLD} and the {NEW}: both are shown." in found.notes


def test_a_bare_code_always_names_its_framework() -> None:
    found = quoted("what does 2.7 say", two_frameworks())
    assert found is not None
    assert found.notes == (f"2.7 stands in the {NEW}, section 2, Remembering, “learn that”.",)


def test_the_same_words_under_one_code_are_said_to_be_the_same_with_both_sources() -> None:
    found = quoted("is 2.5 the same in the ITTECF", two_frameworks())
    assert found is not None
    assert len(found.draft.quotations) == 2
    assert f"2.5 says the same in the {OLD} and the {NEW}." in found.notes
    assert found.repeats == (None, 0)


def test_a_comparison_of_different_words_tells_under_which_code_they_stand_now() -> None:
    for question in ("is 2.6 the same in the ITTECF", "ecf 2.6 vs ITTECF", "has 2.6 changed in the new framework"):
        found = quoted(question, two_frameworks())
        assert found is not None
        assert lines(found)[0] == f"2.6 | {MOVED}"
        assert f"What the {OLD} says under 2.6 stands under 2.7 in the {NEW}." in found.notes


def test_a_comparison_says_which_framework_has_no_such_code() -> None:
    found = quoted("is 2.7 the same in the ECF", two_frameworks())
    assert found is not None
    assert lines(found) == [f"2.7 | {MOVED}"]
    assert f"The {OLD} has no 2.7." in found.notes


def test_a_named_framework_gives_its_own_words_only() -> None:
    shelf = two_frameworks()
    assert lines(quoted("what does ECF 2.6 say", shelf)) == [f"2.6 | {MOVED}"]
    assert lines(quoted("ittecf 2.6", shelf)) == [f"2.6 | {NEW_ROWS[1][5]}"]


def test_a_framework_that_is_not_held_is_said_to_be_missing() -> None:
    found = quoted("what does ITTECF 2.6 say", Shelf(*held_in(OLD_ROWS)))
    assert found is not None
    assert f"The ITTECF is not among the trust’s documents: the words shown are of the {OLD}." in found.notes


@pytest.mark.parametrize(
    ("question", "roles", "first"),
    [
        ("i started sept 24, what does 2.6 say", (), OLD),
        ("started in september 2025. whats 2.6", (), NEW),
        ("what does 2.6 say", ("ect-2024",), OLD),
        ("what does 2.6 say", ("ect-2026",), NEW),
        ("what does 2.6 say", ("ect-2025-04",), OLD),
        ("im a 2024 starter, 2.6?", ("ect-2026",), OLD),
    ],
)
def test_who_started_when_decides_which_framework_comes_first(
    question: str, roles: tuple[str, ...], first: str
) -> None:
    found = quoted(question, two_frameworks(), roles=roles)
    assert found is not None
    assert found.draft.quotations[0].found.version.title == first
    assert len(found.draft.quotations) == 2
    assert any(note.endswith(f"follows the {first}.") for note in found.notes)


def test_a_role_without_a_year_decides_nothing() -> None:
    found = quoted("what does 2.6 say", two_frameworks(), roles=("ect", "mentor"))
    assert found is not None
    assert not any("follows" in note for note in found.notes)


def test_of_a_list_only_the_framework_that_the_asker_follows_is_given() -> None:
    found = quoted("learn that for standard 2", two_frameworks(), roles=("ect-2024",))
    assert lines(found) == as_lines(OLD_ROWS)
    assert found is not None
    assert f"There is also the {NEW}: name it to see what it says." in found.notes
    assert lines(quoted("learn that for standard 2", two_frameworks())) == as_lines([*OLD_ROWS, *NEW_ROWS])


def test_a_framework_of_another_school_is_neither_quoted_nor_spoken_of() -> None:
    theirs = held_in(NEW_ROWS, id=2, school=Slug("kestrel"))
    found = quoted("is 2.6 the same in the ITTECF", Shelf(*held_in(OLD_ROWS), *theirs))
    assert lines(found) == [f"2.6 | {MOVED}"]
    assert found is not None
    assert not any("does not say the same" in note for note in found.notes)


# ── who follows which ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("started", "today", "followed"),
    [
        (date(2025, 8, 31), TODAY, OLD),
        (date(2025, 9, 1), TODAY, NEW),
        (date(2024, 9, 1), date(2027, 8, 31), OLD),
        (date(2024, 9, 1), date(2027, 9, 1), NEW),
        (date(2019, 9, 1), TODAY, None),
    ],
)
def test_who_starts_before_september_2025_stays_with_the_older_framework_to_august_2027(
    started: date, today: date, followed: str | None
) -> None:
    assert followed_by(started, {OLD: None, NEW: None}, today=today) == followed


def test_of_the_trusts_own_frameworks_the_corpus_says_from_when_they_are_followed() -> None:
    own = {"Samphire Framework 1": date(2020, 9, 1), "Samphire Framework 2": date(2026, 9, 1)}
    assert followed_by(date(2025, 9, 1), own, today=TODAY) == "Samphire Framework 1"
    assert followed_by(date(2026, 9, 1), own, today=TODAY) == "Samphire Framework 2"


def test_the_file_of_national_frameworks_can_be_read() -> None:
    assert [one.short for one in national_frameworks()] == ["ECF", "ITTECF", "CCF"]


def test_a_wrong_line_in_the_file_of_national_frameworks_is_named() -> None:
    with pytest.raises(SettingsError, match="framework 1: 'short' is missing"):
        read_national('[[framework]]\nname = "A"')
    with pytest.raises(SettingsError, match="'starters_form' is unknown"):
        read_national('[[framework]]\nname = "A"\nshort = "B"\nstarters_form = 2025-09-01')
    with pytest.raises(SettingsError, match="'starters_from' is unknown, or not what belongs there"):
        read_national('[[framework]]\nname = "A"\nshort = "B"\nstarters_from = "soon"')


@pytest.mark.parametrize(
    ("framework", "text", "named"),
    [
        (OLD, "ecf 4.6", True),
        (OLD, "secf 4.6", False),
        (OLD, "early career framework 4.6", True),
        (OWN, "SECF 4.6", True),
        (OWN, "ecf 4.6", False),
        (OWN, "the samphire framework", True),
        (OWN, "the early career framework", True),
        (NEW, "the initial teacher training and early career framework", True),
        (NEW, "ECTE 2.6", True),
        (NEW, "ecf 2.6", False),
        ("Initial Teacher Training and Early Career Framework (2025)", "ittecf", True),
        (OLD, "4.6", False),
    ],
)
def test_a_framework_is_named_by_its_short_form_or_initials(framework: str, text: str, named: bool) -> None:
    assert frameworks_named(text, [framework]) == ((framework,) if named else ())


def test_initials_alone_do_not_make_a_national_framework_of_a_trusts_own() -> None:
    assert "early career framework" not in names_of("Excellent Coaching Framework")


def test_a_longer_name_is_not_the_shorter_one_in_it() -> None:
    assert frameworks_named("initial teacher training and early career framework", [OLD, NEW]) == (NEW,)
    assert missing_named("ecf 4.6", [OWN]) == ("ECF",)
    assert missing_named("ecf 4.6", [OLD]) == ()


# ── by subject ───────────────────────────────────────────────────────────────────────────────────────────────────────


SUBJECT_ROWS: list[Row] = [
    (OLD, "2", "Remembering", "learn that", "2.1", "Recall after a gap makes memory last."),
    (OLD, "2", "Remembering", "learn how to", "2a", "Plan quick quizzes for recall of last week."),
    (OLD, "4", "Teaching well", "learn that", "4.1", "Wait after a question until every pupil has thought."),
    (OLD, "7", "Managing behaviour", "learn how to", "7a", "Greet each pupil at the door."),
]


def test_a_subject_gives_the_statements_about_it_whole_and_best_first() -> None:
    found = quoted("which bits are about recall", Shelf(*held_in(SUBJECT_ROWS)))
    assert sorted(lines(found)) == as_lines(SUBJECT_ROWS[:2])


def test_a_subject_within_one_sort_gives_that_sort_only() -> None:
    found = quoted("which learn how to is about recall", Shelf(*held_in(SUBJECT_ROWS)))
    assert lines(found) == as_lines(SUBJECT_ROWS[1:2])


def test_a_subject_that_no_statement_is_about_gives_nothing() -> None:
    assert quoted("which ecf bits are about minibuses", Shelf(*held_in(SUBJECT_ROWS))) is None


def test_no_text_is_embedded_twice() -> None:
    shelf, embedder, using = Shelf(*held_in(SUBJECT_ROWS)), FakeEmbedder(), open_frameworks()
    warm_up(using, index=shelf, embedder=embedder)
    assert len(embedder.embedded) == 4
    look_up = asked("which bits are about recall")
    assert look_up is not None
    quote_statements(look_up, index=shelf, embedder=embedder, using=using, trust=Trust(), today=TODAY)
    assert len(embedder.embedded) == 4


# ── course materials ─────────────────────────────────────────────────────────────────────────────────────────────────


def material(
    text: str, *, id: int = 50, heading: str = "Week 5: questions", path: str = "trust/cpd/course.docx"
) -> IndexedPassage:
    return indexed(text, id=id, heading=("Spring term", heading), title="ECT course", path=path)


@pytest.mark.parametrize(
    ("text", "is_linked"),
    [
        ("Framework: ECF 2.5, 2.6, 4a.", True),
        ("Framework: ECF 2.5; 4a.", False),
        ("Framework: ITTECF 2.6.", False),
        ("Room 2.6 is booked.", False),
        ("ECF day: ring 2.6 to book.", False),
        (f"2.6. {MOVED}", True),
        ("Where little is known about a pupil, ask the school before.", False),
    ],
)
def test_materials_are_linked_that_name_the_code_or_say_the_same(text: str, is_linked: bool) -> None:
    found = quoted("ecf 2.6", Shelf(*held_in(OLD_ROWS), materials=[material(text)]))
    assert found is not None
    assert (len(found.draft.quotations) == 2) is is_linked
    told = "Course materials that take it up: ECT course, Week 5: questions [2]."
    assert (told in found.notes) is is_linked


def test_materials_that_repeat_a_statement_word_for_word_are_known_to() -> None:
    found = quoted("ecf 2.6", Shelf(*held_in(OLD_ROWS), materials=[material(f"2.6. {MOVED}")]))
    assert found is not None
    assert found.repeats == (None, 0)


def test_a_page_that_is_no_part_of_a_course_is_not_linked() -> None:
    page = indexed(f"2.6 {MOVED}", id=50, title="News", path="trust/news.md")
    assert course_place(page) == ""
    found = quoted("ecf 2.6", Shelf(*held_in(OLD_ROWS), materials=[page]))
    assert found is not None
    assert len(found.draft.quotations) == 1


def test_at_most_three_places_are_linked_and_none_twice() -> None:
    pages = [material("ECF 2.6", id=50 + number, heading=f"Week {number // 2}") for number in range(1, 10)]
    found = quoted("ecf 2.6", Shelf(*held_in(OLD_ROWS), materials=pages))
    assert found is not None
    assert [one.found.passage.heading[-1] for one in found.draft.quotations[1:]] == ["Week 0", "Week 1", "Week 2"]


def test_a_course_is_placed_by_its_folders_where_neither_title_nor_heading_tells() -> None:
    page = indexed("x", title="Learning outcomes", path="courses/year-1-questioning/summer-week-4-outcomes.md")
    assert course_place(page) == "Year 1 questioning, Summer week 4 outcomes"


# ── what asks for statements ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("what does 4.6 say", ("4.6",)),
        ("whats 4m", ("4m",)),
        ("4.6 and 4.7", ("4.6", "4.7")),
        ("4a-4d in the ecf", ("4a", "4b", "4c", "4d")),
        ("learn that 3.2 vs ITTECF", ("3.2",)),
        ("secf 7.3?", ("7.3",)),
        ("wording of 2D in the samphire framework pls", ("2d",)),
        ("mentor's put SECF 7.3 on my action step, what does it actually say", ("7.3",)),
        ("what does 8c say", ("8c",)),
        ("can you tell me what 7.2 is about", ("7.2",)),
        ("hi what’s 4.6?", ("4.6",)),
        ("what is ECF 3.10?", ("3.10",)),
        ("which is statement 4a about", ("4a",)),
    ],
)
def test_codes_are_read_in_staffs_own_words(question: str, codes: tuple[str, ...]) -> None:
    look_up = asked(question)
    assert look_up is not None
    assert look_up.codes == codes


@pytest.mark.parametrize(
    ("question", "is_one"),
    [
        ("2.1, 2.2 and 2.3 in the ITTECF", True),
        ("4.6 and 4.7?", True),
        ("what does 4.6 say and when is the fire drill", False),
        ("4.6", False),
    ],
)
def test_several_codes_and_nothing_else_are_one_question(question: str, is_one: bool) -> None:
    assert asks_codes_alone(question) is is_one


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("which bits are about retrieval practice", "retrieval practice"),
        ("ECF bits on questioning", "questioning"),
        ("which bit of the secf is about working memory", "working memory"),
        ("which number in the early career framework thing is mini whiteboards", "mini whiteboards"),
        ("which secf statement is about wait time, need to name it for friday", "wait time"),
        ("which secf statement do i quote for too much info at once", "too much info at once"),
        ("what does the ecf say about behaviour", "behaviour"),
        ("is there anything in the ecf on homework", "homework"),
        ("where in the framework does it mention phonics", "phonics"),
        ("which statements mention teaching assistants", "teaching assistants"),
    ],
)
def test_a_subject_is_read_from_the_question(question: str, subject: str) -> None:
    look_up = asked(question)
    assert look_up is not None
    assert look_up.about == subject


@pytest.mark.parametrize(
    "question",
    [
        "is version 3.1 the current policy", "do we finish at 3.15", "the fine is £2.50 a day", "is 8c in today",
        "what does section 4.6 of the behaviour policy say", "what does 4.6 say in the handbook", "what about 8c",
        "im covering 4m p3 no work set", "started sept 24, ECF or ECTE", "what is the ECF", "week 5 behaviour prep",
        "how many hours of ecf training do i get", "what does the behaviour framework say about phones",
        "which bits of the behaviour policy are about phones", "all of section 5 of the leave policy",
        "can i get 4.5 days off", "what are the teachers’ standards", "which statement do i send to parents",
        "does the ecf apply to part timers", "is paragraph 4.6 still in force", "0.6, how long is induction",
        "learn how to use the phone system", "which standard of dress is expected", "is 2.5 hours ok for a detention",
        "is the ECF funded for a 2.5 day week", "the trust’s values statement",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_code_or_a_framework_asks_for_no_statement(question: str) -> None:
    assert asked(question) is None


@pytest.mark.parametrize(
    ("earlier", "question", "codes", "frameworks"),
    [
        ("what does SECF 4.6 say", "and 4.7?", ("4.7",), ("SECF",)),
        ("what does 4.6 say", "and in the ITTECF?", ("4.6",), ("ITTECF",)),
        ("what does ECF 4.6 say", "is it the same in the ITTECF", ("4.6",), ("ECF", "ITTECF")),
        ("secf 4.6", "what about 5a", ("5a",), ("secf",)),
    ],
)
def test_a_follow_up_keeps_the_framework_or_the_code(
    earlier: str, question: str, codes: tuple[str, ...], frameworks: tuple[str, ...]
) -> None:
    look_up = asked(question, earlier=[earlier])
    assert look_up is not None
    assert (look_up.codes, look_up.frameworks) == (codes, frameworks)


def test_a_follow_up_keeps_the_standard_and_when_the_asker_started() -> None:
    look_up = asked("and learn how to?", earlier=["i started sept 24. learn that for standard 7"])
    assert look_up is not None
    assert (look_up.standard, look_up.learn, look_up.started) == ("7", "how to", "2024-09-01")


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        ("how many days for a funeral", "all of section 5"),
        ("what does the behaviour policy say", "what does 4.6 say"),
        ("what does 4.6 say", "what about at the other school?"),
        ("ecf 4.6", "is that paid?"),
    ],
)
def test_a_question_beside_another_subject_asks_for_no_statement(earlier: str, question: str) -> None:
    assert asked(question, earlier=[earlier]) is None


def test_a_locator_of_a_statement_is_its_row() -> None:
    found = quoted("1.2", Shelf(*whole_framework()))
    assert found is not None
    assert found.draft.quotations[0].locator == str(Locator("row", 3))
