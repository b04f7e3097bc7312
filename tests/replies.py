"""Replies as a person would get them, for tests of blocks, of the page and of Slack's conversation."""

from __future__ import annotations

from dataclasses import replace

from bot.model import (
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NearDocument,
    NeedsDetail,
    NoEvidence,
    PartAnswered,
    ProgrammeOffer,
    Redirected,
    Reply,
    SchoolAnswer,
)
from ingestion.model import Contact, Slug

PHONES = Citation(
    number=1,
    title="Behaviour policy",
    path="schools/saltmarsh/behaviour.docx",
    school=Slug("saltmarsh"),
    school_name="Saltmarsh Primary School",
    heading=("5 Sanctions", "5.2 Phones"),
    locator="page 4",
    quote="A phone that is seen or heard is kept in the school office until 3.15 pm.\n"
    "The second time in a half-term, a parent or carer collects it.",
    version="3.1",
    review_due="2027-09-01",
    url="https://docs.example.org/saltmarsh/behaviour?v=3&p=4",
)
LADDER = Citation(
    number=2,
    title="Behaviour policy",
    path="schools/saltmarsh/behaviour.docx",
    school=Slug("saltmarsh"),
    school_name="Saltmarsh Primary School",
    heading=("5 Sanctions", "5.1 The ladder"),
    locator="pages 3–4",
    quote="C1 | Reminder of the rule | Class teacher\nC2 | Five minutes of reflection | Class teacher\n"
    "C3 | Letter home & phone kept <in the office> | Phase leader",
    version="3.1",
    review_due="2025-09",
    review_overdue=True,
    header=("Step", "What happens", "Who"),
    rows=(
        ("C1", "Reminder of the rule", "Class teacher"),
        ("C2", "Five minutes of reflection", "Class teacher"),
        ("C3", "Letter home & phone kept <in the office>", "Phase leader"),
    ),
    doubt="Two editions call themselves 3.1; the one approved last is quoted.",
)
NPQ = ProgrammeOffer(
    id="npqlbc",
    name="NPQ Leading Behaviour and Culture",
    eligibility="maybe",
    why="You need to have, or be about to take on, responsibility for behaviour",
    closes="2027-01-15",
    url="https://training.example.org/npqlbc",
)

QUOTED = Reply(Answered(citations=(PHONES,), school=Slug("saltmarsh"), confidence=0.83))
QUOTED_TABLE = Reply(
    Answered(
        citations=(PHONES, LADDER),
        programmes=(NPQ,),
        school=Slug("saltmarsh"),
        notes=("The review of “Behaviour policy” was due in September 2025.", str(LADDER.doubt)),
    )
)
WRITTEN = Reply(
    Answered(
        citations=(PHONES,),
        sentences=(
            AnswerSentence("The phone is kept in the office until 3.15 pm.", (1,)),
            AnswerSentence("The second time, a parent or carer collects it.", (1,)),
        ),
        made_by="openai:gpt 1a2b3c4d5e6f",
    )
)
FRAMEWORK = Citation(
    number=1,
    title="Behaviour framework",
    path="trust/behaviour.docx",
    school=None,
    school_name="Samphire Coast Learning Trust",
    heading=("5 Phones",),
    locator="page 2",
    quote="Phones are off and out of sight from gate to gate.",
    version="2.0",
)
HANDBOOK = replace(
    PHONES,
    number=2,
    title="Staff handbook",
    path="schools/saltmarsh/handbook.html",
    locator="section “Phones”",
    url=None,
    says_as=1,
)
ALSO_IN = Reply(Answered(citations=(PHONES, HANDBOOK), school=Slug("saltmarsh")))
COMPARED = Reply(
    Answered(
        citations=(FRAMEWORK, replace(PHONES, number=2)),
        comparison=(
            SchoolAnswer(Slug("saltmarsh"), "Saltmarsh Primary School", (2,)),
            SchoolAnswer(Slug("kestrel"), "Kestrel Heath Academy"),
        ),
    )
)
SEVERAL = Reply(
    Answered(
        citations=(PHONES, LADDER),
        parts=(
            PartAnswered("what about phones", (1,)),
            PartAnswered("where do I park?"),
            PartAnswered("and who acts", (1, 2)),
        ),
        contact_line="If a child may be at risk: Designated safeguarding lead 01632 960201.",
    )
)
PAST = Reply(Answered(citations=(replace(PHONES, version="2.4", status="superseded", lead_in="A phone must not be:"),)))
LOOK_AT = Reply(
    NoEvidence(
        "I could not find this in the documents.",
        nearest=(
            NearDocument(
                title="Behaviour policy",
                path="schools/saltmarsh/behaviour.docx",
                school_name="Saltmarsh Primary School",
                heading=("5 Sanctions", "5.2 Phones"),
                locator="page 4",
                url="https://docs.example.org/behaviour",
                owner="Deputy headteacher",
            ),
            NearDocument("Visits policy", "trust/visits.pdf", "Samphire Coast Learning Trust", (), "page 1"),
        ),
    )
)
WHICH_SCHOOL = Reply(
    NeedsDetail(
        asks="school",
        sentence="The answer is different at each school. Which school do you mean?",
        options=(("saltmarsh", "Saltmarsh Primary School"), ("kestrel", "Kestrel Heath Academy")),
    )
)
NOT_IN_DOCUMENTS = Reply(NoEvidence("I could not find this in the documents. I would rather say so than guess."))
SAFEGUARDING = Reply(
    Redirected(
        kind="safeguarding",
        markdown="**This may be a safeguarding matter. Please speak to a person now, not to me.**\n\n"
        "- Designated safeguarding lead: 01632 960201\n- Do not promise to keep it secret.",
        school=Slug("saltmarsh"),
        contacts=(Contact("Designated safeguarding lead", "01632 960201"),),
    )
)
FAILED = Reply(Failed("Sorry, something went wrong. Give this reference to your IT team: 7f3a91bc", "7f3a91bc"))

ALL = {
    "quoted": QUOTED,
    "quoted_table": QUOTED_TABLE,
    "written": WRITTEN,
    "also_in": ALSO_IN,
    "compared": COMPARED,
    "several": SEVERAL,
    "past": PAST,
    "look_at": LOOK_AT,
    "which_school": WHICH_SCHOOL,
    "no_evidence": NOT_IN_DOCUMENTS,
    "safeguarding": SAFEGUARDING,
    "failed": FAILED,
}
