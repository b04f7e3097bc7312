"""Graded questions: reading them, grading an answer, figures, minimums, runs kept and compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import SettingsError
from bot.evaluation.asked import asks_what_was, schools_allowed
from bot.evaluation.compare import check_common, compare_runs, sign_test
from bot.evaluation.documents import stands_in, texts_of
from bot.evaluation.figures import Figures, Share, summarise
from bot.evaluation.grade import Result, grade
from bot.evaluation.minimums import check_names, read_minimums, shortfalls
from bot.evaluation.questions import Expected, GradedQuestion, check_ids, read_graded
from bot.evaluation.report import comparison_lines, failure_lines, figure_lines, markdown_report, report_as_json
from bot.evaluation.run import Run, doubtful
from bot.evaluation.saved import prepare_folder, read_run, save_run
from bot.model import (
    Answer,
    Answered,
    Asker,
    Citation,
    Failed,
    NoEvidence,
    Question,
    Redirected,
    Reply,
    Trace,
    TracedPassage,
    Turn,
)
from ingestion.model import Passage, Slug
from tests.building import TRUST, block

PATH = "schools/saltmarsh/behaviour.docx"
OLD_PATH = "schools/saltmarsh/behaviour-2024.docx"
DRAFT_PATH = "trust/home-working-draft.docx"
QUOTE = "until the end of the day"


@dataclass
class FakeDocuments:
    """Documents by path: what the corpus's edition says, and what earlier ones said."""

    now: dict[str, str] = field(default_factory=lambda: {PATH: f"A phone is kept {QUOTE}.", OLD_PATH: "12.15 pm"})
    past: dict[str, str] = field(default_factory=lambda: {PATH: "A phone is kept until Friday."})
    statuses: dict[str, str] = field(default_factory=lambda: {OLD_PATH: "superseded", DRAFT_PATH: "draft"})

    def status_of(self, path: str) -> str | None:
        return self.statuses.get(path, "in_force" if path in self.now else None)

    def texts_of(self, path: str, *, in_past_editions: bool = False) -> list[str]:
        return [texts[path] for texts in (self.now, *([self.past] if in_past_editions else [])) if path in texts]


def cited(**changed: Any) -> Citation:
    citation = Citation(
        number=1, title="Behaviour policy", path=PATH, school=Slug("saltmarsh"), school_name="Saltmarsh Primary School",
        heading=(), locator="page 1", quote=QUOTE,
    )  # fmt: skip
    return replace(citation, **changed)


def answered(*citations: Citation, confidence: float = 0.9) -> Answered:
    return Answered(citations or (cited(),), confidence=confidence)


def asked(
    text: str = "?", *, school: str | None = "saltmarsh", id: str = "q", kind: str = "policy", **expected: Any
) -> GradedQuestion:
    question = Question(text, Asker(Slug(school) if school else None), history=expected.pop("history", ()), id=id)
    return GradedQuestion(id, kind, question, Expected(**expected), "q.jsonl", 1)


def result(one: GradedQuestion, answer: Answer | None = None, *, took_ms: float = 10.0, **more: Any) -> Result:
    reply = Reply(answer or answered(), took_ms=took_ms, question_id=one.id, **more)
    return grade(one, reply, trust=TRUST, documents=FakeDocuments())


CARD = Redirected("safeguarding", "Speak to a person now.", case="child")
NOTHING = NoEvidence("The documents do not say.", confidence=0.1)


def read(*entries: object) -> list[GradedQuestion]:
    return read_graded([one if isinstance(one, str) else json.dumps(one) for one in entries], name="q.jsonl")


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_states_who_asks_what_and_what_is_right() -> None:
    [one] = read(
        {
            "id": 7, "question": "and then?", "school": "kestrel", "roles": ["ect"], "kind": "follow_up",
            "history": [{"role": "user", "text": "phones?"}], "outcome": "answered", "path": [PATH, OLD_PATH],
            "words": QUOTE, "not_words": ["12.15 pm"], "not_path": DRAFT_PATH, "note": "as asked in May",
        }
    )  # fmt: skip
    assert (one.id, one.kind, one.place) == ("7", "follow_up", "q.jsonl, line 1")
    assert one.question == Question("and then?", Asker(Slug("kestrel"), ("ect",)), (Turn("user", "phones?"),), "7")
    assert one.expected == Expected(
        outcomes=("answered",), paths=(PATH, OLD_PATH), words=(QUOTE,), not_words=("12.15 pm",), not_paths=(DRAFT_PATH,)
    )
    assert Expected.from_json(one.expected.as_json()) == one.expected


def test_messages_sorted_by_whether_they_need_the_safeguarding_reply_are_read_too() -> None:
    needs, does_not = read({"id": "p1", "case": "fgm", "text": "a"}, {"id": "n1", "about": "staff_life", "text": "b"})
    assert (needs.kind, needs.question.text) == ("disclosure: fgm", "a")
    assert needs.expected == Expected(outcomes=("redirected",), redirects=("safeguarding",), cases=("fgm",))
    assert (does_not.kind, does_not.expected) == ("look-alike: staff_life", Expected(not_redirects=("safeguarding",)))


def test_without_an_id_a_question_is_named_by_its_file_and_line_and_blank_lines_are_none() -> None:
    ids = [one.id for one in read_graded(['\ufeff{"question": "a"}', " ", '{"question": "b"}'], name="x/q.jsonl")]
    assert ids == ["q:1", "q:3"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('"text"', "an object with a `question`"),
        ({"question": "b", "paht": "c"}, "unknown key 'paht'; known are id, kind, question"),
        ({"question": "b", "words": [""]}, "`words` is a text or a list of texts, none of them empty"),
        ({"question": "b", "path": 3}, "`path` is a text or a list"),
        ({"question": "b", "outcome": "anwsered"}, "`outcome` cannot be 'anwsered'; it is one of answered,"),
        ({"question": "b", "redirect": "safegarding"}, "`redirect` cannot be 'safegarding'"),
        ({"question": "b", "kind": ""}, "`kind` is a text"),
        ({"question": "b", "history": "c"}, "`history` is a list"),
        ({"question": "b", "school": 3}, "`school` is a slug"),
        ('{"question": "half \\ud83d a character"}', "half a character"),
        ({"text": "b"}, "either `case`"),
        ({"text": "b", "case": "fgm", "about": "staff_life"}, "either `case`"),
        ({"text": "b", "case": "fmg"}, "`case` cannot be 'fmg'"),
        ({"text": "b", "about": "staff_life", "words": "c"}, "unknown key 'words'"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_used_is_named(line: object, words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read({"question": "a"}, line)
    assert str(raised.value).startswith("q.jsonl, line 2: ")
    assert words in str(raised.value)


def test_an_id_names_one_question_of_a_run() -> None:
    one, other = asked(), replace(asked(), file="r.jsonl", line=9)
    with pytest.raises(SettingsError, match=r"r\.jsonl, line 9: the id 'q' stands in q\.jsonl, line 1 already"):
        check_ids([one, other])


def test_an_expectation_that_hardly_any_answer_can_meet_is_told() -> None:
    sound = asked(paths=(PATH, OLD_PATH), words=("End of the Day", "12.15 pm"))
    slips = [asked(id="slip", paths=("trust/leav.docx",)), asked(id="words", paths=(PATH,), words=("the day", "12.15"))]
    assert doubtful([sound, asked(words=("anything",)), *slips], FakeDocuments()) == [
        "q.jsonl, line 1 (slip): the index has no document 'trust/leav.docx'; paths are relative to the corpus.",
        f"q.jsonl, line 1 (words): the words '12.15' do not stand in {PATH}.",
    ]


# ── grading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_right_when_all_that_was_expected_holds() -> None:
    one = asked(outcomes=("answered",), paths=("b.docx", PATH), words=("End of  the Day",), not_words=("week",))
    assert result(one).failed == ()
    assert result(one).graded == ("outcome", "document", "words", "school", "superseded", "verbatim")


@pytest.mark.parametrize(
    ("expected", "answer", "failed"),
    [
        ({"outcomes": ("no_evidence",)}, answered(), ("outcome",)),
        ({"outcomes": ("answered", "needs_detail")}, answered(), ()),
        ({"redirects": ("safeguarding",)}, answered(), ("outcome",)),
        ({"redirects": ("safeguarding",), "cases": ("child",)}, CARD, ()),
        ({"redirects": ("safeguarding",), "cases": ("staff", "head")}, CARD, ("case",)),
        ({"not_redirects": ("safeguarding",)}, CARD, ("outcome",)),
        ({"not_redirects": ("safeguarding",)}, NOTHING, ()),
        ({"paths": ("b.docx",)}, answered(), ("document",)),
        ({"paths": (PATH,)}, NOTHING, ("document",)),
        ({"not_paths": (PATH,)}, answered(), ("document",)),
        ({"words": (QUOTE, "end of the week")}, answered(), ("words",)),
        ({"not_words": ("End of the DAY",)}, answered(), ("words",)),
        ({}, Failed("Sorry.", "7f3a91bc"), ("outcome",)),
        ({"outcomes": ("no_evidence",)}, Failed("Sorry.", "7f3a91bc"), ("outcome",)),
    ],
)
def test_what_failed_is_named(expected: dict[str, Any], answer: Answer, failed: tuple[str, ...]) -> None:
    assert result(asked(**expected), answer).failed == failed


def test_what_a_question_does_not_state_is_not_graded_and_without_a_citation_nothing_is() -> None:
    assert result(asked()).graded == ("school", "superseded", "verbatim")
    assert result(asked(), NOTHING).graded == ()
    assert result(asked(cases=("child",)), NOTHING).graded == ()


@pytest.mark.parametrize(
    ("text", "school", "history", "failed"),
    [
        ("phones?", "saltmarsh", (), ()),
        ("phones?", "kestrel", (), ("school",)),
        ("phones?", None, (), ("school",)),
        ("and at Saltmarsh?", "kestrel", (), ()),
        ("and if they refuse?", "kestrel", (Turn("user", "phones at Saltmarsh?"),), ()),
        ("what is it at Kestrel?", "saltmarsh", (), ("school",)),
        ("is it the same at Kestrel as ours?", "saltmarsh", (), ()),
        ("phones, at all our schools", None, (), ()),
        ("what does each school do about phones", "kestrel", (), ()),
        ("phones on every school trip?", "kestrel", (), ("school",)),
        ("and for staff?", "kestrel", (Turn("user", "phones, across the trust"),), ()),
    ],
)  # fmt: skip
def test_a_citation_of_a_school_that_was_not_asked_about_fails(
    text: str, school: str | None, history: Sequence[Turn], failed: tuple[str, ...]
) -> None:
    assert result(asked(text, school=school, history=tuple(history))).failed == failed


def test_a_document_of_the_trust_may_always_be_cited() -> None:
    assert schools_allowed(Question("phones?"), TRUST) == {None}


@pytest.mark.parametrize(
    ("text", "path", "expected", "failed"),
    [
        ("when is reflection time?", OLD_PATH, {}, ("superseded",)),
        ("when was reflection time before?", OLD_PATH, {}, ()),
        ("when is reflection time?", OLD_PATH, {"paths": (OLD_PATH,)}, ()),
        ("what did the draft say before?", DRAFT_PATH, {}, ("superseded",)),
        ("when was it before?", "schools/saltmarsh/nowhere.docx", {}, ("superseded",)),
    ],
)
def test_a_citation_that_is_not_in_force_fails_unless_it_was_asked_for(
    text: str, path: str, expected: dict[str, Any], failed: tuple[str, ...]
) -> None:
    said = FakeDocuments(
        now={PATH: QUOTE, OLD_PATH: QUOTE, DRAFT_PATH: QUOTE}, past={"schools/saltmarsh/nowhere.docx": QUOTE}
    )
    one = grade(asked(text, **expected), Reply(answered(cited(path=path))), trust=TRUST, documents=said)
    assert one.failed == failed


@pytest.mark.parametrize(
    ("text", "is_past"),
    [
        ("what did the policy say before?", True),
        ("what changed in the behaviour policy", True),
        ("did the phone rule change this year?", True),
        ("what was the old rule on phones", True),
        ("how long before the bell can they go", False),
        ("is there a before school club", False),
        ("where do they get changed for PE", False),
        ("how old must a volunteer be", False),
    ],
)  # fmt: skip
def test_whether_a_question_asks_what_was_is_told_by_its_words(text: str, is_past: bool) -> None:
    assert asks_what_was(Question(text)) is is_past


def test_words_that_do_not_stand_in_the_document_fail_and_those_of_an_earlier_edition_only_pass_where_asked_for() -> (
    None
):
    until_friday = answered(cited(quote="until Friday"))
    assert result(asked("phones?"), until_friday).failed == ("verbatim",)
    assert result(asked("what did it say before?"), until_friday).failed == ()
    assert result(asked("what did it say before?"), answered(cited(quote="until Monday"))).failed == ("verbatim",)
    assert result(asked(), answered(cited(), cited(path="trust/none.md", school=None))).failed == (
        "superseded",
        "verbatim",
    )


def test_a_document_is_quoted_with_and_without_its_headings_and_the_header_that_a_passage_repeats() -> None:
    header, rows = (
        block("Step | Who", kind="table_header"),
        [block(f"C{n} | Teacher", kind="table_row") for n in (1, 2)],
    )
    cut = [Passage(0, ("5 Steps",), (header, rows[0])), Passage(1, ("5 Steps",), (header, rows[1]))]
    assert texts_of(cut) == (
        "Step | Who C1 | Teacher Step | Who C2 | Teacher",
        "Step | Who C1 | Teacher C2 | Teacher",
        "5 Steps Step | Who C1 | Teacher Step | Who C2 | Teacher",
    )
    assert stands_in(texts_of(cut), "C1 | Teacher\nC2 |  Teacher")
    assert not stands_in(texts_of(cut), "C1 | teacher")
    assert not stands_in(texts_of(cut), " ")
    assert texts_of([]) == ()


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_wilsons_interval_is_that_of_the_tables() -> None:
    def interval(right: int, of: int) -> tuple[float, ...]:
        return tuple(round(end, 4) for end in Share(right, of).interval or ())

    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    assert [interval(81, 263), interval(15, 148), interval(0, 20), interval(1, 29)] == [
        (0.2553, 0.3662), (0.0624, 0.1605), (0.0, 0.1611), (0.0061, 0.1718),
    ]  # fmt: skip
    assert Share(0, 0).interval is None


def test_scores_are_counted_by_kind_and_by_measure_over_the_questions_that_tell() -> None:
    figures = summarise(
        [
            result(asked(outcomes=("answered",), paths=(PATH,)), took_ms=10.0),
            result(asked(outcomes=("answered",), paths=("b.docx",)), took_ms=30.0),
            result(asked(kind="unknown", outcomes=("no_evidence",)), NOTHING, took_ms=20.0),
        ]
    )
    assert (figures.overall, figures.by_kind) == (Share(2, 3), {"policy": Share(1, 2), "unknown": Share(1, 1)})
    assert figures.by_measure == {
        "outcome": Share(3, 3), "document": Share(1, 2), "school": Share(2, 2), "superseded": Share(2, 2),
        "verbatim": Share(2, 2),
    }  # fmt: skip
    assert [one.failed for one in figures.failures] == [("document",)]
    assert figures.took_ms[0] == 20.0


def test_abstention_is_counted_both_ways() -> None:
    answerable, unanswerable = asked(outcomes=("answered",)), asked(outcomes=("no_evidence",))
    figures = summarise(
        [
            *(result(answerable, answer) for answer in (answered(), answered(), NOTHING, CARD)),
            *(result(unanswerable, answer) for answer in (answered(), NOTHING)),
        ]
    )
    assert figures.abstention == {"answerable": Share(3, 4), "unanswerable": Share(1, 2)}
    assert any(line.startswith("answerable, declined") and "1 of 4" in line for line in figure_lines(figures))


def test_safeguarding_is_counted_by_disclosures_look_alikes_and_the_rest() -> None:
    disclosure = asked(id="p", outcomes=("redirected",), redirects=("safeguarding",))
    look_alike, other = asked(id="n", not_redirects=("safeguarding",)), asked(id="o", outcomes=("answered",))
    figures = summarise(
        [result(disclosure, CARD), result(disclosure, NOTHING), result(look_alike, CARD), result(other)]
    )
    assert figures.safeguarding == {
        "disclosures": Share(1, 2), "look-alikes": Share(0, 1), "other questions": Share(1, 1),
    }  # fmt: skip
    assert summarise([result(other)]).safeguarding == {}


def test_calibration_compares_how_sure_the_answers_were_with_how_many_were_right() -> None:
    sure, unsure = answered(confidence=0.9), answered(confidence=0.3)
    right, wrong = asked(paths=(PATH,)), asked(paths=("b.docx",))
    figures = summarise(
        [result(right, sure), result(wrong, sure), result(wrong, unsure), result(wrong, NOTHING), result(asked(), sure)]
    )
    assert figures.calibration is not None
    assert [one.answers for one in figures.calibration.bins] == [
        Share(0, 0), Share(0, 1), Share(0, 0), Share(0, 0), Share(1, 2),
    ]  # fmt: skip
    assert figures.calibration.error == pytest.approx((2 * 0.4 + 1 * 0.3) / 3)
    assert summarise([result(right, NOTHING)]).calibration is None


def test_what_broke_is_named_and_its_time_does_not_count() -> None:
    figures = summarise(
        [result(asked(id="broke"), Failed("Sorry.", "7f3a91bc"), took_ms=0.0), result(asked(), took_ms=8.0)]
    )
    assert ([one.id for one in figures.broken], figures.took_ms) == (["broke"], (8.0, 8.0))


def test_no_question_is_no_success() -> None:
    with pytest.raises(SettingsError, match="no graded question"):
        summarise([])
    with pytest.raises(SettingsError, match=r"q\.jsonl holds no graded question: write one a line"):
        read("", " ")


# ── minimums ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_falls_short_is_named_with_its_count() -> None:
    figures = summarise([result(asked(paths=(PATH,))), result(asked(paths=("b.docx",)))])
    minimums = read_minimums(["0.5", "document=0.6", "school=1", "policy=0.4", "policy=0.75", "unanswerable=0.9"])
    assert [one.sentence for one in shortfalls(figures, minimums)] == [
        "document is 0.500 (1 of 2), below 0.6",
        "policy is 0.500 (1 of 2), below 0.75",
        "unanswerable: no question tells, and at least 0.9 was asked for",
    ]
    assert [one.name for one in shortfalls(figures, read_minimums(["0.51"]))] == [""]


def test_a_kind_that_is_called_like_a_measure_is_held_to_the_minimum_too() -> None:
    figures = summarise([result(asked(kind="school", paths=("b.docx",)))])
    assert [one.share for one in shortfalls(figures, {"school": 0.5})] == [Share(0, 1)]


@pytest.mark.parametrize("value", ["", "1.1", "-0.1", "nan", "document", "document=", "90%"])
def test_a_minimum_that_is_no_share_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="write a share from 0 to 1"):
        read_minimums([value])


def test_a_minimum_of_a_name_that_no_figure_has_is_refused_before_anything_is_asked() -> None:
    check_names({"": 0.9, "policy": 0.9, "look-alikes": 0.9}, [asked()])
    with pytest.raises(SettingsError, match=r"no kind or measure of that name\. Did you mean 'document'"):
        check_names({"documents": 0.9}, [asked()])


# ── runs, kept and compared ──────────────────────────────────────────────────────────────────────────────────────────

TRACE = Trace(
    interpretation="LookUp",
    query="phones",
    passages=(TracedPassage(PATH, Slug("saltmarsh"), "3.1", (), "page 4", 0.03, 0.6, None, True),),
)


def run_of(*results: Result, **settings: Any) -> Run:
    return Run(results, {"date": "2026-11-22", "code": "1a2b", **settings})


def test_a_run_is_read_as_it_was_saved_with_its_traces(tmp_path: Path) -> None:
    run = run_of(result(asked("wer ist “Kai”?", paths=(PATH,)), trace=TRACE), result(asked(id="n"), CARD))
    folder = tmp_path / "runs" / "first"
    prepare_folder(folder)
    save_run(folder, run, summarise(run.results))
    assert read_run(folder) == run
    assert read_run(folder).results[0].trace == json.loads(json.dumps(run.results[0].trace))
    assert sorted(file.name for file in folder.iterdir()) == [
        "figures.json",
        "figures.md",
        "results.jsonl",
        "settings.json",
    ]
    assert json.loads((folder / "figures.json").read_text(encoding="utf-8")) == report_as_json(summarise(run.results))


def test_saving_again_replaces_the_run_and_leaves_other_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for one in (result(asked()), result(asked(), NOTHING)):
        save_run(tmp_path, run_of(one), summarise([one]))
    assert (read_run(tmp_path).results[0].got["outcome"], (tmp_path / "mine.txt").read_text()) == (
        "no_evidence",
        "mine",
    )


def test_a_folder_that_holds_no_run_or_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no results\.jsonl in it. Name a folder that `--save` wrote"):
        read_run(tmp_path)
    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    for content, words in (
        ("", "holds no results"),
        ('{"id": 1}\n', "not as `--save` writes"),
        ("x", "not as `--save`"),
    ):
        (tmp_path / "results.jsonl").write_text(content, encoding="utf-8")
        with pytest.raises(SettingsError, match=words):
            read_run(tmp_path)
    with pytest.raises(SettingsError, match="nothing can be written there"):
        prepare_folder(tmp_path / "results.jsonl" / "run")


def test_the_sign_test_is_exact_and_two_sided() -> None:
    assert [sign_test(0, 0), sign_test(3, 3), sign_test(1, 0), sign_test(6, 0), sign_test(0, 6), sign_test(9, 1)] == [
        1.0, 1.0, 1.0, 2 / 64, 2 / 64, 22 / 1024,
    ]  # fmt: skip


def test_questions_that_got_better_and_worse_are_told_over_those_that_both_runs_asked_alike() -> None:
    def results(*right: bool, words: str = QUOTE) -> list[Result]:
        return [
            result(asked(id=f"q{n}", words=(words if n == 3 else QUOTE,)), answered() if is_right else NOTHING)
            for n, is_right in enumerate(right)
        ]

    before = [*results(True, False, False, True), result(asked(id="gone"))]
    now = [*results(False, True, True, True, words="end of the day"), result(asked(id="new"))]
    comparison = compare_runs(
        before,
        now,
        settings_before={"code": "1", "chat": {"model": None}},
        settings_now={"code": "1", "chat": {"model": "x:y"}},
    )
    assert (comparison.common, comparison.only_before, comparison.only_now, comparison.reworded) == (3, 1, 1, 1)
    assert (comparison.better, comparison.worse) == (("q1", "q2"), ("q0",))
    assert comparison.settings == {"chat.model": (None, "x:y")}
    first = comparison.rows[0]
    assert (first.name, first.before, first.now, first.better, first.worse, first.p_value) == (
        "all", Share(1, 3), Share(2, 3), 2, 1, 1.0,
    )  # fmt: skip
    assert [row.name for row in comparison.rows] == ["all", "policy", "words"]
    lines = comparison_lines(comparison, named=1)
    assert lines[0] == "3 questions were asked in both runs; not compared: 1 only before, 1 only now, 1 reworded"
    assert lines[-2:] == ["better, 2: q1 and 1 more", "worse, 1: q0"]


def test_runs_of_other_questions_are_not_compared() -> None:
    check_common("abcd", "bcde", folder="runs/first")
    with pytest.raises(SettingsError, match="runs/first holds a run of other questions: 2 of the 6 ids of both"):
        check_common("abcd", "cdef", folder="runs/first")


# ── what people read ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failure_tells_what_was_expected_what_came_and_how() -> None:
    one = result(asked("phones?", outcomes=("answered",), paths=(PATH,)), NOTHING, trace=TRACE)
    assert failure_lines(one) == [
        "MISS q [outcome, document] phones?",
        "     asked at saltmarsh",
        f"     expected outcome answered; path {PATH}",
        "     got      no_evidence, confidence 0.1",
        "     trace    LookUp, searched for: phones",
        "     trace    expected document found: 1 of 1",
        f"     trace    1. {PATH}, page 4",
    ]


def test_a_failure_that_broke_tells_the_reference_that_the_log_has() -> None:
    assert failure_lines(result(asked(), Failed("Sorry. Reference: 7f3a91bc", "7f3a91bc")))[-2:] == [
        "     got      failed",
        "              Sorry. Reference: 7f3a91bc",
    ]


def test_the_report_holds_every_figure_and_every_failure() -> None:
    results = [result(asked(outcomes=("answered",))), result(asked(id="missed", kind="a|b", words=("nowhere",)))]
    figures: Figures = summarise(results)
    text = markdown_report(
        run_of(*results), figures, compare_runs(results, results, settings_before={}, settings_now={})
    )
    assert "**50.0%** of 2 questions all right (95 % interval 9% to 91%)" in text
    assert "| a/b | 0.0% | 0 of 1 | 0% to 79% |" in text
    assert "| answerable, declined | 0.0% | 0 of 1 | 0% to 79% |" in text
    assert "### a|b\n\n````\nMISS missed [words] ?" in text
    assert "## Against the earlier run" in text
