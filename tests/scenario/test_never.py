"""Never another school's words, never what is kept to another role, never a past edition that was not asked for.

Trusts are made up at random: schools whose names share words, and documents that say nearly the same at each of them,
so that another school's often match a question best. Every document has a word and a figure that stand in no other.
Whatever is asked then, by whom and after what: the words of a document that must not be shown stand nowhere in the
answer, nor in how it came about.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot.app
from bot.answering.answer import Answering, answer_question
from bot.answering.redirects import Redirects
from bot.answering.write import Written
from bot.app import Staffroom
from bot.model import Answer, Answered, AnswerSentence, Asker, NeedsDetail, Question, Reply, Trace, Turn
from bot.prompts import load_prompt, load_replies
from bot.render import reply_as_json
from bot.settings import read_settings
from ingestion.index import Index
from ingestion.model import RawFile, Slug, Status
from ingestion.trust import read_trust
from ingestion.workers import read_in_process
from tests.fakes import FakeEmbedder
from tests.ingestion.texts import Desk

TODAY = date(2026, 11, 21)
OUTCOMES = {"answered", "needs_detail", "no_evidence", "redirected", "failed"}

# ── a trust made up at random ────────────────────────────────────────────────────────────────────────────────────────

SCHOOLS = {
    "elm-park": ("Elm Park Primary School", ("Elm Park", "the primary")),
    "elm-grange": ("Elm Grange Academy", ("Elm Grange", "the academy")),
    "grange": ("Grange Park School", ("Grange Park", "Grange")),
    "st-marys-infant": ("St Mary’s Infant School", ("the infants", "St Mary’s Infant")),
    "st-marys-junior": ("St Mary’s Junior School", ("St Mary’s", "the juniors")),
}
"""Slug → name and aliases. Some names begin others, and words of one stand in another."""

TOPICS = {
    "Phones": (
        "A {code} phone that is seen in a lesson is kept in the school office for {figure} minutes.",
        "Parents collect a {code} phone after {figure} minutes at the gate.",
    ),
    "Uniform": (
        "Pupils in {code} trainers are lent shoes for {figure} minutes and parents are told.",
        "The school lends a {code} tie for {figure} days to pupils without one.",
    ),
    "Leave": (
        "Staff may take {figure} days of {code} leave for the funeral of a close relative.",
        "Staff ask for {code} leave {figure} days before it begins, in writing.",
    ),
    "Trips": (
        "A {code} trip is asked for {figure} days before it leaves the school gate.",
        "There is one adult for {figure} pupils on a {code} trip, and parents agree in writing.",
    ),
    "Detentions": (
        "A {code} detention lasts {figure} minutes and parents are told on the day.",
        "Pupils who miss a {code} detention sit in the school office for {figure} minutes.",
    ),
}
"""Of each topic what every document says of it, with the word and the figure that are its own."""

KEPT_TO = {
    "leaders": {"leader", "headteacher"},
    "governors": {"governor"},
    "mentors": {"mentor", "leader", "headteacher"},
}
"""What an audience names → the roles that may read it."""
ROLES = ("leader", "headteacher", "governor", "mentor", "teacher")


@dataclass(frozen=True)
class Paper:
    """One edition of a document, and whom it may be shown to."""

    path: str
    school: str | None
    code: str
    figure: int
    title: str
    text: str
    status: Status = "in_force"
    audience: str | None = None
    is_gone: bool = False
    """Whether it was in the corpus only before the last refresh."""

    def may_be_read(self, roles: Sequence[str]) -> bool:
        return self.audience is None or not KEPT_TO[self.audience].isdisjoint(roles)


@dataclass(frozen=True)
class Corpus:
    """`trust.toml` and every edition of every document that ever stood in the corpus."""

    trust_toml: str
    schools: tuple[str, ...]
    papers: tuple[Paper, ...]


class _Maker:
    """Makes the documents of one corpus, each with a word and a figure of its own."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.papers: list[Paper] = []

    def code(self) -> str:
        """A word of no language, whose letters no other word of the corpus has."""
        while True:
            code = "".join(self.random.choice("bdfgklmnprstvz") + self.random.choice("aiou") for _ in range(4)) + "x"
            if not any(code in paper.code + paper.title for paper in self.papers):
                return code

    def add(self, path: str, school: str | None, topic: str, title: str, **stated: str | bool) -> None:
        """A Markdown document; `stated` is its front matter, besides how it stands (`stands`, `is_gone`)."""
        stands, is_gone = stated.pop("stands", "in_force"), stated.pop("is_gone", False)
        audience = stated.get("audience")
        code, figure = self.code(), 100 + len(self.papers)
        first, second = (sentence.format(code=code, figure=figure) for sentence in TOPICS[topic])
        matter = "".join(f"{name}: {value}\n" for name, value in {"title": title, **stated}.items())
        body = f"## {topic}\n\n{first} {second}\n"
        if self.random.random() < 0.4:
            body += f"\nStaff must:\n\n- write the {code} name in the book\n- tell the {code} head of year\n"
        if self.random.random() < 0.3:
            body += (
                f"\n| {topic} | Minutes |\n| --- | --- |\n| first {code} time | {figure} |\n| {code} again | {figure} |"
            )
        text = f"---\n{matter}---\n# {title}\n\n{body}"
        self.papers.append(Paper(path, school, code, figure, title, text, stands, audience, bool(is_gone)))  # type: ignore[arg-type]

    def document(self, folder: str, school: str | None, topic: str) -> None:
        """One document in one of the states that documents are found in."""
        title = f"{topic} policy {self.code()}"
        path = f"{folder}/{topic.lower()}"
        audience = self.random.choice((None, None, None, *KEPT_TO))
        other = self.random.choice((None, None, audience, *KEPT_TO))
        kept = {"audience": audience} if audience else {}
        before = {"audience": other} if other else {}
        state = self.random.choice(
            ("alone", "stated", "by name", "changed", "draft", "beside", "waiting", "gone", "open")
        )
        policy = {"kind": "policy"}
        match state:
            case "alone" | "open":
                self.add(f"{path}.md", school, topic, title, **policy, **(kept if state == "alone" else {}))
            case "stated":
                self.add(
                    f"{path}-1.md",
                    school,
                    topic,
                    title,
                    version="1.0",
                    status="superseded",
                    stands="superseded",
                    **policy,
                    **before,
                )
                self.add(f"{path}-2.md", school, topic, title, version="2.0", **policy, **kept)
            case "by name":
                self.add(
                    f"{path}-1.md",
                    school,
                    topic,
                    title,
                    approved_on="2024-01-01",
                    stands="superseded",
                    **policy,
                    **before,
                )
                self.add(f"{path}-2.md", school, topic, title, approved_on="2025-01-01", **policy, **kept)
            case "changed":
                self.add(
                    f"{path}.md",
                    school,
                    topic,
                    title,
                    version="1.0",
                    stands="superseded",
                    is_gone=True,
                    **policy,
                    **before,
                )
                self.add(f"{path}.md", school, topic, title, version="2.0", **policy, **kept)
            case "draft":
                self.add(f"{path}.md", school, topic, title, status="draft", stands="draft", **policy, **kept)
            case "beside":
                self.add(f"{path}.md", school, topic, title, version="1.0", **policy, **kept)
                self.add(
                    f"{path}-new.md",
                    school,
                    topic,
                    title,
                    version="2.0",
                    status="draft",
                    stands="draft",
                    **policy,
                    **before,
                )
            case "waiting":
                self.add(f"{path}.md", school, topic, title, version="1.0", **policy, **kept)
                self.add(
                    f"{path}-new.md",
                    school,
                    topic,
                    title,
                    version="2.0",
                    effective_from="2027-01-01",
                    stands="waiting",
                    **policy,
                    **before,
                )
            case "gone":
                self.add(f"{path}.md", school, topic, title, stands="withdrawn", is_gone=True, **policy, **kept)

    def records(self, folder: str, school: str | None) -> None:
        """Training programmes, and framework statements."""
        code, figure = self.code(), 100 + len(self.papers)
        programmes = (
            f'[[programmes]]\nid = "npq-{code}"\nname = "{code} course for mentors"\nkind = "npq"\n'
            f'audience = {{roles = ["mentor", "teacher"]}}\n'
            f'[[programmes.eligibility]]\nsays = "Teachers with {figure} days of {code} leave."\n'
        )
        self.papers.append(Paper(f"{folder}programmes.toml", school, code, figure, code, programmes))
        code, figure = self.code(), 100 + len(self.papers)
        statements = "framework,section,section_name,type,code,text\n" + "".join(
            f"{code} framework,4,Phones,Learn that...,4.{n},Pupils with a {code} phone wait {figure} minutes at {n}.\n"
            for n in (5, 6)
        )
        self.papers.append(Paper(f"{folder}frameworks/{code}.csv", school, code, figure, code, statements))


def make_corpus(seed: int) -> Corpus:
    """A trust of two to four schools, with one to three documents each and three of its own."""
    random = Random(seed)
    maker = _Maker(random)
    schools = tuple(random.sample(list(SCHOOLS), random.randint(2, 4)))
    topics = list(TOPICS)
    for topic in random.sample(topics, 3):
        maker.document("trust", None, topic)
    for slug in schools:
        for topic in random.sample(topics, random.randint(2, 4)):
            maker.document(f"schools/{slug}", slug, topic)
    maker.records("", None)
    maker.records(f"schools/{schools[0]}/", schools[0])
    toml = '[trust]\nname = "Samphire Coast Learning Trust"\n[acronyms]\nDT = "detentions"\n'
    for slug in schools:
        name, aliases = SCHOOLS[slug]
        toml += f'[[schools]]\nslug = "{slug}"\nname = "{name}"\naliases = {json.dumps(aliases, ensure_ascii=False)}\n'
    return Corpus(toml, schools, tuple(maker.papers))


class World:
    """One corpus, indexed: what may be asked of it."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.corpus = make_corpus(seed)
        desk = Desk(folder)
        desk.source.trust = read_trust(self.corpus.trust_toml.encode())
        before = {paper.path: paper.text for paper in self.corpus.papers if paper.is_gone}
        now = {paper.path: paper.text for paper in self.corpus.papers if not paper.is_gone}
        desk.source.documents = now | before
        desk.refresh(read=read_in_process)
        desk.source.documents = dict(now)
        report = desk.refresh(read=read_in_process)
        assert not report.failed
        self.index: Index = desk.open()
        held = {version.path: version.status for version in self.index.versions()}
        assert held == {paper.path: paper.status for paper in self.corpus.papers if not paper.is_gone}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(bot.app, "embedder_of", lambda settings: FakeEmbedder())
            patch.setattr(bot.app, "redirects_of", lambda settings: Redirects())
            patch.setenv("STAFFROOM_DATA", str(folder))
            self.staffroom = Staffroom(read_settings(), today=lambda: TODAY)
        self.model = Inventor(self.corpus)
        self.quoting = Answering(self.index, FakeEmbedder(), Redirects(), load_replies(), load_prompt("compose"))
        self.writing = replace(self.quoting, chat_model=self.model)

    def close(self) -> None:
        self.staffroom.close()
        self.index.close()


# ── what is asked ────────────────────────────────────────────────────────────────────────────────────────────────────

FRAMES = (
    "{}",
    "What about {}?",
    "How long is {}?",
    "What is the rule on {}",
    "Who is told of {}?",
    "And {}?",
    "{} in the primary phase?",
    "Is {} for infant pupils?",
)
RECORDS = (
    "what is 4.6",
    "what does 4.5 say",
    "learn that 4.6",
    "which course is funded for mentors",
    "npq for teachers",
)
HOSTILE = ('" OR scope : *', "scope:s1 NEAR(phone tie)", "phone* OR -leave", "'); --", "%_|leader|", "\ud800 phone \0")
ALL = ("at all schools", "at each school", "in every school of the trust")
PAST = (
    "what did it say before",
    "what changed in the policy",
    "what did the old policy say",
    "in the previous policy",
    "what has changed since the last version",
)


@dataclass(frozen=True)
class Ask:
    """A question with what it may be answered from: `schools` and whether it asks of the past, by how it was made."""

    question: Question
    schools: frozenset[str]
    is_of_past: bool
    named: frozenset[str] = frozenset()
    """Of the schools those that the question names, or that are the asker's."""


@st.composite
def subjects(draw: st.DrawFn, corpus: Corpus, *, of_past: bool = False) -> str:
    """Words of one document, whosever it is: its title, a stretch of it, or plain words of its topic.

    Which document and which words follow from a number: Hypothesis by itself asks for the same few again and again.
    """
    random = Random(draw(st.integers(0, 2**32)))
    past = [paper for paper in corpus.papers if paper.status == "superseded"]
    paper = random.choice(past if of_past and past and random.random() < 0.7 else corpus.papers)
    words = re.findall(r"[\w.]+", paper.text.split("---\n")[-1])
    start = random.randrange(max(1, len(words) - 3))
    stretch = " ".join(words[start : start + random.randint(2, 10)])
    of_topic = f"{paper.path.split('/')[-1].split('.')[0].split('-')[0]} and parents, minutes or days"
    course = f"{random.choice(RECORDS)} {paper.title}"
    plain = random.choice((stretch, stretch, stretch, of_topic, paper.title, f"{stretch} {paper.title}", course))
    return draw(st.one_of(*[st.just(plain)] * 8, st.sampled_from(HOSTILE), st.text(max_size=20)))


@st.composite
def mentions(draw: st.DrawFn, corpus: Corpus) -> tuple[str, frozenset[str]]:
    """Words that say which schools, and these."""
    named = draw(st.lists(st.sampled_from(corpus.schools), max_size=2, unique=True))
    said = [draw(st.sampled_from((name, slug, *aliases))) for slug in named for name, aliases in [SCHOOLS[slug]]]
    return " and ".join(f"at {name}" for name in said), frozenset(named)


@st.composite
def asks(draw: st.DrawFn, corpus: Corpus) -> Ask:
    """A question of these words, by anybody, after anything."""
    said, named = draw(mentions(corpus))
    own = draw(st.sampled_from((None, *corpus.schools)))
    allowed = {own} - {None} | named
    history = []
    for _ in range(draw(st.integers(0, 2))):
        said_before, named_before = draw(mentions(corpus))
        allowed |= named_before
        history.append(Turn("user", f"{draw(st.sampled_from(FRAMES)).format(draw(subjects(corpus)))} {said_before}"))
        if draw(st.booleans()):
            history.append(Turn("assistant", draw(subjects(corpus))))
    kind = draw(st.sampled_from(("plain", "plain", "past", "past", "all", "other", "others", "only school", "two")))
    frame = draw(st.sampled_from(FRAMES))
    text = f"{frame.format(draw(subjects(corpus, of_past=kind == 'past')))} {said}".strip()
    match kind:
        case "past":
            past = draw(st.sampled_from(PAST))
            text = f"{past} on {text}" if draw(st.booleans()) else f"{text.rstrip('?')}, {past}"
        case "all":
            text, allowed = f"{text} {draw(st.sampled_from(ALL))}", set(corpus.schools)
        case "other":
            text = f"{text} at the other school"
            allowed = set(corpus.schools) if len(corpus.schools) == 2 else allowed
        case "others":
            text, allowed = f"{text} at the other schools", set(corpus.schools)
        case "only school":
            text = f"and {said or 'at my school'}?"
        case "two":
            text = f"{text.rstrip('?')}? {draw(st.sampled_from(FRAMES)).format(draw(subjects(corpus)))}"
    roles = tuple(draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True)))
    asker = Asker(Slug(own) if own else None, roles)
    return Ask(
        Question(text, asker, tuple(history)), frozenset(allowed), kind == "past", frozenset({own} - {None} | named)
    )


# ── what must not be shown ───────────────────────────────────────────────────────────────────────────────────────────


def may_be_quoted(paper: Paper, ask: Ask) -> bool:
    is_edition = paper.status == "in_force" or (ask.is_of_past and paper.status == "superseded")
    return may_be_known(paper, ask) and is_edition


def may_be_known(paper: Paper, ask: Ask) -> bool:
    """Whether the asker may be told of the document: of its title, in a note that there is a draft of it."""
    return (paper.school is None or paper.school in ask.schools) and paper.may_be_read(ask.question.asker.roles)


def assert_nothing_else_shows(corpus: Corpus, ask: Ask, shown: str) -> None:
    """No word, path or title of a document that may not be quoted, or known of, stands in what is shown."""
    known = {word for paper in corpus.papers if may_be_known(paper, ask) for word in (paper.path, paper.title)}
    for paper in corpus.papers:
        assert may_be_quoted(paper, ask) or paper.code not in shown.replace(paper.title, ""), f"words of {paper}"
        for name in {paper.path, paper.title} - known:
            assert name not in shown, f"name of {paper}"


def without_what_was_asked(answer: Answer, trace: Trace) -> str:
    """All of an answer and of how it came about, but for the asker's words and those that a model wrote."""
    if isinstance(answer, Answered):
        answer = replace(
            answer, sentences=(), parts=tuple(replace(part, asked="", sentences=()) for part in answer.parts)
        )
    return repr((answer, replace(trace, query="", also=(), expansions=(), dropped=())))


def assert_sound(corpus: Corpus, ask: Ask, answer: Answer, trace: Trace) -> None:
    printed = reply_as_json(Reply(answer, trace=trace), explain=True)
    assert printed["outcome"] in OUTCOMES - {"failed"}
    seen = ask
    if isinstance(answer, NeedsDetail) and answer.asks == "school":
        assert (
            trace.interpretation
        )  # what differs by school was found in all of them: the trace tells, nothing is quoted
        seen = replace(ask, schools=frozenset(corpus.schools))
    assert_nothing_else_shows(corpus, seen, without_what_was_asked(answer, trace))
    if not isinstance(answer, Answered):
        return
    for citation in answer.citations:
        [paper] = [one for one in corpus.papers if one.path == citation.path and one.status == citation.status]
        assert may_be_quoted(paper, ask)
        assert " ".join(citation.quote.split()) in as_read(paper)
    assert_written_from_what_may_be_quoted(corpus, ask, sentences_of(answer))


def assert_written_from_what_may_be_quoted(corpus: Corpus, ask: Ask, sentences: Sequence[AnswerSentence]) -> None:
    """No sentence says what another document says: each has a figure of its own in nearly every sentence."""
    written = " ".join(sentence.text for sentence in sentences)
    for paper in corpus.papers:
        assert may_be_quoted(paper, ask) or (str(paper.figure) not in written and paper.code not in written), paper


def sentences_of(answer: Answered) -> list[AnswerSentence]:
    return [*answer.sentences, *(sentence for part in answer.parts for sentence in part.sentences)]


def as_read(paper: Paper) -> str:
    """The words of a document in reading order, white space folded."""
    [read] = read_in_process([RawFile(paper.path, Slug(paper.school) if paper.school else None, paper.text.encode())])
    assert read.document is not None
    blocks = [block.text for section in read.document.sections for block in section.blocks]
    return " ".join(" ".join(blocks).split())


# ── a chat model that invents ────────────────────────────────────────────────────────────────────────────────────────


class Inventor:
    """A chat model that copies sentences from anywhere in the corpus and cites whatever number comes; `sent` is what it
    was sent last."""

    name = "test:inventor"

    def __init__(self, corpus: Corpus) -> None:
        self._sentences = [
            sentence
            for paper in corpus.papers
            for sentence in re.findall(r"^[A-Z][^|\n]*?\.(?= |$)|(?<=\. )[A-Z][^|\n]*?\.", paper.text, flags=re.M)
        ]
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Forgets what it was sent; what it writes next follows from the seed."""
        self.sent: list[str] = []
        self.random = Random(seed)

    def write(
        self,
        system: str,
        user: str,
        *,
        temperature: float,
        max_output_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> Written:
        self.sent.append(user.split("Passages:", 1)[1])
        passages = [text.split("\n", 1)[1] for text in re.findall(r"<passage \d+ \w+>\n(.*?)\n</passage", user, re.S)]
        pieces = []
        for _ in range(self.random.randint(1, 4)):
            number = self.random.randint(0, len(passages) + 1)
            sentence = self.random.choice(self._sentences)
            if 1 <= number <= len(passages) and self.random.random() < 0.7:
                sentence = self.random.choice(re.findall(r"[A-Z].*?\.", passages[number - 1]) or [sentence])
                if self.random.random() < 0.3:  # another document's words in the middle of what the passage says
                    sentence = f"{sentence.rstrip('.')} {self.random.choice(self._sentences).split(' ', 2)[2]}"
            pieces.append(f"{sentence.rstrip('.')} [{number}]{self.random.choice(('', '', '[1]', '[2]'))}. ")
        for piece in pieces if on_text else ():
            on_text(piece)
        return Written("".join(pieces), False, tokens_in=1, tokens_out=1)


# ── whatever is asked ────────────────────────────────────────────────────────────────────────────────────────────────

SEEDS = (2, 26)
"""Corpora of two and four schools, in which documents are in every state."""


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(request.param, tmp_path_factory.mktemp("never"))
    yield made
    made.close()


def quoted_soundly(world: World, ask: Ask) -> None:
    assert_sound(world.corpus, ask, *answer_question(ask.question, world.quoting, today=TODAY))


def written_soundly(world: World, ask: Ask, seed: int) -> None:
    world.model.begin(seed)
    streamed: list[AnswerSentence] = []
    answer, trace = answer_question(ask.question, world.writing, today=TODAY, on_sentence=streamed.append)
    assert_sound(world.corpus, ask, answer, trace)
    assert_written_from_what_may_be_quoted(world.corpus, ask, streamed)
    sent = " ".join(world.model.sent)
    assert [paper for paper in world.corpus.papers if paper.code in sent and not may_be_quoted(paper, ask)] == []


def searched_soundly(world: World, ask: Ask) -> None:
    """A search knows no roles, no history and no "all schools": what is open, of the school given or named."""
    query, school = ask.question.text, ask.question.asker.school
    alone = Ask(replace(ask.question, asker=Asker(school)), ask.named, is_of_past=False)
    found = world.staffroom.search(query, school=school, limit=30)
    assert_nothing_else_shows(world.corpus, alone, repr(found))
    for passage in found:
        [paper] = [one for one in world.corpus.papers if one.path == passage.found.version.path and not one.is_gone]
        assert may_be_quoted(paper, alone)


def times(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))


@times(30)
@given(data=st.data())
def test_an_answer_shows_nothing_that_must_not_be_shown(world: World, data: st.DataObject) -> None:
    quoted_soundly(world, data.draw(asks(world.corpus)))


@times(24)
@given(data=st.data(), seed=st.integers(0, 1_000_000))
def test_nor_does_one_that_a_model_wrote_which_copies_and_cites_at_random(
    world: World, data: st.DataObject, seed: int
) -> None:
    written_soundly(world, data.draw(asks(world.corpus)), seed)


@times(16)
@given(data=st.data())
def test_nor_does_a_search(world: World, data: st.DataObject) -> None:
    searched_soundly(world, data.draw(asks(world.corpus)))


# ── what was found so, and mended ────────────────────────────────────────────────────────────────────────────────────


def test_a_training_programme_of_another_school_is_not_offered(world: World) -> None:
    """It was: programmes were read of every school."""
    [paper] = [one for one in world.corpus.papers if one.school and one.path.endswith("programmes.toml")]
    for school in (None, *world.corpus.schools):
        question = Question(
            f"Which course is there for mentors, the {paper.code} course?", Asker(Slug(school or "") or None)
        )
        ask = Ask(question, frozenset({school} - {None}), is_of_past=False)
        quoted_soundly(world, ask)
        answer, _ = answer_question(question, world.quoting, today=TODAY)
        offered = [offer.name for offer in answer.programmes] if isinstance(answer, Answered) else []
        assert (f"{paper.code} course for mentors" in offered) == (school == paper.school)


def test_where_no_school_is_known_what_schools_say_is_no_part_of_how_the_trusts_answer_came_about(world: World) -> None:
    """It was: every school's documents are searched to tell whether to ask which, and the trace named what it found."""
    for paper in world.corpus.papers[::5]:
        quoted_soundly(world, Ask(Question(paper.title), frozenset(), is_of_past=False))
