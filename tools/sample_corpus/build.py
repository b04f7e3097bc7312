"""Render every source into the corpus folder: `python -m tools.sample_corpus.build [--only PATH]`.

A file whose bytes would not change is left alone. One source that cannot be rendered is named, the others are
rendered, and the run ends with status 1.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from tools.sample_corpus.pagination import mark_pages
from tools.sample_corpus.pdf import render_pdf
from tools.sample_corpus.slides import render_slides
from tools.sample_corpus.source import Source, SourceError, read_source
from tools.sample_corpus.web import render_markdown, render_page
from tools.sample_corpus.word import render_word, saved_at
from tools.sample_corpus.workbook import render_workbook

SOURCES = Path(__file__).parent / "sources"
CORPUS = Path(__file__).parents[2] / "corpus"

RENDERERS: Mapping[str, Callable[[Source], bytes]] = {
    "docx": render_word,
    "pdf": render_pdf,
    "pptx": render_slides,
    "html": render_page,
    "md": render_markdown,
    "xlsx": render_workbook,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Render the sample corpus from its sources.")
    parser.add_argument("--only", metavar="PATH", help="paths that begin so, such as schools/saltmarsh")
    parser.add_argument("--sources", type=Path, default=SOURCES)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    arguments = parser.parse_args()
    sources, failures = gather(arguments.sources, only=arguments.only or "")
    rendered, render_failures = render_all(sources)
    failures += render_failures
    changed = write_changed(rendered, arguments.corpus)
    for path in changed:
        print(f"wrote {path}")
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    if not arguments.only:
        for path in strays(arguments.corpus, {str(source.corpus_path) for source in sources}):
            print(f"no source makes {path}", file=sys.stderr)
    print(f"{len(rendered)} documents, {len(changed)} changed, {len(failures)} failed", file=sys.stderr)
    return 1 if failures else 0


def gather(folder: Path, *, only: str) -> tuple[list[Source], list[str]]:
    """The sources whose path begins with `only`, in order, and what is wrong with those that cannot be read."""
    wanted = only.removesuffix(".md")
    sources: list[Source] = []
    failures: list[str] = []
    for file in sorted(folder.rglob("*.md")):
        path = PurePosixPath(file.relative_to(folder).with_suffix("").as_posix())
        if not str(path).startswith(wanted):
            continue
        try:
            sources.append(read_source(file.read_text(encoding="utf-8"), path))
        except SourceError as error:
            failures.append(str(error))
    return sources, failures


def render_all(sources: list[Source]) -> tuple[dict[str, bytes], list[str]]:
    """Path in the corpus → bytes; Word documents are paginated together, in one LibreOffice run."""
    rendered: dict[str, bytes] = {}
    failures: list[str] = []
    for source in sources:
        try:
            rendered[str(source.corpus_path)] = RENDERERS[source.output](source)
        except SourceError as error:
            failures.append(str(error))
    saved = {str(source.corpus_path): saved_at(source) for source in sources}
    rendered |= mark_pages({path: rendered[path] for path in rendered if path.endswith(".docx")}, saved)
    return rendered, failures


def write_changed(rendered: Mapping[str, bytes], corpus: Path) -> list[str]:
    changed = []
    for path, content in rendered.items():
        target = corpus / path
        if target.exists() and target.read_bytes() == content:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        changed.append(path)
    return changed


def strays(corpus: Path, made: set[str]) -> list[str]:
    """Documents in the corpus that no source makes: left over from a source that moved or changed its format."""
    found = [file for part in ("trust", "schools") for file in (corpus / part).rglob("*") if file.is_file()]
    return sorted(path for file in found if (path := file.relative_to(corpus).as_posix()) not in made)


if __name__ == "__main__":
    sys.exit(main())
