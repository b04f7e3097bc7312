"""When two quotations say the same, when they cannot both hold, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.answering.agreement import agree, disagree, figures_of, load_agreement_sentences, weigh_sources
from bot.model import Answered, AnswerSentence, Citation, SchoolAnswer
from ingestion.model import Slug
from tests.building import TRUST
from tests.replies import FRAMEWORK, PHONES

SENTENCES = load_agreement_sentences()
UNIFORM = (
    "A uniform slip that can be put right at once (tie, shirt, blazer) is C1. It is recorded once a day.",
    "Uniform. Tutors check at 8.30 am. A uniform slip gets a reminder first; if it is not put right it is logged.",
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        UNIFORM,
        ("The repair meeting is held within two school days.", "The repair meeting is held within five school days."),
        ("School visits cost £10 for each pupil.", "School visits cost £12 for each pupil."),
        ("The staff car park closes at 6.00 pm.", "The staff car park closes at 18:30."),
        ("Agency staff may take pupils home by car.", "Agency staff must not take pupils home by car."),
    ],
)
def test_one_subject_with_another_figure_consequence_or_duty_is_a_conflict(one: str, other: str) -> None:
    assert disagree(one, other)
    assert disagree(other, one)
    assert not agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Uniform slips mean a reminder.", "Lateness means a warning."),
        ("Bereavement leave is five days.", "Moving house is one day."),
        ("A mobile phone, the first time, is C2.", "A mobile phone, the second time, is C3."),
        ("Teachers in Year 1 have 10 days.", "Teachers in Year 2 have 5 days."),
        ("Part-time staff have two paid days.", "Full-time staff have four paid days."),
        ("Reviewing this module (15 minutes)", "Reviewing this module (10 minutes)"),
        ("Kestrel Heath | Confiscated, C2 | C4", "Kestrel Heath | Give C1; ask the teacher for C2"),
        ("Parental leave is 18 weeks and up to 4 weeks a year.", "Parental leave is 4 weeks a year."),
        ("Visits cost £10 for each pupil.", "Visits are planned by the visits lead, who has £12 for each pupil."),
        ("School gates open at 8.20 am.", "School gates open at 08:20."),
        ("", ""),
    ],
)
def test_other_matters_conditions_or_ways_to_write_are_no_conflict(one: str, other: str) -> None:
    assert not disagree(one, other)
    assert not disagree(other, one)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("by 3.15 pm or 15:15", {("time", "15:15")}),
        ("at 12.00 am and 12.00 pm", {("time", "0:00"), ("time", "12:00")}),
        ("£1,200.00 or 5%", {("£", "1200"), ("%", "5")}),
        ("five working days", {("working day", "5")}),
        ("5 days", {("day", "5")}),
        ("C2, form LA1 and section 5.2", set()),
    ],
)
def test_figures_are_read_by_what_they_count(text: str, figures: set[tuple[str, str]]) -> None:
    assert figures_of(text) == figures


def test_texts_agree_only_with_the_same_figures_and_duties() -> None:
    kept = "Phones are kept in the office until 3.15 pm."
    assert agree(kept, "Phones are kept in the office until 3.15 pm, every day.")
    assert not agree(kept, "Phones are kept in the office until 3.30 pm.")
    assert not agree("Staff may keep phones in lessons.", "Staff may not keep phones in lessons.")


def answer_of(*citations: Citation, **others: object) -> Answered:
    return replace(Answered(citations=citations), **others)  # type: ignore[arg-type]


def handbook(quote: str, *, number: int = 2) -> Citation:
    return replace(PHONES, number=number, path="schools/saltmarsh/handbook.md", title="Staff handbook", quote=quote)


def test_a_second_document_that_says_the_same_is_marked_as_saying_it() -> None:
    weighed = weigh_sources(answer_of(PHONES, handbook(PHONES.quote)), trust=TRUST, sentences=SENTENCES)
    assert [citation.says_as for citation in weighed.citations] == [None, 1]
    assert weighed.notes == ()


def test_under_a_models_sentences_every_source_is_shown() -> None:
    written = answer_of(PHONES, handbook(PHONES.quote), sentences=(AnswerSentence("So it is.", (1, 2)),))
    weighed = weigh_sources(written, trust=TRUST, sentences=SENTENCES)
    assert [citation.says_as for citation in weighed.citations] == [None, None]


def test_two_documents_of_one_school_that_disagree_are_named_with_whom_to_ask() -> None:
    policy = replace(PHONES, quote=UNIFORM[0], owner="Deputy headteacher")
    weighed = weigh_sources(answer_of(policy, handbook(UNIFORM[1])), trust=TRUST, sentences=SENTENCES)
    assert weighed.notes == (
        "[1] and [2] do not say the same on this. Ask whoever keeps them which holds: "
        "Deputy headteacher (Behaviour policy); Staff handbook.",
    )


@pytest.mark.parametrize(
    ("precedence", "stands"),
    [
        ("trust", "Where they conflict, the trust’s policy [1] stands."),
        ("school", "Where they conflict, the policy of Saltmarsh Primary School [2] stands over the trust’s [1]."),
    ],
)
def test_of_trust_and_school_the_one_stands_that_the_trust_states(precedence: str, stands: str) -> None:
    trust = replace(TRUST, precedence=precedence)
    trusts = replace(FRAMEWORK, quote="The repair meeting is held within two school days.")
    schools = replace(PHONES, number=2, quote="The repair meeting is held within five school days.")
    weighed = weigh_sources(answer_of(trusts, schools), trust=trust, sentences=SENTENCES)
    assert weighed.notes == (f"[1] and [2] do not say the same on this. {stands}",)


def test_trust_and_school_on_one_matter_both_apply_without_a_conflict() -> None:
    trusts = replace(FRAMEWORK, quote="Phones are out of sight in every lesson, office and corridor.")
    schools = replace(PHONES, number=2, quote="Phones in a lesson go to the office; a corridor counts.")
    [note] = weigh_sources(answer_of(trusts, schools), trust=TRUST, sentences=SENTENCES).notes
    assert note.startswith("Both the trust’s policy [1] and the school’s [2] apply.")
    elsewhere = replace(schools, quote="Parking permits come from reception.", heading=("3 Parking",))
    assert weigh_sources(answer_of(trusts, elsewhere), trust=TRUST, sentences=SENTENCES).notes == ()


def test_schools_are_never_held_against_each_other_nor_a_past_edition_against_what_is_in_force() -> None:
    policy = replace(PHONES, quote=UNIFORM[0])
    other_school = replace(handbook(UNIFORM[1]), school=Slug("kestrel"))
    past = replace(handbook(UNIFORM[1]), status="superseded")
    same_document = replace(policy, number=2, quote=UNIFORM[1])
    for other in (other_school, past, same_document):
        compared = answer_of(policy, other, comparison=(SchoolAnswer(Slug("saltmarsh"), "Saltmarsh", (1,)),))
        assert weigh_sources(compared, trust=TRUST, sentences=SENTENCES).notes == ()
