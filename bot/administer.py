"""What does an administrator ask of Staffroom: a refresh, the corpus's health, a document as it was read, a check of
all?"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.app import chat_model_of, embedder_of, open_reading_index, read_status, today_in_school
from bot.errors import SettingsError, StaffroomError
from bot.prompts import load_prompt, load_replies
from bot.settings import Settings
from bot.status import CorpusStatus
from ingestion.embed import Embedder
from ingestion.errors import DocumentNotRead
from ingestion.index.writer import IndexWriter, open_writer
from ingestion.model import CORPUS, RefreshReport, SourceFile
from ingestion.refresh import OnProgress, refresh, roll_back
from ingestion.sources import Source
from ingestion.sources.corpus import TrustCorpus
from ingestion.sources.folder import FolderSource
from ingestion.sources.layout import path_in_corpus
from ingestion.workers import Workers

HISTORY_SHOWN = 50

TOKEN_REFUSED = frozenset(
    "account_inactive invalid_auth no_permission not_allowed_token_type not_authed token_expired token_revoked".split()
)
"""Slack's errors for a token that will not do. https://docs.slack.dev/reference/methods/auth.test#errors"""


def run_refresh(
    settings: Settings,
    *,
    who: str | None = None,
    dry_run: bool = False,
    allow_mass_removal: bool = False,
    by_itself: bool = False,
    on_progress: OnProgress = lambda progress: None,
) -> RefreshReport:
    """Brings the index in line with the corpus. Raises CannotStart with the mend when it cannot begin.

    `who` is named in the history; None = the person whose account runs this.
    """
    with Workers() as workers:
        return refresh(
            corpus_of(settings),
            _writer(settings),
            embedder_of(settings),
            who=who or _account(),
            dry_run=dry_run,
            allow_mass_removal=allow_mass_removal,
            by_itself=by_itself,
            today=today_in_school(),
            on_progress=on_progress,
            read=workers.read_all,
        )


def run_rollback(
    settings: Settings, *, who: str | None = None, on_progress: OnProgress = lambda progress: None
) -> RefreshReport:
    """Puts back in service what the last refresh changed, as it was before. Raises CannotStart with the mend."""
    return roll_back(
        _writer(settings),
        embedder_of(settings),
        who=who or _account(),
        today=today_in_school(),
        on_progress=on_progress,
    )


def report_as_json(report: RefreshReport) -> dict[str, Any]:
    """The object that `refresh --json` prints; a source that did not answer is in `failed` under its name."""
    return {
        "added": list(report.added),
        "changed": list(report.changed),
        "removed": list(report.removed),
        "kept": report.kept,
        "failed": [asdict(failure) for failure in (*report.failed, *report.sources_down)],
        "passages": asdict(report.passages),
        "took_s": round(report.took_seconds, 2),
    }


def past_refreshes(settings: Settings) -> list[dict[str, Any]]:
    """The list that `refresh --history --json` prints, the latest first, each with what it did to which document."""
    index = open_reading_index(settings, model=None)
    try:
        return [
            {
                **{name: value for name, value in asdict(past).items() if name != "trust_before"},
                "changed_trust": past.trust_before is not None,
                "documents": [asdict(change) for change in index.changes_of(past)],
            }
            for past in index.history(limit=HISTORY_SHOWN)
        ]
    finally:
        index.close()


def corpus_of(settings: Settings) -> TrustCorpus:
    """The corpus folder of these settings, and the sources that its `trust.toml` names."""
    return TrustCorpus(settings.corpus, cache=settings.data / "sources", environment=os.environ)


def _writer(settings: Settings) -> IndexWriter:
    return open_writer(
        data=settings.data,
        database_url=settings.database_url,
        chroma_url=str(settings.chroma_url) if settings.chroma_url else None,
    )


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container may run as a user that has no name


def current_status(settings: Settings) -> CorpusStatus:
    """The health of the corpus as of the last refresh. Loads no model."""
    index = open_reading_index(settings, model=None)
    try:
        return read_status(index, today=today_in_school())
    finally:
        index.close()


def status_as_json(status: CorpusStatus) -> dict[str, Any]:
    """The object that `status --json` prints."""
    return {
        "documents": status.documents,
        "passages": status.passages,
        "schools": [{"school": slug, "name": name, "documents": count} for slug, name, count in status.by_school],
        "without_behaviour_policy": list(status.without_behaviour_policy),
        "overdue": [
            {"path": one.path, "title": one.title, "review_due": one.metadata.review_due} for one in status.overdue
        ],
        "drafts": [one.path for one in status.drafts],
        "superseded": [one.path for one in status.superseded],
        "doubts": [{"path": one.path, "doubt": one.doubt} for one in status.doubts],
        "failed": [asdict(failure) for failure in status.failures],
        "warnings": [asdict(warning) for warning in status.warnings],
        "due_to_start": [one.path for one in status.due_to_start],
        "sources_down": [{"source": one.path, "reason": one.reason} for one in status.sources_down],
        "rolled_back": status.is_rolled_back,
        "last_refresh": status.last_refresh,
    }


def show_document(settings: Settings, path: str) -> dict[str, Any]:
    """A document as Staffroom reads it: the object that `show --json` prints. `path` is relative to the corpus, or a
    file.

    Read anew from the file; `status` is the registry's where the document is in it, else what the document says. Raises
    DocumentNotRead with the reason, and SettingsError when there is no such file.
    """
    source, found = _find(corpus_of(settings), settings.corpus, path)
    with Workers(count=1) as workers:
        [read] = workers.read_all([source.read(found)])
    if read.document is None:
        raise DocumentNotRead(read.failure or "it could not be read")
    document = read.document
    metadata = {name: value for name, value in asdict(document.metadata).items() if name != "origins"}
    return {
        "path": document.path,
        "status": _registered_status(settings, document.path) or document.metadata.status or "unknown",
        "metadata": {
            **metadata,
            "title": document.title,
            "school": document.school,
            "origins": dict(document.metadata.origins),
            "warnings": list(document.warnings),
        },
        "sections": [
            {"heading": list(section.heading), "locator": str(section.locator), "text": section.text}
            for section in document.sections
        ],
        "passages": len(read.passages),
    }


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: what, whether it is good, and a sentence with the mend where it is not."""

    what: str
    good: bool
    sentence: str


def check_everything(settings: Settings) -> Iterator[Finding]:
    """Each setting and connection in turn, the corpus first. Nothing is changed."""
    yield _check("corpus", lambda: _describe_corpus(settings))
    yield _check("prompts", lambda: f"{len(load_replies())} written replies, prompt {load_prompt('compose').digest}")
    embedder = cache(lambda: embedder_of(settings))  # loaded once, and in a check
    yield _check("embedding model", lambda: _describe_embedding_model(embedder()))
    yield _check("index", lambda: _describe_index(settings, embedder()))
    yield _check("chat model", lambda: _describe_chat_model(settings))
    yield _check("Slack", lambda: _describe_slack(settings))


def _check(what: str, describe: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, describe())
    except StaffroomError as error:
        return Finding(what, False, str(error))


def _describe_corpus(settings: Settings) -> str:
    source = FolderSource(settings.corpus)
    trust = source.read_trust()
    missing = [school.name for school in trust.schools if not school.safeguarding]
    if missing:
        raise SettingsError(
            f"No safeguarding contact in trust.toml for {', '.join(missing)}: add [[schools.safeguarding]]."
        )
    return f"{len(source.files())} files in {settings.corpus}; {trust.name}, {len(trust.schools)} schools"


def _describe_embedding_model(embedder: Embedder) -> str:
    return f"{embedder.name} gives {embedder.embed_question('check').shape[0]} numbers a passage"


def _describe_index(settings: Settings, embedder: Embedder) -> str:
    index = open_reading_index(settings, model=embedder.name)
    try:
        schools = tuple(school.slug for school in index.trust().schools)
        index.nearest(embedder.embed_question("check"), schools=schools, limit=1)  # its vectors answer too
        status = read_status(index, today=today_in_school())
    finally:
        index.close()
    return f"{status.documents} documents, {status.passages} passages, last refresh {status.last_refresh}"


def _describe_chat_model(settings: Settings) -> str:
    model = chat_model_of(settings, retries=0)
    if model is None:
        return "none set: answers are made of quotations"
    model.write("Answer with one word.", "Say: ready", temperature=0.0, max_output_tokens=64)
    return f"{model.name} answers"


def _describe_slack(settings: Settings) -> str:
    if not settings.uses_slack or settings.slack_bot_token is None:
        return "not set: the local chat page is served instead (docs/slack.md)"
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError, SlackClientError

    address = settings.slack_api_url or WebClient.BASE_URL
    client = WebClient(settings.slack_bot_token.get_secret_value(), base_url=address, timeout=10)
    try:
        who = client.auth_test()
    except SlackApiError as error:
        if error.response["error"] not in TOKEN_REFUSED:
            raise SettingsError(
                f"Slack could not say whose token it is ({error.response['error']}): try again in a few minutes, and "
                "see whether SLACK_API_URL is right."
            ) from error
        raise SettingsError(
            f"Slack refused SLACK_BOT_TOKEN ({error.response['error']}): copy the Bot User OAuth Token from the app's "
            "“OAuth & Permissions” page again."
        ) from error
    except (SlackClientError, OSError) as error:
        raise SettingsError(
            f"Slack did not answer ({type(error).__name__}): check the network and SLACK_API_URL."
        ) from error
    ways = [
        name
        for name, value in (("HTTP", settings.slack_signing_secret), ("Socket Mode", settings.slack_app_token))
        if value is not None
    ]
    return f"the token belongs to {who['user']} in {who.get('team') or who['team_id']}; ways in: {', '.join(ways)}"


def _find(corpus: TrustCorpus, root: Path, path: str) -> tuple[Source, SourceFile]:
    """A document and the source that lists it; only a source whose name the path begins with is asked."""
    wanted = path_in_corpus(root, path)
    for source in corpus.sources(corpus.read_trust()):
        if source.name != CORPUS and not path.startswith(f"{source.name}/"):
            continue
        for file in source.files():
            if file.path in (wanted, path):
                return source, file
    raise SettingsError(f"There is no document {path!r} in {root}. Paths are relative to that folder.")


def _registered_status(settings: Settings, path: str) -> str | None:
    """The registry's word on a document; None when nothing is indexed yet, or not this one."""
    try:
        index = open_reading_index(settings, model=None)
    except StaffroomError:
        return None  # show reads the file itself: an index is not needed for it
    try:
        return next((version.status for version in index.versions() if version.path == path), None)
    finally:
        index.close()
