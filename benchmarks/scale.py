"""How do retrieval's time and memory grow with the index: 1,000, 10,000, 100,000 passages of 20 schools and the trust?

Each size is built by a refresh in one process and asked in another: `nearest` (vectors) and `matching` (words) for one
school and the trust, 50 passages each, as a question does it, apart from embedding the question. The named alternative,
in the same process over the same vectors: an exact search over one matrix of all passages in numpy, with the school
as a mask: no index, no words, nothing on disk.

    python -m benchmarks.scale DOCS.jsonl [--sizes 1000 10000 100000] [--questions 200]

DOCS.jsonl has "text" on each line; the passages are cut from it. Their vectors stand in for those of a model, which
would take an hour for 100,000: noise around a few thousand centres, as near to each other as those of MiniLM are.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingestion.index import open_index
from ingestion.index.writer import open_writer
from ingestion.model import (
    CORPUS,
    Block,
    FileStamp,
    Locator,
    Metadata,
    ParsedDocument,
    Passage,
    RawFile,
    School,
    SchoolRecord,
    Section,
    Slug,
    SourceFile,
    Trust,
)
from ingestion.refresh import refresh
from ingestion.worker import ReadDocument

SCHOOLS = 20
PASSAGES_A_DOCUMENT = 20
WORDS_A_PASSAGE = 110
FOUND = 50
CENTRES = 4000
SPREAD = 0.9
"""Length of the noise beside a centre of length 1: two passages of one centre then have a cosine of about .55."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--step", choices=list(STEPS), help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        print(json.dumps(STEPS[options.step](options)))
        return
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as data:
            built = in_own_process("build", options, size, data)
            asked = in_own_process("ask", options, size, data)
            disk = sum(file.stat().st_size for file in Path(data).rglob("*") if file.is_file()) >> 20
        print(
            f"{size:>8} passages: nearest {asked['nearest']}, matching {asked['matching']}, both {asked['both']}; "
            f"asking holds {asked['megabytes']} MB (before the index was opened {asked['before']} MB); "
            f"numpy alone {asked['numpy']}, ratio {asked['ratio']:.2f}; "
            f"built in {built['seconds']:.0f} s with {built['megabytes']} MB, {disk} MB on disk",
            flush=True,
        )


def in_own_process(step: str, options: argparse.Namespace, size: int, data: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale", str(options.documents), "--sizes", str(size)]
    command += ["--questions", str(options.questions), "--step", step, "--data", data]
    result: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


# ── building ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def build(options: argparse.Namespace) -> dict[str, Any]:
    corpus = MadeCorpus(options.documents, options.sizes[0])
    started = perf_counter()
    refresh(
        corpus, open_writer(data=options.data), MadeEmbedder(), today=date(2026, 9, 1), who="scale", read=corpus.split
    )
    return {"seconds": perf_counter() - started, "megabytes": peak_megabytes()}


class MadeCorpus:
    """A corpus of so many passages, made of the words of a file; documents stand in turn with the trust and each
    school."""

    name = CORPUS
    identity = "made"

    def __init__(self, documents: Path, passages: int) -> None:
        self._documents = documents
        self._count = passages // PASSAGES_A_DOCUMENT

    def read_trust(self) -> Trust:
        return Trust("made", schools=tuple(SchoolRecord(Slug(f"school-{n}"), f"School {n}") for n in range(SCHOOLS)))

    def sources(self, trust: Trust) -> list[MadeCorpus]:
        return [self]

    def files(self) -> list[SourceFile]:
        return [SourceFile(f"{n:06}.md", school_of(n), FileStamp(1, 1)) for n in range(self._count)]

    def read(self, file: SourceFile) -> RawFile:
        return RawFile(file.path, file.school, file.path.encode())

    def split(self, raws: Iterable[RawFile]) -> Iterator[ReadDocument]:
        texts = passage_texts(self._documents)
        for raw in raws:
            passages = tuple(
                Passage(n, (f"Section {n}",), (Block("paragraph", text, Locator("page", n + 1)),))
                for n, text in enumerate(islice(texts, PASSAGES_A_DOCUMENT))
            )
            sections = tuple(Section(passage.heading, passage.blocks) for passage in passages)
            yield ReadDocument(raw.path, ParsedDocument(raw.path, raw.school, Metadata(raw.path), sections), passages)


def passage_texts(documents: Path) -> Iterator[str]:
    """Passages without end; from the second round on, each word order is another."""
    words: list[str] = []
    with documents.open(encoding="utf-8") as opened:
        texts = [json.loads(line)["text"].split() for line in opened]
    random = Random(1)
    for number, text in enumerate(cycle(texts)):
        words += text if number < len(texts) else random.sample(text, len(text))
        while len(words) >= WORDS_A_PASSAGE:
            yield " ".join(words[:WORDS_A_PASSAGE])
            del words[:WORDS_A_PASSAGE]


def school_of(number: int) -> School:
    turn = number % (SCHOOLS + 1)
    return None if turn == SCHOOLS else Slug(f"school-{turn}")


class MadeEmbedder:
    """A text's vector is noise, seeded by the text, around one of some centres, chosen by the text."""

    name = "made@1"
    dimension = 384

    def __init__(self) -> None:
        self._centres = unit(np.random.default_rng(0).standard_normal((CENTRES, self.dimension)))

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self.embed_question(text) for text in texts])

    def embed_question(self, text: str) -> NDArray[np.float32]:
        seed = int.from_bytes(sha256(text.encode()).digest()[:8], "big")
        noise = unit(np.random.default_rng(seed).standard_normal((1, self.dimension)))[0]
        vector: NDArray[np.float32] = unit((self._centres[seed % CENTRES] + SPREAD * noise)[None])[0]
        return vector


def unit(rows: NDArray[Any]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask(options: argparse.Namespace) -> dict[str, Any]:
    size = options.sizes[0]
    random, embedder = Random(7), MadeEmbedder()
    texts = list(islice(passage_texts(options.documents), min(size, 5000)))
    questions = [" ".join(random.sample(random.choice(texts).split(), 8)) for _ in range(options.questions)]
    before = resident_megabytes()
    index = open_index(data=options.data, model=embedder.name)
    nearest, matching, both = [], [], []
    for number, question in enumerate([*questions[:20], *questions]):
        schools = (Slug(f"school-{number % SCHOOLS}"),)
        vector = embedder.embed_question(question)
        started = perf_counter()
        index.nearest(vector, schools=schools, limit=FOUND)
        between = perf_counter()
        index.matching(question, schools=schools, limit=FOUND)
        ended = perf_counter()
        if number >= 20:
            nearest.append(between - started)
            matching.append(ended - between)
            both.append(ended - started)
    holds = resident_megabytes()
    index.close()
    exact = numpy_alone(size, [embedder.embed_question(question) for question in questions])
    return {
        "nearest": spread(nearest),
        "matching": spread(matching),
        "both": spread(both),
        "numpy": spread(exact),
        "ratio": median(both) / median(exact),
        "before": before,
        "megabytes": holds,
    }


def numpy_alone(size: int, vectors: Sequence[NDArray[np.float32]]) -> list[float]:
    matrix = unit(np.random.default_rng(3).standard_normal((size, MadeEmbedder.dimension)).astype(np.float32))
    turns = (np.arange(size) // PASSAGES_A_DOCUMENT) % (SCHOOLS + 1)
    took = []
    for number, vector in enumerate(vectors):
        started = perf_counter()
        similarity = matrix @ vector
        similarity[(turns != number % SCHOOLS) & (turns != SCHOOLS)] = -2
        best = np.argpartition(-similarity, FOUND)[:FOUND]
        best[np.argsort(-similarity[best])].tolist()
        took.append(perf_counter() - started)
    return took


def spread(seconds: Sequence[float]) -> str:
    p95 = quantiles(seconds, n=20, method="inclusive")[18]
    return f"p50 {median(seconds) * 1000:.1f} p95 {p95 * 1000:.1f} ms"


def resident_megabytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


STEPS = {"build": build, "ask": ask}

if __name__ == "__main__":
    main()
