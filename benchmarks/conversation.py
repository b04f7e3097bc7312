"""How much of what a follow-up leaves out do the rules fill in?

    python -m benchmarks.conversation QUESTION_SET --folder FOLDER

QUESTION_SET is a folder with `docs.jsonl` (id, title, text), `queries.jsonl` (id, text, rewrite, history) and
`qrels.tsv` (query-id, corpus-id, score), such as MTRAG's ClapNQ part. The passages are written into FOLDER/corpus, a
Markdown file each, and indexed in FOLDER/data, once: a second run finds them there. Printed are recall@5 and nDCG@5
with the last turn alone, with the history as Staffroom reads it, and with a person's stand-alone rewrite; with both
searches, and with vectors and BM25 alone; for each half of the conversations.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bot.administer import run_refresh
from bot.answering.conversation import read_in_conversation
from bot.answering.retrieve import Searched, fuse
from bot.app import embedder_of, open_reading_index
from bot.model import Turn, Wording
from bot.settings import Settings, read_settings
from ingestion.embed import Embedder
from ingestion.index import Index
from ingestion.model import Hit

DEPTH, CUT = 40, 5
SEARCHES: Mapping[str, tuple[str, ...]] = {"both": ("cosine", "bm25"), "vectors": ("cosine",), "BM25": ("bm25",)}


@dataclass(frozen=True)
class Asked:
    """One judged turn of a conversation."""

    conversation: str
    text: str
    rewrite: str
    history: tuple[Turn, ...]
    relevant: frozenset[str]

    @property
    def half(self) -> str:
        """The same for all turns of a conversation."""
        return "odd" if int(sha256(self.conversation.encode()).hexdigest(), 16) % 2 else "even"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question_set", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    settings = read_settings().model_copy(
        update={"corpus": options.folder / "corpus", "data": options.folder / "data", "database_url": None}
    )
    if not settings.data.exists():
        index_passages(options.question_set / "docs.jsonl", settings)
    asked = read_asked(options.question_set)
    embedder = embedder_of(settings)
    index = open_reading_index(settings, model=embedder.name)
    search = Search(index, embedder)
    for way, wordings in WAYS.items():
        for name, by in SEARCHES.items():
            figures = {
                half: measure([one for one in asked if one.half == half], wordings, search, by) for half in HALVES
            }
            figures["all"] = measure(asked, wordings, search, by)
            shown = "  ".join(f"{half}: R@5 {recall:.3f} nDCG@5 {ndcg:.3f}" for half, (recall, ndcg) in figures.items())
            print(f"{way:13} {name:8} {shown}", flush=True)
    index.close()


HALVES = ("even", "odd")


def last_turn(one: Asked) -> list[Wording]:
    return [Wording(one.text, 1.0)]


def with_history(one: Asked) -> list[Wording]:
    reading = read_in_conversation(one.text, one.history)
    return [Wording(reading.query, 1.0), *reading.also]


def rewritten(one: Asked) -> list[Wording]:
    return [Wording(one.rewrite, 1.0)]


WAYS: Mapping[str, Callable[[Asked], list[Wording]]] = {
    "last turn": last_turn,
    "with history": with_history,
    "rewrite": rewritten,
}


class Search:
    """Both searches of the index, each wording once."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        self._found: dict[str, tuple[list[Hit], list[Hit]]] = {}

    def best(self, wordings: Sequence[Wording], by: Sequence[str]) -> list[str]:
        """The ids of the documents found, best first, `CUT` at most."""
        searched: list[Searched] = []
        for wording in wordings:
            near, worded = self._of(wording.text)
            searched.append(
                Searched(near if "cosine" in by else (), worded if "bm25" in by else (), weight=wording.weight)
            )
        found = [Path(one.found.version.path).stem for one in fuse(searched)]
        return list(dict.fromkeys(found))[:CUT]

    def _of(self, text: str) -> tuple[list[Hit], list[Hit]]:
        if text not in self._found:
            vector = self._embedder.embed_question(text)
            near = self._index.nearest(vector, schools=(), limit=DEPTH)
            self._found[text] = (near, self._index.matching(text, schools=(), limit=DEPTH))
        return self._found[text]


def measure(
    asked: Sequence[Asked], wordings: Callable[[Asked], list[Wording]], search: Search, by: Sequence[str]
) -> tuple[float, float]:
    """Mean recall@5 and nDCG@5."""
    recalls, gains = [], []
    for one in asked:
        best = search.best(wordings(one), by)
        hits = [found in one.relevant for found in best]
        ideal = sum(1 / math.log2(rank + 2) for rank in range(min(CUT, len(one.relevant))))
        recalls.append(sum(hits) / len(one.relevant))
        gains.append(sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits) if hit) / ideal)
    return sum(recalls) / max(1, len(recalls)), sum(gains) / max(1, len(gains))


def read_asked(folder: Path) -> list[Asked]:
    """The turns that have a rewrite and a passage judged relevant."""
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        if float(score) > 0:
            relevant[query].add(file_name(document))
    entries = [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    return [
        Asked(
            conversation=entry["id"].split("<::>")[0],
            text=entry["text"],
            rewrite=entry["rewrite"],
            history=tuple(Turn(turn["role"], turn["text"]) for turn in entry["history"]),
            relevant=frozenset(relevant[entry["id"]]),
        )
        for entry in entries
        if entry["rewrite"] and relevant[entry["id"]]
    ]


def index_passages(lines: Path, settings: Settings) -> None:
    """Writes a Markdown file for each passage, 500 to a folder, and indexes them."""
    print("Indexing the passages: a few minutes.", file=sys.stderr)
    with lines.open(encoding="utf-8") as opened:
        for number, line in enumerate(opened):
            entry = json.loads(line)
            text = " ".join(entry["text"].split())
            title = entry["title"] or " ".join(text.split()[:6])
            path = settings.corpus / f"{number // 500:03}" / f"{file_name(entry['id'])}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"---\ntitle: {json.dumps(title)}\n---\n\n{text}\n", encoding="utf-8")
    run_refresh(settings)


def file_name(id_: str) -> str:
    return re.sub(r"[^\w-]", "_", id_)


if __name__ == "__main__":
    main()
