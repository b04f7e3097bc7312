from __future__ import annotations

from typing import get_args

import pytest

from bot.answering.find import Found
from bot.answering.replies import contact_line, no_evidence_reply, written_reply
from bot.model import Evidence, LookUp, Redirect, RedirectCase, Redirected, RedirectKind
from bot.prompts import load_replies
from ingestion.model import Contact, SchoolRecord, Slug, Trust
from tests.building import KESTREL, SALTMARSH, TRUST

REPLIES = load_replies()
WHOLE_TRUST = Trust(
    name="Samphire Coast Learning Trust",
    safeguarding=(
        Contact("Trust safeguarding lead", "01632 960101"),
        Contact("Chair of trustees", "01632 960102"),
        Contact("Local authority designated officer (LADO)", "01632 960110"),
        Contact("Employee assistance line (24 hours)", "01632 960120"),
    ),
    schools=(SALTMARSH, KESTREL),
)
BARE_TRUST = Trust(schools=(SchoolRecord(Slug("x"), "X School"),))
CHILD_CASES: list[RedirectCase] = ["child", "self_harm", "fgm", "radicalisation", "image", "weapon"]
OTHER_FAMILIES: list[tuple[RedirectKind, RedirectCase]] = [
    ("personal_data", "pupil_record"),
    ("personal_data", "staff_record"),
    ("personal_data", "payroll"),
    ("personal_data", "system"),
    ("out_of_scope", "write"),
    ("out_of_scope", "rules"),
    ("out_of_scope", "advice"),
]


def safeguarding(case: RedirectCase | None, school: str | None = "saltmarsh", trust: Trust = WHOLE_TRUST) -> Redirected:
    redirect = Redirect("safeguarding", Slug(school) if school else None, case)
    return written_reply(redirect, replies=REPLIES, trust=trust)


@pytest.mark.parametrize("case", CHILD_CASES)
def test_a_concern_about_a_child_gets_the_right_schools_lead_and_deputies_and_the_trusts(case: RedirectCase) -> None:
    reply = safeguarding(case)
    text = reply.markdown
    assert "999" in text
    assert "Saltmarsh Primary School" in text
    assert text.index("01632 960201") < text.index("01632 960202") < text.index("01632 960101")
    assert "01632 960301" not in text
    assert [one.phone for one in reply.contacts] == ["01632 960201", "01632 960202", "01632 960101"]
    assert "do not type names or details here" in text


@pytest.mark.parametrize("case", [*CHILD_CASES, "staff", "head"])
def test_the_numbers_come_before_what_to_do(case: RedirectCase) -> None:
    text = safeguarding(case).markdown
    assert text.index("01632") < text.casefold().index("write down")


def test_with_no_school_known_every_schools_lead_is_given() -> None:
    text = safeguarding("child", None).markdown
    assert "Saltmarsh Primary School: 01632 960201" in text
    assert "Kestrel Heath Academy: 01632 960301" in text


def test_about_the_head_the_trusts_people_are_given_and_nobody_at_the_school() -> None:
    text = safeguarding("head").markdown
    assert text.index("01632 960102") < text.index("01632 960110") < text.index("01632 960101")
    assert "01632 9602" not in text


def test_about_a_colleague_the_headteacher_is_told_and_the_local_authoritys_officer_is_given() -> None:
    text = safeguarding("staff").markdown
    assert "Tell the headteacher" in text
    assert "01632 960110" in text
    assert "01632 960102" not in text


def test_a_member_of_staffs_own_crisis_gets_help_for_staff_and_nothing_about_children() -> None:
    reply = safeguarding("own_crisis")
    assert [one.phone for one in reply.contacts] == ["01632 960120"]
    for number in ("01632 960120", "116 123", "111", "999"):
        assert number in reply.markdown
    assert "child" not in reply.markdown
    assert "01632 960201" not in reply.markdown


def test_of_fgm_the_teacher_is_told_to_report_in_person() -> None:
    assert "must report it to the police in person: ring **101**" in safeguarding("fgm").markdown


def test_of_an_image_the_first_words_are_not_to_look_copy_or_forward() -> None:
    assert safeguarding("image").markdown.startswith("**Do not look at the image, and do not copy, save, forward")


def test_of_a_weapon_the_first_words_are_999() -> None:
    assert safeguarding("weapon").markdown.splitlines()[0].endswith("nearest senior leader.**")
    assert "ring 999 first" in safeguarding("weapon").markdown.splitlines()[0]


def test_a_redirect_without_a_case_is_about_a_child() -> None:
    assert safeguarding(None).markdown == safeguarding("child").markdown


def test_missing_contacts_are_said_with_whom_to_go_to_instead() -> None:
    text = safeguarding("child", "x", BARE_TRUST).markdown
    assert "I have no safeguarding number on record for X School" in text
    assert "children’s social care" in text
    assert "chair of governors" in safeguarding("head", "x", BARE_TRUST).markdown
    assert "designated officer (LADO)" in safeguarding("staff", "x", BARE_TRUST).markdown
    assert "no employee assistance line on record" in safeguarding("own_crisis", "x", BARE_TRUST).markdown


def test_a_corpus_without_a_trust_still_gets_the_reply() -> None:
    text = safeguarding("child", None, Trust()).markdown
    assert "999" in text
    assert "children’s social care" in text


@pytest.mark.parametrize(("kind", "case"), OTHER_FAMILIES)
def test_each_case_that_is_no_look_up_says_where_to_go_and_what_can_be_asked(
    kind: RedirectKind, case: RedirectCase
) -> None:
    reply = written_reply(Redirect(kind, None, case), replies=REPLIES, trust=WHOLE_TRUST)
    assert (reply.kind, reply.case, reply.contacts) == (kind, case, ())
    assert "for instance" in reply.markdown
    assert "{" not in reply.markdown


def test_every_case_has_a_reply() -> None:
    families = {"safeguarding", "personal_data", "out_of_scope", "help"}
    named = {
        name.removeprefix(f"{family}_") for name in REPLIES for family in families if name.startswith(f"{family}_")
    }
    assert named == set(get_args(RedirectCase))


def test_the_line_beneath_a_policy_answer_gives_the_right_schools_lead() -> None:
    line = contact_line(Slug("kestrel"), replies=REPLIES, trust=WHOLE_TRUST)
    assert "Designated safeguarding lead 01632 960301" in line
    assert "Trust safeguarding lead 01632 960101" in contact_line(None, replies=REPLIES, trust=WHOLE_TRUST)
    assert "designated safeguarding lead, or a deputy" in contact_line(Slug("x"), replies=REPLIES, trust=BARE_TRUST)


def test_that_nothing_was_found_says_where_it_was_looked_for() -> None:
    def reply(*schools: str, trust: Trust = TRUST) -> str:
        lookup = LookUp("wifi", tuple(map(Slug, schools)))
        found = Found(lookup, Evidence(), scored=(), confidence=0.2, readings={})
        return no_evidence_reply(found, replies=REPLIES, trust=trust).sentence

    assert "in the documents of Kestrel Heath Academy or of the trust" in reply("kestrel")
    assert "in the documents." in reply(trust=Trust())
