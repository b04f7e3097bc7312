"""The command `staffroom`: what can be asked of it in a terminal, and what does each command print?

Results go to standard output, progress and messages to standard error. Exit status: 0 done; 1 done, but something
failed and is named; 2 it could not start, with one plain sentence. Whatever is heavy is imported inside the command
that needs it, so that `--help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from bot.app import Staffroom
    from bot.evaluation.questions import GradedQuestion
    from bot.model import ScoredPassage
    from bot.settings import Settings

app = typer.Typer(
    name="staffroom",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers the questions of a school trust's staff from the trust's own documents, with citations.",
)

School = Annotated[str | None, typer.Option("--school", metavar="SLUG", help="The asker's school, as in trust.toml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", metavar="ROLE", help="A role of the asker, as in a document's audience; repeatable."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Say how the answer came about.")]
Batch = Annotated[
    str | None,
    typer.Option("--batch", metavar="FILE", help="JSON lines in, JSON lines out, in order; - is standard input."),
]

DONE_WITH_FAILURES = 1
COULD_NOT_START = 2


def main() -> None:
    """Runs the command line. A known error is one sentence on standard error and exit status 2.

    Typer ends the process itself: with 2 for usage, and with 130 for Ctrl-C.
    """
    from bot.errors import StaffroomError
    from bot.logs import keep_details

    try:
        try:
            app(prog_name="staffroom")
        finally:
            sys.stdout.flush()  # here, where a reader that has gone can be caught
    except StaffroomError as error:
        _stop(str(error))
    except BrokenPipeError:
        # the reader of our output (head, less) has gone: quietly 1, as Typer does where it meets this first
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:  # a bug: the person gets a sentence, its developers the details
        _stop(
            f"Staffroom met an error it does not know ({type(error).__name__}). "
            f"The details are in {keep_details(error)}."
        )


@app.command()
def refresh(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    as_json: AsJson = False,
    allow_mass_removal: Annotated[
        bool,
        typer.Option("--allow-mass-removal", help="Go on although more than a fifth of a source's documents went."),
    ] = False,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="Put back in service what the last refresh changed, as it was before.")
    ] = False,
    history: Annotated[bool, typer.Option("--history", help="List past refreshes: when, who, what changed.")] = False,
    by_itself: Annotated[bool, typer.Option("--by-itself", hidden=True, help="Nobody asked for it.")] = False,
    who: Annotated[str | None, typer.Option("--who", hidden=True, help="Whom history names for this refresh.")] = None,
) -> None:
    """Bring the index in line with the corpus; say what was added, changed, removed, kept and what failed."""
    from bot.administer import past_refreshes, report_as_json, run_refresh, run_rollback
    from bot.terminal import print_history, print_report, refresh_progress

    if history + rollback + (dry_run or allow_mass_removal) > 1:
        _stop("--history and --rollback stand alone: give one of them, and no other option but --json.")
    settings = _settings()
    if history:
        past = past_refreshes(settings)
        if as_json:
            _print_json(past)
        else:
            print_history(past)
        return
    with refresh_progress() as on_progress:
        if rollback:
            report = run_rollback(settings, who=who, on_progress=on_progress)
        else:
            report = run_refresh(
                settings,
                who=who,
                dry_run=dry_run,
                allow_mass_removal=allow_mass_removal,
                by_itself=by_itself,
                on_progress=on_progress,
            )
    if as_json:
        _print_json(report_as_json(report))
    else:
        print_report(report)
        if rollback:
            print(
                "The corpus still holds the newer state: `staffroom refresh` brings it in again. Until then no refresh "
                "runs by itself."
            )
    if report.is_partial:
        sys.exit(DONE_WITH_FAILURES)


@app.command()
def watch(
    every: Annotated[
        float, typer.Option("--every", metavar="MINUTES", min=0.1, help="Look at all sources at least so often.")
    ] = 60.0,
) -> None:
    """Refresh whenever the corpus folder changes, and at least every so many minutes; Ctrl-C ends it."""
    from bot.watch import watch_corpus

    watch_corpus(_settings(), every_minutes=every)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in quotation marks.")] = None,
    school: School = None,
    role: Roles = None,
    as_json: AsJson = False,
    explain: Explain = False,
    batch: Batch = None,
) -> None:
    """Answer one question with citations, or a batch of them."""
    from bot.batch import read_questions
    from bot.model import Asker, Failed, Question
    from bot.render import reply_as_json
    from bot.terminal import LiveAnswer, print_trace
    from ingestion.model import Slug

    own_school, roles = Slug(school) if school else None, _roles(role)
    if (question is None) == (batch is None):
        _stop('Ask one question, `staffroom ask "…"`, or name a file of them, `staffroom ask --batch FILE`.')
    if batch is not None:
        failed = False
        with _staffroom() as staffroom, _open_lines(batch) as lines:
            staffroom.check_school(own_school)
            staffroom.warm_up()
            for entry in read_questions(lines, school=own_school, roles=roles):
                reply = staffroom.answer(entry) if isinstance(entry, Question) else entry
                failed = failed or isinstance(reply.answer, Failed)
                _print_json_line(reply_as_json(reply, explain=explain))
        sys.exit(DONE_WITH_FAILURES if failed else 0)
    live = LiveAnswer()
    with _staffroom() as staffroom:
        staffroom.check_school(own_school)
        on_sentence = None if as_json else live.on_sentence
        reply = staffroom.answer_or_raise(Question(_text(question), Asker(own_school, roles)), on_sentence=on_sentence)
    if as_json:
        _print_json(reply_as_json(reply, explain=explain))
    else:
        live.finish(reply.answer)
        if explain:
            print_trace(reply)
    if isinstance(reply.answer, Failed):
        sys.exit(DONE_WITH_FAILURES)


@app.command()
def search(
    query: Annotated[str | None, typer.Argument(help="What to look for, in quotation marks.")] = None,
    school: School = None,
    role: Roles = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many passages at most.")] = 10,
    as_json: AsJson = False,
    batch: Batch = None,
) -> None:
    """List the passages that a search finds, best first; no answer. Without a school: trust-wide documents only."""
    from bot.batch import read_searches
    from bot.errors import UnknownSchool
    from ingestion.model import Slug

    own_school, roles = Slug(school) if school else None, _roles(role)
    if (query is None) == (batch is None):
        _stop('Give one query, `staffroom search "…"`, or name a file of them, `staffroom search --batch FILE`.')
    if batch is not None:
        failed = False
        with _staffroom() as staffroom, _open_lines(batch) as lines:
            staffroom.check_school(own_school)
            staffroom.warm_up()
            for entry in read_searches(lines, school=own_school, roles=roles):
                problem, took_ms = entry.problem, 0.0
                found: list[ScoredPassage] = []
                try:
                    if problem is None:
                        found, took_ms = _timed_search(staffroom, entry.query, entry.school, limit, entry.roles)
                except UnknownSchool as error:
                    problem = str(error)
                result = {"id": entry.id, "passages": [_passage_as_json(one) for one in found], "took_ms": took_ms}
                failed = failed or problem is not None
                _print_json_line(result if problem is None else {**result, "error": problem})
        sys.exit(DONE_WITH_FAILURES if failed else 0)
    with _staffroom() as staffroom:
        found, took_ms = _timed_search(staffroom, _text(query), own_school, limit, roles)
    if as_json:
        _print_json({"id": None, "passages": [_passage_as_json(one) for one in found], "took_ms": took_ms})
        return
    if not found:
        _say("Nothing was found.")
    for number, one in enumerate(found, start=1):
        version, passage = one.found.version, one.found.passage
        print(f"{number}. {' > '.join((version.title, *passage.heading))} ({version.path}, {passage.locator})")
        print("   " + passage.text.replace("\n", "\n   ") + "\n")


@app.command()
def show(
    path: Annotated[str, typer.Argument(help="A document, relative to the corpus folder or as a file.")],
    as_json: AsJson = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="What changed from the edition before, passage by passage.")
    ] = False,
    against: Annotated[
        str | None, typer.Option("--against", metavar="PATH", help="With --changes: another document to compare with.")
    ] = None,
) -> None:
    """Show a document as Staffroom reads it: what it says of itself, its sections and passages."""
    from bot.administer import show_document
    from bot.changes import show_changes
    from bot.terminal import print_changes
    from ingestion.errors import DocumentNotRead

    if against is not None and not changes:
        _stop("--against goes with --changes: `staffroom show PATH --changes --against OTHER`.")
    if changes:
        compared = show_changes(_settings(), path, against=against)
        if as_json:
            _print_json(compared)
        else:
            print_changes(compared)
        return
    try:
        shown = show_document(_settings(), path)
    except DocumentNotRead as error:
        _say(f"FAILED {path}: {error}")
        sys.exit(DONE_WITH_FAILURES)
    if as_json:
        _print_json(shown)
        return
    print(f"{shown['path']}: {shown['status']}, {len(shown['sections'])} sections, {shown['passages']} passages")
    stated_in, warnings = shown["metadata"].pop("origins"), shown["metadata"].pop("warnings")
    for name, value in shown["metadata"].items():
        if value:
            words = value if isinstance(value, str) else ", ".join(value)
            print(f"  {name}: {words}" + (f" ({stated_in[name]})" if name in stated_in else ""))
    for warning in warnings:
        print(f"  To look at: {warning}")
    for section in shown["sections"]:
        print(f"\n[{section['locator']}] {' > '.join(section['heading'])}\n{section['text']}")


@app.command()
def chat(school: School = None, role: Roles = None, explain: Explain = False) -> None:
    """Hold a conversation in the terminal; an empty line or Ctrl-D ends it."""
    from bot.model import Asker, NeedsDetail, Question, Turn
    from bot.render import render_markdown
    from bot.terminal import LiveAnswer, print_trace
    from bot.wording import is_disclosure
    from ingestion.model import Slug

    roles = _roles(role)

    with _staffroom() as staffroom:
        if school is not None:
            staffroom.check_school(Slug(school))
        asker = Asker(Slug(school) if school else None, roles)
        history: list[Turn] = []
        waiting: NeedsDetail | None = None
        _say("Ask a question. An empty line ends the conversation.")
        while text := _read_line("> "):
            if waiting and (slug := _chosen(text, waiting)):
                asker, text = Asker(Slug(slug), roles), history.pop().text
            live = LiveAnswer()
            reply = staffroom.answer(Question(text, asker, tuple(history)), on_sentence=live.on_sentence)
            waiting = reply.answer if isinstance(reply.answer, NeedsDetail) else None
            live.finish(reply.answer)
            if explain:
                print_trace(reply)
            if is_disclosure(reply.answer):
                continue  # nothing of it is kept
            history.append(Turn("user", text))
            if waiting is None:
                history.append(Turn("assistant", render_markdown(reply.answer)))


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on.")] = 8000,
) -> None:
    """Run the service: Slack, health, metrics and, without Slack tokens, a local chat page."""
    from bot.serve import run_service

    run_service(_settings(), host=host, port=port)


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the health of the corpus: documents, missing and overdue policies, failures, last refresh."""
    from bot.administer import current_status, status_as_json
    from bot.terminal import print_status

    health = current_status(_settings())
    if as_json:
        _print_json(status_as_json(health))
    else:
        print_status(health)


@app.command()
def check() -> None:
    """Check settings and connections: what is configured, what answers, what is missing and how to mend it."""
    from bot.administer import check_everything

    wrong = False
    for finding in check_everything(_settings()):
        wrong = wrong or not finding.good
        print(f"{'ok   ' if finding.good else 'WRONG'} {finding.what}: {finding.sentence}")
    if wrong:
        sys.exit(DONE_WITH_FAILURES)


@app.command("eval")
def evaluate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Graded questions, JSON lines; - is standard input.")
    ],
    as_json: AsJson = False,
    minimum: Annotated[
        list[str] | None,
        typer.Option(
            "--min", metavar="[NAME=]SHARE", help="Fail below this share, of all or of a kind or measure; repeatable."
        ),
    ] = None,
    failures: Annotated[
        int, typer.Option("--failures", metavar="N", min=0, help="Print at most so many failures.")
    ] = 10,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FOLDER", help="Keep results, figures and settings there.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FOLDER", help="Compare with a run that --save kept there.")
    ] = None,
) -> None:
    """Ask graded questions and report the figures: how many are right, by kind and in what; and what failed."""
    from bot.app import embedder_of, open_reading_index, today_in_school
    from bot.evaluation.compare import check_common, compare_runs
    from bot.evaluation.documents import IndexedDocuments
    from bot.evaluation.figures import summarise
    from bot.evaluation.minimums import check_names, read_minimums, shortfalls
    from bot.evaluation.questions import check_ids
    from bot.evaluation.report import report_as_json
    from bot.evaluation.run import Run, ask_all, check_schools, doubtful, settings_of_run
    from bot.evaluation.saved import prepare_folder, read_run, save_run
    from bot.terminal import eval_progress, print_eval

    minimums = read_minimums(minimum or ())
    questions = [one for file in files for one in _graded_questions(file)]
    check_ids(questions)
    check_names(minimums, questions)
    earlier = read_run(against) if against else None
    if earlier:
        check_common((one.id for one in earlier.results), (one.id for one in questions), folder=str(against))
    if save:
        prepare_folder(save)
    with _staffroom() as staffroom, closing(open_reading_index(staffroom.settings, model=None)) as index:
        check_schools(questions, staffroom)
        documents = IndexedDocuments(index)
        for sentence in doubtful(questions, documents):
            _say(f"Warning: {sentence}")
        settings = settings_of_run(
            staffroom.settings,
            embedding_model=embedder_of(staffroom.settings).name,
            index=index,
            questions=questions,
            today=today_in_school(),
        )
        staffroom.warm_up()
        with eval_progress(len(questions)) as on_progress:
            run = Run(tuple(ask_all(questions, staffroom, documents=documents, on_progress=on_progress)), settings)
        if index.generation() != settings["corpus"]["generation"]:
            _say("Warning: the corpus was refreshed meanwhile; run again for figures of one state.")
    figures = summarise(run.results)
    comparison = None
    if earlier:
        comparison = compare_runs(
            earlier.results, run.results, settings_before=earlier.settings, settings_now=run.settings
        )
    if save:
        save_run(save, run, figures, comparison)
    if as_json:
        _print_json(report_as_json(figures, comparison))
    else:
        print_eval(figures, comparison, failures=failures)
    short = [one.sentence for one in shortfalls(figures, minimums)]
    if figures.broken:
        short.append(f"something broke at {', '.join(one.id for one in figures.broken)}")
    if short:
        _say(f"PARTIAL: {'; '.join(short)}.")
        sys.exit(DONE_WITH_FAILURES)


# ── what the commands share ──────────────────────────────────────────────────────────────────────────────────────────


def _settings() -> Settings:
    from bot.logs import set_up_logs
    from bot.settings import read_settings, unknown_settings

    set_up_logs(for_terminal=True)
    for warning in unknown_settings():
        _say(f"Warning: {warning}")
    return read_settings()


@contextmanager
def _staffroom() -> Iterator[Staffroom]:
    from bot.app import Staffroom

    staffroom = Staffroom(_settings())
    try:
        yield staffroom
    finally:
        staffroom.close()


def _graded_questions(file: str) -> list[GradedQuestion]:
    from bot.evaluation.questions import read_graded

    with _open_lines(file) as lines:
        return read_graded(lines, name=file)


def _roles(stated: list[str] | None) -> tuple[str, ...]:
    return tuple(_text(role) for role in stated or ())


def _text(argument: str | None) -> str:
    """An argument of the command line as text: bytes that are not UTF-8 are refused."""
    try:
        (argument or "").encode("utf-8")
    except UnicodeEncodeError:
        _stop("The words are not UTF-8 text: type them in a terminal that writes UTF-8.")
    return argument or ""


@contextmanager
def _open_lines(name: str) -> Iterator[Iterable[str]]:
    """The lines of a file, or of standard input for "-"."""
    if name == "-":
        yield _standard_input()
        return
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        _stop(f"{name} cannot be read: {error.strerror}.")
    except UnicodeDecodeError:
        _stop(f"{name} is not UTF-8 text: save it as UTF-8.")
    yield text.splitlines()


def _standard_input() -> Iterator[str]:
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            _stop(f"Line {number} of standard input is not UTF-8 text: save it as UTF-8.")


def _timed_search(
    staffroom: Staffroom, query: str, school: Any, limit: int, roles: tuple[str, ...]
) -> tuple[list[ScoredPassage], float]:
    """Nothing is found for a query without a word: every passage is as near to it as any other."""
    from time import perf_counter

    started = perf_counter()
    has_words = any(map(str.isalnum, query))
    found = staffroom.search(query, school=school, limit=limit, roles=roles) if has_words else []
    return found, round((perf_counter() - started) * 1000, 1)


def _passage_as_json(one: ScoredPassage) -> dict[str, Any]:
    version, passage = one.found.version, one.found.passage
    return {
        "path": version.path,
        "title": version.title,
        "school": version.school,
        "heading": list(passage.heading),
        "locator": str(passage.locator),
        "score": round(one.fused, 6),
        "text": passage.text,
    }


def _chosen(text: str, asked: Any) -> str | None:
    """The option that an answer to "which school?" picks, by its value or its label."""
    said = text.strip().lower()
    return next((value for value, label in asked.options if said in (value.lower(), label.lower())), None)


def _read_line(prompt: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        return ""


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=not _prints_unicode(), indent=2))


def _print_json_line(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=not _prints_unicode()), flush=True)


def _prints_unicode() -> bool:
    """False for a pipe on Windows or in a Latin-1 locale, which cannot take every character."""
    return sys.stdout.encoding.lower().replace("-", "") == "utf8"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _stop(sentence: str) -> NoReturn:
    _say(sentence)
    sys.exit(COULD_NOT_START)
