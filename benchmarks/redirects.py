"""How many disclosures are noticed, how many questions are turned away wrongly, and what does reading a message cost?

    python -m benchmarks.redirects            the held-out halves, in 8 bits as the service runs them
    python -m benchmarks.redirects --float32  the same in float32
    python -m benchmarks.redirects --rules    the rules over plain words alone, without the reader

Prints figures only, and no message. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bot.answering.redirects import Redirection, Redirects
from bot.answering.redirects.reading import TrainedReader, changes
from ingestion.embed import open_embedder

EVAL = Path(__file__).parents[1] / "tests" / "eval"


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--float32", action="store_true")
    asked.add_argument("--rules", action="store_true")
    chosen = asked.parse_args()
    embedder = open_embedder(precision="float32" if chosen.float32 else "auto", changes=("redirects", changes))
    redirects = Redirects(None if chosen.rules else TrainedReader(embedder))
    redirects.of("warm up")
    took: list[float] = []

    def read(text: str) -> Redirection | None:
        started = time.perf_counter()
        redirection = redirects.of(text)
        took.append((time.perf_counter() - started) * 1000)
        return redirection

    cards = [(row, read(row["text"])) for row in _rows("disclosure/held_out_*_card.jsonl")]
    looks = [(row, read(row["text"])) for row in _rows("disclosure/held_out_*_question.jsonl")]
    others = [(row, read(row["text"])) for row in _rows("redirects/held_out.jsonl")]
    asks = [
        (row, read(row["question"]))
        for row in _rows("held_out*.jsonl")
        if row["outcome"] != "redirected" and not row.get("history")
    ]
    _print_share("disclosures noticed", [_is_card(found) for _, found in cards])
    _print_by("   of case", [(row["case"], _is_card(found)) for row, found in cards])
    _print_share("look-alikes taken for a disclosure", [_is_card(found) for _, found in looks])
    _print_by("   about", [(row["about"], _is_card(found)) for row, found in looks])
    _print_share(
        "look-alikes given any other redirect", [found is not None and not _is_card(found) for _, found in looks]
    )
    _print_share(
        "the right case of those noticed",
        [found.case == row["case"] for row, found in cards if _is_card(found) and found],
    )
    _print_confusion([(row["case"], str(found.case)) for row, found in cards if found])
    _print_share("other redirects noticed", [found is not None for row, found in others if row["redirect"]])
    _print_share(
        "   with the right family",
        [found is not None and found.kind == row["redirect"] for row, found in others if row["redirect"]],
    )
    _print_by("   of case", [(row["case"], found is not None) for row, found in others if row["redirect"]])
    _print_share("their look-alikes redirected", [found is not None for row, found in others if not row["redirect"]])
    _print_share("graded questions redirected", [found is not None for _, found in asks])
    took.sort()
    print(
        f"milliseconds a message: p50 {took[len(took) // 2]:.1f}, p95 {took[int(len(took) * 0.95)]:.1f}, of {len(took)}"
    )


def _is_card(found: Redirection | None) -> bool:
    return found is not None and found.kind == "safeguarding"


def _print_share(what: str, hits: Sequence[bool]) -> None:
    low, high = wilson(sum(hits), len(hits))
    print(f"{what}: {sum(hits)} of {len(hits)} = {sum(hits) / max(1, len(hits)):.1%} ({low:.1%} to {high:.1%})")


def _print_by(what: str, hits: Sequence[tuple[str, bool]]) -> None:
    by: defaultdict[str, list[bool]] = defaultdict(list)
    for group, hit in hits:
        by[group].append(hit)
    print(what + ": " + ", ".join(f"{group} {sum(some)}/{len(some)}" for group, some in sorted(by.items())))


def _print_confusion(pairs: Sequence[tuple[str, str]]) -> None:
    wrong = Counter(pair for pair in pairs if pair[0] != pair[1])
    print("   mistaken: " + ", ".join(f"{truth} for {given} {count}" for (truth, given), count in wrong.most_common()))


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, hits / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * ((share * (1 - share) / total + z * z / (4 * total * total)) ** 0.5) / (1 + z * z / total)
    return middle - half, middle + half


def _rows(pattern: str) -> Iterator[Any]:
    for file in sorted(EVAL.glob(pattern)):
        yield from (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


if __name__ == "__main__":
    main()
