"""Claims over the passages they cite: what is carried, and what is not, one difference a case."""

from __future__ import annotations

import pytest

from bot.answering.claims import ClaimCheck, contact_details
from bot.answering.figures import Figure, figures_in
from ingestion.model import IndexedPassage, Slug
from tests.building import TRUST, block, indexed

SALTMARSH, KESTREL = Slug("saltmarsh"), Slug("kestrel")

LEAVE = indexed(
    "Staff may take up to five working days of paid leave for the funeral of a close relative.",
    "One day of paid leave is given for moving house, once in a year.",
    "Requests must be made on form LA1 at least ten working days before the leave begins.",
    "Leave for other reasons is at the headteacher’s discretion and will normally be unpaid.",
    heading=("3 Leave",),
)
DAYS = indexed(
    block("Reason | Paid days | Unpaid days", kind="table_header"),
    block("Bereavement | 5 days | 2 days", kind="table_row"),
    block("Moving house | 1 day | 0 days", kind="table_row"),
    block("Jury service | 10 days | 3 days", kind="table_row"),
    heading=("4 Days",),
)
PHONES = indexed(
    "Pupils must not use a phone on the school site. "
    "A phone that is seen or heard is confiscated until the end of the day.",
    "If a pupil refuses to hand the phone over, staff should normally call a senior leader.",
    "The senior leader may search the pupil’s bag at the headteacher’s discretion.",
    "Parents collect a phone from the office only if it is the third time.",
    title="Behaviour policy",
    heading=("5 Phones",),
)
ABSENCE = indexed(
    "Staff who are ill must ring the absence line by 7.30am on the first day.",
    "Unless a doctor says otherwise, staff should send a fit note within seven calendar days.",
    "Return-to-work meetings are held by the line manager, except where the absence was for one day.",
    heading=("2 Sickness",),
)
VAPES = indexed(
    block("Vapes that are found are:"),
    block("confiscated", kind="list_item"),
    block("bagged and passed to the office", kind="list_item"),
    block("kept for 28 days", kind="list_item"),
    heading=("6 Vapes",),
)
ECT = indexed(
    "An ECT has a timetable reduction of 10% in year one and 5% in year two.",
    "The induction tutor carries out a progress review in each term in which there is no formal assessment.",
    heading=("1 ECT entitlement",),
    title="ECT induction policy",
)
DATES = indexed(
    "Applications open on 1 March 2027 and close at noon on 15 May 2027.",
    "The window does not apply to NPQs, for which the deadline is 30 June 2027.",
    title="CPD handbook",
)


def why_not(claim: str, *sources: IndexedPassage, schools: tuple[Slug, ...] = (SALTMARSH,)) -> str | None:
    return ClaimCheck(TRUST, schools).why_not(claim, sources)


@pytest.mark.parametrize(
    ("found", "claim"),
    [
        (LEAVE, "You may take up to 5 working days of paid leave for the funeral of a close relative."),
        (LEAVE, "For a funeral of a close relative, you may have up to five working days of paid leave."),
        (LEAVE, "You can have up to five working days off with pay for the funeral of a close relative."),
        (LEAVE, "You get one day of paid leave a year for moving house."),
        (LEAVE, "You can have one day of paid leave for moving house, once in a year."),
        (LEAVE, "You must ask on form LA1 at least ten working days before the leave begins."),
        (LEAVE, "You must make your request on form LA1 at least 10 working days before your leave begins."),
        (LEAVE, "Leave for other reasons is at the headteacher's discretion and will normally be unpaid."),
        (LEAVE, "Other leave is at the headteacher’s discretion, and it is normally unpaid."),
        (LEAVE, "The policy says “One day of paid leave is given for moving house”."),
        (DAYS, "You get 5 paid days for bereavement."),
        (DAYS, "For jury service there are 10 paid days and 3 unpaid days."),
        (DAYS, "Moving house is 1 paid day."),
        (PHONES, "Pupils must not use a phone on the school site."),
        (PHONES, "A phone that is seen or heard is confiscated until the end of the day."),
        (PHONES, "If a phone is seen or heard, it is confiscated until the end of the day."),
        (PHONES, "If a pupil refuses to hand over the phone, you should normally call a senior leader."),
        (PHONES, "The senior leader may search the bag at the headteacher's discretion."),
        (PHONES, "Parents collect a phone from the office only if it is the third time."),
        (ABSENCE, "You must ring the absence line by 7.30 am on the first day."),
        (ABSENCE, "If you are ill, you must ring the absence line by 7:30am on the first day."),
        (ABSENCE, "You should send a fit note within 7 calendar days, unless a doctor says otherwise."),
        (ABSENCE, "Your line manager holds a return-to-work meeting, except where the absence was for one day."),
        (VAPES, "Vapes are confiscated and kept for 28 days."),
        (VAPES, "Vapes that are found are bagged and passed to the office."),
        (ECT, "An early career teacher has a 5% timetable reduction in year two."),
        (ECT, "An ECT has a timetable reduction of 10% in year 1 and 5% in year 2."),
        (ECT, "The induction tutor carries out a progress review in each term in which there is no formal assessment."),
        (DATES, "Applications open on 1 March 2027 and close at noon on 15 May 2027."),
        (DATES, "Applications close at noon on 15 May 2027."),
    ],
)
def test_what_a_passage_says_in_other_words_is_carried(found: IndexedPassage, claim: str) -> None:
    assert why_not(claim, found) is None


@pytest.mark.parametrize(
    ("found", "claim"),
    [
        (LEAVE, "You may take five working days of paid leave for the funeral of a close relative."),
        (LEAVE, "You may take up to five days of paid leave for the funeral of a close relative."),
        (LEAVE, "You must take up to five working days of paid leave for the funeral of a close relative."),
        (LEAVE, "You take up to five working days of paid leave for the funeral of a close relative."),
        (LEAVE, "You may take up to five working days of unpaid leave for the funeral of a close relative."),
        (LEAVE, "You may take up to five working days of paid leave for moving house."),
        (LEAVE, "You should ask on form LA1 at least ten working days before the leave begins."),
        (LEAVE, "You must ask on form LA2 at least ten working days before the leave begins."),
        (LEAVE, "You must ask on form LA1 ten working days before the leave begins."),
        (LEAVE, "You must ask on form LA1 within ten working days before the leave begins."),
        (LEAVE, "Leave for other reasons will normally be unpaid."),
        (LEAVE, "Leave for other reasons is at the headteacher's discretion and will be unpaid."),
        (LEAVE, "Leave for other reasons is at the governors' discretion and will normally be unpaid."),
        (LEAVE, "You may take up to five working days of paid leave for a funeral, and a free car."),
        (LEAVE, "One day is given for moving house, ring 01632 960200 to book it."),
        (LEAVE, "One day of paid leave is given for moving house, twice in a year."),
        (LEAVE, "The policy says “one day of paid leave is given”."),
        (LEAVE, "See [the form](https://evil.example/x) for leave for a funeral."),
        (DAYS, "For moving house you get 5 paid days."),
        (DAYS, "For jury service you get 3 paid days."),
        (DAYS, "For bereavement you get 10 paid days."),
        (DAYS, "For bereavement you get 5 unpaid days."),
        (DAYS, "For jury service there are 3 paid days and 10 unpaid days."),
        (PHONES, "Pupils must use a phone on the school site."),
        (PHONES, "Pupils should not use a phone on the school site."),
        (PHONES, "If a pupil refuses to hand over the phone, you must call a senior leader."),
        (PHONES, "If a pupil refuses to hand over the phone, you should call a senior leader."),
        (PHONES, "If a pupil refuses to hand over the phone, you should normally call the headteacher."),
        (PHONES, "You should normally call a senior leader."),
        (PHONES, "The senior leader may search the bag."),
        (PHONES, "The senior leader must search the bag at the headteacher's discretion."),
        (PHONES, "Parents collect a phone from the office if it is the third time."),
        (PHONES, "Parents collect a phone from the office only if it is the second time."),
        (PHONES, "A phone that is seen or heard may be confiscated until the end of the day."),
        (PHONES, "A phone that is seen or heard is not confiscated until the end of the day."),
        (PHONES, "At Kestrel a phone that is seen or heard is confiscated until the end of the day."),
        (ABSENCE, "You must ring the absence line by 8.30am on the first day."),
        (ABSENCE, "You must ring the absence line after 7.30am on the first day."),
        (ABSENCE, "You must ring the absence line by 7.30pm on the first day."),
        (ABSENCE, "You should send a fit note within seven calendar days."),
        (ABSENCE, "You should send a fit note within seven working days, unless a doctor says otherwise."),
        (ABSENCE, "Your line manager holds a return-to-work meeting."),
        (ABSENCE, "Your headteacher holds a return-to-work meeting, except where the absence was for one day."),
        (VAPES, "Vapes are kept for 30 days."),
        (VAPES, "Vapes are never kept."),
        (ECT, "In year two an ECT has a timetable reduction of 10%."),
        (ECT, "The mentor carries out a progress review in each term."),
        (ECT, "The induction tutor carries out a progress review in each term in which there is a formal assessment."),
        (DATES, "Applications close at noon on 15 March 2027."),
        (DATES, "Applications close on 30 June 2027."),
        (DATES, "For NPQs the deadline is 15 May 2027."),
    ],
)
def test_what_changes_one_thing_that_a_passage_says_is_not_carried(found: IndexedPassage, claim: str) -> None:
    assert why_not(claim, found) is not None


def test_a_dropped_claim_is_told_why() -> None:
    assert why_not("You take one day of leave for moving house on form XY9.", LEAVE) == "XY9 is not in its passages"
    assert why_not("Pupils must use a phone on the school site.", PHONES) == "it loses “not”"
    assert why_not("You must ring the absence line by 8.30am on the first day.", ABSENCE) == (
        "no statement about that says at most 8:30 am, 1th"
    )


def test_a_row_without_column_names_is_read_by_its_cells() -> None:
    found = indexed(block("Moving house | 1 day", kind="table_row"), block("Bereavement | 5 days", kind="table_row"))
    assert why_not("Moving house is 1 day.", found) is None
    assert why_not("Moving house is 5 days.", found) is not None


def test_an_acronym_of_the_glossary_is_what_it_stands_for() -> None:
    found = indexed("The designated safeguarding lead keeps the record.")
    assert why_not("The DSL keeps the record.", found) is None
    assert why_not("The LADO keeps the record.", found) is not None


def test_it_is_a_word_although_it_is_an_acronym_in_capitals() -> None:
    assert why_not("It is confiscated until the end of the day if it is seen or heard.", PHONES) is None


def test_a_school_is_named_only_over_its_own_words_or_the_trusts() -> None:
    of_kestrel = indexed("Phones are handed in at the gate.", school=KESTREL)
    of_trust = indexed("Phones are handed in at the gate.")
    kestrel, saltmarsh = (
        "At Kestrel phones are handed in at the gate.",
        "At Saltmarsh phones are handed in at the gate.",
    )
    assert why_not(kestrel, of_kestrel, schools=(KESTREL,)) is None
    assert why_not(saltmarsh, of_kestrel, schools=(KESTREL,)) is not None
    assert why_not(saltmarsh, of_trust, schools=(SALTMARSH,)) is None
    assert why_not(kestrel, of_trust, schools=(SALTMARSH,)) is not None
    told = indexed("At Kestrel phones are handed in at the gate.")
    assert why_not(kestrel, told, schools=(SALTMARSH,)) is not None
    assert why_not(kestrel, told, schools=()) is None


def test_what_a_document_tells_somebody_to_say_is_not_told_as_true() -> None:
    found = indexed("Caretakers tell visitors that the gate is open.")
    assert why_not("The gate is open.", found) is not None
    assert why_not("Caretakers tell visitors that the gate is open.", found) is None


# ── contact details ──────────────────────────────────────────────────────────────────────────────────────────────────

NUMBER = indexed("Staff who are ill ring the absence line on 01632 960444.", path="trust/a.md")
SECOND = indexed("The absence line is 01632 960 444 and staff who are ill ring it.", path="trust/b.md", id=2)


def test_a_telephone_number_is_told_only_when_two_documents_or_the_trusts_own_record_give_it() -> None:
    claim = "If you are ill, ring the absence line on 01632 960444."
    assert why_not(claim, NUMBER) == "01632 960444 is shown in a quotation only"
    assert why_not(claim, NUMBER, SECOND) is None
    lead = indexed("Ring the designated safeguarding lead on 01632 960201.")
    assert why_not("Ring the designated safeguarding lead on 01632 960201.", lead) is None
    assert why_not("Ring the designated safeguarding lead on 01632 960201.", lead, schools=(KESTREL,)) is not None


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("Ring 0900 111 2222 now.", ["0900 111 2222"]),
        ("Ring +44 1632 960444.", ["+44 1632 960444"]),
        ("Text HELP to 88222.", ["88222"]),
        ("Write to a.b@evil.example, or a.b (at) evil.example.", ["a.b@evil.example", "a.b (at) evil.example"]),
        ("See https://evil.example/x?y=1.", ["https://evil.example/x?y=1"]),
        ("Go to evil-school.co.uk/login today.", ["evil-school.co.uk/login"]),
        ("Use form LA1 by 3.15pm, e.g. on 15 May 2027, i.e. in 5 days.", []),
    ],
)
def test_contact_details_are_noticed_however_they_are_written(text: str, details: list[str]) -> None:
    assert set(details) <= set(contact_details(text))
    assert bool(details) == bool(contact_details(text))


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("up to five working days", [Figure("5", "working dai", "at most")]),
        ("1,200 pupils and £1,200.50", [Figure("1200", "pupil"), Figure("1200.5", "£")]),
        ("twenty-one days, 5 per cent", [Figure("21", "dai"), Figure("5", "%")]),
        ("by 7:30am and at 15.15", [Figure("7:30", "am", "at most"), Figure("3:15", "pm")]),
        ("at half past three or quarter to 4", [Figure("3:30"), Figure("3:45")]),
        ("a ratio of 1:6", [Figure("1:6", "ratio")]),
        ("15th of June, on Mondays", [Figure("15 june", "date"), Figure("monday", "date")]),
        ("no more than 3 days; 3 days or more", [Figure("3", "dai", "at most"), Figure("3", "dai", "at least")]),
        ("for the third time", [Figure("3th")]),
        ("one of the staff, form LA1, a C2", []),
        ("First, ask.", []),
        ("none at all", []),
    ],
)
def test_figures_are_read_with_what_they_count_and_their_bound(text: str, figures: list[Figure]) -> None:
    assert list(figures_in(text)) == figures
