"""Replies as a person would get them, for tests of blocks, of the page and of Slack's conversation."""

from __future__ import annotations

from bot.model import (
    Answered,
    AnswerSentence,
    Citation,
    Failed,
    NeedsDetail,
    NoEvidence,
    ProgrammeOffer,
    Redirected,
    Reply,
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
        notes=("The review of “Behaviour policy” was due in September 2025.",),
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
    "which_school": WHICH_SCHOOL,
    "no_evidence": NOT_IN_DOCUMENTS,
    "safeguarding": SAFEGUARDING,
    "failed": FAILED,
}
