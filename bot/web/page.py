"""What does the local chat page show, and what does it send back for a question?

The page keeps the conversation and sends it along; the server keeps none. With JavaScript a question brings back one
fragment, without it the whole page again. The answer is the same `Reply` that Slack gets, as HTML.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from bot.answer_service import AsyncAnswers
from bot.answering.interpret import MAX_QUESTION_CHARACTERS
from bot.errors import StaffroomError
from bot.metrics import Metrics
from bot.model import Asker, Question, Reply, Turn
from bot.prompts import load_replies
from bot.render import render_markdown
from bot.sentences import load_sentences
from bot.wording import (
    ELIGIBILITY_WORDS,
    EXAMPLE_QUESTIONS,
    answer_wording,
    citation_details,
    citation_title,
    cited,
    footer,
    is_disclosure,
    is_header_of_all,
    lead_of,
    near_document_line,
    outcome_of,
    owner_line,
    programme_detail,
    trusts_own,
    with_details,
)
from ingestion.model import Trust

MAX_HISTORY_TURNS = 20
MAX_TURN_CHARACTERS = 4_000


@dataclass(frozen=True)
class PageSentences:
    """The written sentences of `prompts/page.toml`; `too_long` holds `{most}` once."""

    too_long: str


def load_page_sentences() -> PageSentences:
    """All of them. Raises SettingsError naming a sentence that is missing, unknown or empty."""
    return load_sentences(PageSentences, "page", holding={"too_long": "{most}"})


class ChatPage:
    """The page and its answers."""

    def __init__(self, answers: AsyncAnswers, metrics: Metrics) -> None:
        self._answers = answers
        self._metrics = metrics
        self._no_question = load_replies()["no_question"].fill()
        self._too_long = load_page_sentences().too_long.replace("{most}", f"{MAX_QUESTION_CHARACTERS:,}")

    async def show(self) -> Response:
        """The page before anything was asked. Raises IndexUnavailable, a sentence with the mend."""
        return HTMLResponse(render_page(await self._answers.trust()))

    async def answer(self, request: Request) -> Response:
        """The answer to a form's question: a fragment for the page's own script, else the whole page.

        Raises IndexUnavailable as `show` does, but for the page's own script, which gets the sentence as a fragment.
        """
        is_from_script = request.headers.get("x-requested-with") == "fetch"
        form = await _read_form(request)
        text = " ".join(_field(form, "question").split())
        school = _field(form, "school") or None
        history = read_history(_field(form, "history"))
        try:
            trust = await self._answers.trust()
        except StaffroomError as error:
            if not is_from_script:
                raise
            return HTMLResponse(render_problem(str(error)), 503)
        problem = self._problem_with(text)
        earlier, exchange = history, ""
        if not problem:
            record = trust.school(school)
            reply = await self._ask(Question(text, Asker(record.slug if record else None), history))
            exchange = render_exchange(
                text, reply, history=history, school=school, for_school=record.name if record else ""
            )
            history = _latest((*history, *_turns_of(text, reply)))
        if is_from_script:
            return HTMLResponse(exchange or render_problem(problem), 400 if problem else 200)
        page = render_page(trust, school=school, earlier=earlier, history=history, exchange=exchange, problem=problem)
        return HTMLResponse(page, 400 if problem else 200)

    def _problem_with(self, text: str) -> str:
        if not text:
            return self._no_question
        return self._too_long if len(text) > MAX_QUESTION_CHARACTERS else ""

    async def _ask(self, question: Question) -> Reply:
        started = time.monotonic()
        reply = await self._answers.ask(question)
        self._metrics.count_reply(reply, place="page", seconds=time.monotonic() - started)
        return reply


def render_page(
    trust: Trust,
    *,
    school: str | None = None,
    earlier: tuple[Turn, ...] = (),
    history: tuple[Turn, ...] = (),
    exchange: str = "",
    problem: str = "",
) -> str:
    """The whole page. `exchange` is the newest question with its answer, already HTML, shown after the `earlier` turns;
    `history` is what the page sends back with the next question."""
    return _templates.get_template("page.html").render(
        trust=trust,
        school=school,
        earlier=earlier,
        history=_history_json(history),
        exchange=Markup(exchange),  # noqa: S704  # made by render_exchange, which escapes
        problem=problem,
        examples=EXAMPLE_QUESTIONS,
        max_question=MAX_QUESTION_CHARACTERS,
    )


def render_exchange(
    question: str,
    reply: Reply,
    *,
    history: tuple[Turn, ...] = (),
    school: str | None = None,
    for_school: str = "",
) -> str:
    """One question and its answer as HTML. Pure; everything from documents and people is escaped.

    `history`: the turns before the question, which a button to choose a school sends again. `for_school`: the name of
    the school that was set.
    """
    return _templates.get_template("exchange.html").render(
        question=question,
        answer=reply.answer,
        outcome=outcome_of(reply.answer),
        school=school,
        for_school=for_school,
        history=_history_json(history),
        turns=_history_json(_turns_of(question, reply)),
    )


def render_problem(problem: str) -> str:
    """A sentence about the form itself."""
    return _templates.get_template("problem.html").render(problem=problem)


def read_history(text: str) -> tuple[Turn, ...]:
    """The turns that the page sent, oldest first, the last twenty; what is not a turn is left out."""
    try:
        said = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return ()
    turns = [_turn(entry) for entry in said] if isinstance(said, list) else []
    return _latest(tuple(turn for turn in turns if turn))


def _turn(entry: Any) -> Turn | None:
    match entry:
        case {"role": "user" | "assistant" as role, "text": str(text)}:
            return Turn(role, text[:MAX_TURN_CHARACTERS])
        case _:
            return None


def _turns_of(question: str, reply: Reply) -> tuple[Turn, ...]:
    """What the page remembers of an exchange: nothing of a disclosure."""
    if is_disclosure(reply.answer):
        return ()
    return (Turn("user", question), Turn("assistant", render_markdown(reply.answer)[:MAX_TURN_CHARACTERS]))


def _latest(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return turns[-MAX_HISTORY_TURNS:]


def _history_json(turns: tuple[Turn, ...]) -> str:
    return json.dumps([{"role": turn.role, "text": turn.text} for turn in turns], ensure_ascii=False)


async def _read_form(request: Request) -> FormData | Mapping[str, str]:
    try:
        return await request.form(max_files=0, max_fields=20)
    except (HTTPException, UnicodeDecodeError):  # not a form at all: as good as an empty one
        return {}


def _field(form: FormData | Mapping[str, Any], name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _safe_url(url: str | None) -> str | None:
    """The address when it is one a browser may follow from a document's metadata."""
    return url if url and url.startswith(("https://", "http://")) else None


_markdown = MarkdownIt("commonmark", {"html": False})


def _as_html(markdown: str) -> Markup:
    """A written reply's markdown as HTML; HTML inside it is shown as text."""
    return Markup(_markdown.render(markdown))  # noqa: S704  # html is off, so the renderer escapes it


_templates = Environment(
    loader=PackageLoader("bot.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_templates.filters["as_html"] = _as_html
_templates.filters["safe_url"] = _safe_url
_templates.globals.update(
    citation_details=citation_details,
    citation_title=citation_title,
    cited=cited,
    eligibility_words=ELIGIBILITY_WORDS,
    footer=footer,
    is_header_of_all=is_header_of_all,
    lead_of=lead_of,
    near_document_line=near_document_line,
    owner_line=owner_line,
    programme_detail=programme_detail,
    trusts_own=trusts_own,
    with_details=with_details,
    wording=answer_wording,
)
