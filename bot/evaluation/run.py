"""How is a run of graded questions made, and with which settings?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Protocol
from urllib.parse import urlsplit

from bot.errors import SettingsError, UnknownSchool
from bot.evaluation.documents import Documents
from bot.evaluation.grade import Result, folded, grade
from bot.evaluation.questions import GradedQuestion
from bot.model import Question, Reply
from bot.prompts import load_prompt
from bot.settings import Settings
from ingestion.index import Index
from ingestion.model import School, Trust


class Answering(Protocol):
    """Answers one question; `answer` never raises. `check_school` raises UnknownSchool."""

    @property
    def trust(self) -> Trust: ...

    def answer(self, question: Question) -> Reply: ...

    def check_school(self, school: School) -> None: ...


@dataclass(frozen=True)
class Run:
    """Every question's result, in the order asked, and the settings it was asked under."""

    results: tuple[Result, ...]
    settings: Mapping[str, Any]


def check_schools(questions: Sequence[GradedQuestion], staffroom: Answering) -> None:
    """Raises SettingsError naming the line whose school the trust does not have."""
    for one in questions:
        try:
            staffroom.check_school(one.question.asker.school)
        except UnknownSchool as error:
            raise SettingsError(f"{one.place}: {error}") from None


def ask_all(
    questions: Sequence[GradedQuestion],
    staffroom: Answering,
    *,
    documents: Documents,
    on_progress: Callable[[int], None] = lambda asked: None,
) -> Iterator[Result]:
    """The result of each question, in order, one at a time: what is measured is what one person waits.

    `on_progress` is told how many have been asked.
    """
    trust = staffroom.trust
    for number, one in enumerate(questions, start=1):
        yield grade(one, staffroom.answer(one.question), trust=trust, documents=documents)
        on_progress(number)


def doubtful(questions: Sequence[GradedQuestion], documents: Documents) -> list[str]:
    """A sentence for each question that hardly any answer can pass: the document that it expects is not there, or the
    words are not in it."""
    return [sentence for one in questions if (sentence := _doubt(one, documents))]


def settings_of_run(
    settings: Settings, *, embedding_model: str, index: Index, questions: Sequence[GradedQuestion], today: date
) -> dict[str, Any]:
    """What decided the answers, to stand beside the figures; no key, and of an address only its host.

    `code` is a digest of all program text, prompts and replies, so that two runs of one version can be told apart.
    """
    return {
        "date": today.isoformat(),
        "staffroom": version("staffroom"),
        "code": _digest_of(*(files(package) for package in ("bot", "ingestion", "prompts"))),
        "embedding": {"model": embedding_model, "precision": settings.embedding_precision},
        "chat": {
            "model": settings.chat_model,
            "host": urlsplit(str(settings.chat_base_url)).hostname if settings.chat_base_url else None,
        },
        "prompts": _prompt_digests(),
        "corpus": {
            "generation": index.generation(),
            "documents": sum(one.status == "in_force" for one in index.versions()),
            "passages": index.passage_count(),
        },
        "index": {
            "database": settings.database_url.partition(":")[0] if settings.database_url else "sqlite",
            "vectors": "chroma server" if settings.chroma_url else "embedded",
        },
        "questions": {
            name: {"count": len(of_file), "digest": _digest_of_questions(of_file)}
            for name in dict.fromkeys(one.file for one in questions)
            if (of_file := [one for one in questions if one.file == name])
        },
    }


def _doubt(one: GradedQuestion, documents: Documents) -> str | None:
    expected = one.expected
    if missing := [path for path in expected.paths if documents.status_of(path) is None]:
        return f"{one.place} ({one.id}): the index has no document {missing[0]!r}; paths are relative to the corpus."
    said = folded(" ".join(text for path in expected.paths for text in documents.texts_of(path)))
    if expected.paths and (nowhere := [words for words in expected.words if folded(words) not in said]):
        return f"{one.place} ({one.id}): the words {nowhere[0]!r} do not stand in {' or '.join(expected.paths)}."
    return None


def _prompt_digests() -> dict[str, str]:
    """Of each step's prompt, and of all written replies together."""
    folder = files("prompts")
    steps = sorted(step.name for step in folder.iterdir() if step.is_dir() and (step / "prompt.toml").is_file())
    return {**{step: load_prompt(step).digest for step in steps}, "replies": _digest_of(folder / "replies")}


def _digest_of(*folders: Traversable) -> str:
    """12 hex digits of every file's name and bytes, but for what Python compiles."""
    digest = hashlib.sha256()
    for folder in folders:
        for name, file in _files_under(folder, folder.name):
            digest.update(f"{name}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _files_under(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files_under(entry, f"{name}/{entry.name}")
        elif entry.is_file():
            yield f"{name}/{entry.name}", entry


def _digest_of_questions(questions: Sequence[GradedQuestion]) -> str:
    told = "\n".join(f"{one.id} {one.question} {one.expected}" for one in questions)
    return hashlib.sha256(told.encode()).hexdigest()[:12]
