"""How is a run kept in a folder, and read again?

    results.jsonl   a line a question: what was asked and expected, what came, what failed, how it came about
    figures.json    what `eval --json` prints
    figures.md      the same, for people
    settings.json   what decided the answers: models, prompts, corpus; no key, and no address but its host

The files hold questions and answers whole: they are as confidential as the documents that answer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bot.errors import SettingsError
from bot.evaluation.compare import Comparison
from bot.evaluation.figures import Figures
from bot.evaluation.grade import MEASURES, Measure, Result
from bot.evaluation.questions import Expected
from bot.evaluation.report import markdown_report, report_as_json
from bot.evaluation.run import Run

RESULTS, SETTINGS = "results.jsonl", "settings.json"


def prepare_folder(folder: Path) -> None:
    """Makes the folder where it is not there. Raises SettingsError where nothing can be written in it: better before
    the questions are asked than after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{os.getpid()}.part"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SettingsError(f"--save {folder}: nothing can be written there ({error.strerror}).") from None


def save_run(folder: Path, run: Run, figures: Figures, comparison: Comparison | None = None) -> None:
    """Writes the four files, each whole or not at all; an earlier run's are replaced. Raises SettingsError."""
    contents = {
        RESULTS: "".join(_line(_result_as_json(one)) for one in run.results),
        SETTINGS: _pretty(run.settings),
        "figures.md": markdown_report(run, figures, comparison),
        "figures.json": _pretty(report_as_json(figures, comparison)),
    }
    try:
        for name, content in contents.items():
            part = folder / f".{name}.{os.getpid()}.part"
            part.write_text(content, encoding="utf-8")
            os.replace(part, folder / name)
    except OSError as error:
        raise SettingsError(f"--save {folder}: {error.filename} cannot be written ({error.strerror}).") from None


def read_run(folder: Path) -> Run:
    """A run that `save_run` wrote. Raises SettingsError with the mend where the folder holds none."""
    try:
        lines = (folder / RESULTS).read_text(encoding="utf-8").split("\n")
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        results = tuple(_read_result(json.loads(line)) for line in lines if line)
    except FileNotFoundError as error:
        raise SettingsError(
            f"--against {folder}: there is no {Path(error.filename).name} in it. Name a folder that `--save` wrote."
        ) from None
    except OSError as error:
        raise SettingsError(f"--against {folder}: it cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingsError(
            f"--against {folder}: its files are not as `--save` writes them. Run the questions again with --save."
        ) from None
    if not results or not isinstance(settings, dict):
        raise SettingsError(f"--against {folder}: it holds no results. Run the questions again with --save.")
    return Run(results, settings)


def _result_as_json(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "kind": result.kind,
        "failed": list(result.failed),
        "graded": list(result.graded),
        "asked": result.asked,
        "expected": result.expected.as_json(),
        "got": result.got,
        "trace": result.trace,
    }


def _read_result(entry: Mapping[str, Any]) -> Result:
    return Result(
        id=entry["id"],
        kind=entry["kind"],
        asked=entry["asked"],
        expected=Expected.from_json(entry["expected"]),
        got=entry["got"],
        graded=_measures(entry["graded"]),
        failed=_measures(entry["failed"]),
        trace=entry["trace"],
    )


def _measures(names: Iterable[str]) -> tuple[Measure, ...]:
    stated = set(names)
    return tuple(measure for measure in MEASURES if measure in stated)


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, default=float) + "\n"


def _pretty(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=float) + "\n"
