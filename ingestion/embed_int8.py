"""How does a BERT embed text fast on a CPU? With weights and activations of 8 bits, in ONNX Runtime, a text at a time.

Its matrix products run on whole numbers of 8 bits: a weight matrix has a scale for each output, and what flows through
has one scale for each text, found as it runs. What keeps that true (docs/decisions/0006-fast-embedding.md has figures):

* One text a run, one thread a run, as many runs at once as there are cores. Nothing is padded, and a text's vector
  cannot depend on what is embedded beside it.
* A few large numbers would leave the others few of the 256 steps of a scale. The first token ([CLS]) has scales of its
  own, inputs with large weights are multiplied apart, large values are evened out, and attention gets 16 bits.

The graph is written straight from the weights at each start, in half a second: there is no exported file to keep, to
damage, or to go stale, and torch is not loaded.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ingestion.errors import SettingsError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

VARIANT = "int8"
"""Part of an embedder's name. Who changes how vectors come about here changes it too: equal names, equal vectors."""

Vectors = NDArray[np.float32]

Changes = Mapping[str, Vectors]
"""What is added to a model's weights, by their names; empty: the model as it is."""


class NotPossible(Exception):
    """This model, or this machine, cannot embed in 8 bits; `str()` says why. `ingestion.embed` decides what then."""


class Int8Embedder:
    """A BERT of sentence-transformers in 8 bits. Safe to call from several threads; uses all cores for many texts."""

    def __init__(self, folder: Path, *, name: str, changes: Callable[[], Changes] = dict) -> None:
        """Reads the model's settings and no weights. Raises NotPossible with the reason."""
        self._changes = changes
        self._bert = read_bert(folder)
        _check_machine()
        self.name = f"{name}+{VARIANT}"
        self.dimension = self._bert.dimension
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Long texts go first, so that no core works alone at the end on one that began late."""
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return vectors
        model = self._model()
        tokens = [one.ids for one in model.tokenizer.encode_batch([self._bert.passage_prompt + text for text in texts])]
        order = sorted(range(len(texts)), key=lambda place: -len(tokens[place]))
        with ThreadPoolExecutor(min(_cores(), len(texts))) as pool:
            embedded = pool.map(lambda place: model.embed(tokens[place]), order)
            for place, vector in zip(order, embedded, strict=True):
                vectors[place] = vector
        return vectors

    def embed_question(self, text: str) -> Vectors:
        model = self._model()
        return model.embed(model.tokenizer.encode(self._bert.question_prompt + text).ids)

    def _model(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._bert, self._changes())
            return self._loaded


def _cores() -> int:
    """How many this process may use; a container is often given fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ── the model's folder ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Bert:
    """What the folder of a sentence-transformers BERT says of it."""

    folder: Path
    layers: int
    heads: int
    dimension: int
    epsilon: float
    max_tokens: int
    """Longer texts are cut here, as sentence-transformers does."""
    pooling: Literal["mean", "cls"]
    question_prompt: str
    passage_prompt: str


def read_bert(folder: Path) -> Bert:
    """The model in a folder. Raises NotPossible for anything but a plain BERT, pooled by mean or first token."""
    try:
        return _read_bert(folder)
    except (AttributeError, KeyError, TypeError) as error:
        raise NotPossible(f"its settings are not as sentence-transformers writes them ({error!r})") from error


def _read_bert(folder: Path) -> Bert:
    config = _read_json(folder / "config.json")
    plain = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute", "is_decoder": False}
    for key, wanted in plain.items():
        if config.get(key, _UNSAID.get(key)) != wanted:
            raise NotPossible(f"its {key} is {config.get(key)!r}, not {wanted!r}")
    modules = _read_json(folder / "modules.json")
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or modules[0]["path"]:
        raise NotPossible(f"it is made of {kinds}, not of Transformer, Pooling and Normalize")
    reading = _read_json(folder / "sentence_bert_config.json")
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    longest = reading.get("max_seq_length") or _read_json(folder / "tokenizer_config.json").get("model_max_length")
    bert = Bert(
        folder=folder,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        dimension=config["hidden_size"],
        epsilon=config["layer_norm_eps"],
        max_tokens=min(longest or config["max_position_embeddings"], config["max_position_embeddings"]),
        pooling=_pooling(_read_json(folder / modules[1]["path"] / "config.json")),
        question_prompt=prompts.get("query") or "",
        passage_prompt=prompts.get("document") or "",
    )
    _check_files(bert, lowercases=bool(reading.get("do_lower_case")))
    return bert


_UNSAID = {"position_embedding_type": "absolute", "is_decoder": False}
"""What a BERT is where its `config.json` does not say."""


def _pooling(config: dict[str, Any]) -> Literal["mean", "cls"]:
    """Older models have a key for each way of pooling, newer ones a `pooling_mode`."""
    ways = [key.removeprefix("pooling_mode_") for key, on in config.items() if key.startswith("pooling_mode_") and on]
    match config.get("pooling_mode", ways):
        case "mean" | ["mean"] | ["mean_tokens"]:
            return "mean"
        case "cls" | ["cls"] | ["cls_token"]:
            return "cls"
        case other:
            raise NotPossible(f"it pools by {other!r}, not by mean or first token")


def _check_files(bert: Bert, *, lowercases: bool) -> None:
    tokenizer = _read_json(bert.folder / "tokenizer.json")
    if lowercases and not (tokenizer.get("normalizer") or {}).get("lowercase"):
        raise NotPossible("it lowercases texts outside its tokenizer")
    weights = bert.folder / "model.safetensors"
    if not weights.is_file():
        raise NotPossible("it has no model.safetensors")
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="numpy") as opened:
            missing = sorted(set(_tensors(bert)).difference(opened.keys()))
            kinds = {opened.get_slice(name).get_dtype() for name in _tensors(bert) if not missing}
    except SafetensorError as error:
        raise NotPossible(f"its model.safetensors cannot be read ({error})") from error
    if missing:
        raise NotPossible(f"its model.safetensors has no {missing[0]}")
    if kinds - {"F32", "F16"}:
        raise NotPossible(f"its weights are {', '.join(sorted(kinds))}, not F32 or F16")


def _tensors(bert: Bert) -> list[str]:
    of_layer = [
        f"{part}.{kind}"
        for part in (*_ATTENTION, _ATTENDED, _ATTENDED_NORM, _WIDE, _NARROW, _NARROW_NORM)
        for kind in ("weight", "bias")
    ]
    tables = [f"embeddings.{table}_embeddings.weight" for table in ("word", "position", "token_type")]
    norm = ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"]
    return [*tables, *norm, *(f"encoder.layer.{layer}.{name}" for layer in range(bert.layers) for name in of_layer)]


_ATTENTION = tuple(f"attention.self.{part}" for part in ("query", "key", "value"))
_ATTENDED, _ATTENDED_NORM = "attention.output.dense", "attention.output.LayerNorm"
_WIDE, _NARROW, _NARROW_NORM = "intermediate.dense", "output.dense", "output.LayerNorm"
"""A layer's parts, as BERT names them (Devlin et al. 2019; the names are those of Hugging Face)."""


def _read_json(path: Path) -> Any:
    """What stands in the file; an empty object where there is none."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise NotPossible(f"its {path.name} cannot be read ({error})") from error


# ── the weights ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Loaded:
    """A model in memory: tokens in, a vector of unit length out."""

    def __init__(self, tokenizer: Tokenizer, words: Vectors, positions: Vectors, session: InferenceSession) -> None:
        self.tokenizer = tokenizer
        self._words = words
        self._positions = positions
        self._session = session

    def embed(self, tokens: Sequence[int]) -> Vectors:
        """float32[dimension]. The tables are looked up here, since a graph would hold them twice while it is loaded."""
        embedded = self._words[np.asarray(tokens)] + self._positions[: len(tokens)]
        (vectors,) = self._session.run(None, {"embedded": embedded[np.newaxis]})
        vector: Vectors = vectors[0]
        return vector


def _load(bert: Bert, changes: Changes) -> _Loaded:
    from safetensors.numpy import load_file

    try:
        weights = {
            name: tensor.astype(np.float32, copy=False)
            for name, tensor in load_file(bert.folder / "model.safetensors").items()
        }
        for name, added in changes.items():
            weights[name] = weights[name] + added
        words = weights.pop("embeddings.word_embeddings.weight")
        positions = weights.pop("embeddings.position_embeddings.weight")
        positions = positions + weights.pop("embeddings.token_type_embeddings.weight")[0]
        return _Loaded(_tokenizer_of(bert), words, positions, _session_of(_graph_of(bert, weights)))
    except Exception as error:  # tokenizers raises bare Exception, ONNX Runtime types of its own
        raise SettingsError(
            f"The embedding model in {bert.folder} cannot be loaded in 8 bits ({error}): set "
            "STAFFROOM_EMBEDDING_PRECISION=float32 and run `staffroom refresh`, or name another model in "
            "STAFFROOM_EMBEDDING_MODEL."
        ) from error


def _tokenizer_of(bert: Bert) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(bert.folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(bert.max_tokens)
    if len(tokenizer.encode("").ids) < 2:
        raise ValueError("its tokenizer puts no [CLS] and [SEP] around a text")
    return tokenizer


def _session_of(model: bytes) -> InferenceSession:
    from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # The graph is written as it should run. ONNX Runtime would join each addition with the normalisation after it, in
    # an operator that takes five times as long as the two (SkipLayerNormalization, onnxruntime 1.31).
    options.graph_optimization_level = GraphOptimizationLevel.ORT_DISABLE_ALL
    return InferenceSession(model, options, providers=["CPUExecutionProvider"])


# ── the graph ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _graph_of(bert: Bert, weights: dict[str, Vectors]) -> bytes:
    """An ONNX model: `embedded`, float32[1, tokens, dimension] → `vector`, float32[1, dimension] of unit length."""
    graph = _Graph()

    def weight(*parts: str) -> Vectors:
        return np.concatenate([weights[f"{part}.weight"] for part in parts]).T

    def bias(*parts: str) -> Vectors:
        return np.concatenate([weights[f"{part}.bias"] for part in parts])

    def normalised(values: str, norm: str, *, divided_by: Vectors | float = 1.0) -> str:
        scale, shift = (graph.keep(weights[f"{norm}.{kind}"] / divided_by) for kind in ("weight", "bias"))
        return graph.add("LayerNormalization", values, scale, shift, epsilon=bert.epsilon)

    values = normalised("embedded", "embeddings.LayerNorm")
    for number in range(bert.layers):
        layer = f"encoder.layer.{number}."
        asking = [layer + part for part in _ATTENTION]
        attended, attended_norm = layer + _ATTENDED, layer + _ATTENDED_NORM
        wide, narrow, narrow_norm = layer + _WIDE, layer + _NARROW, layer + _NARROW_NORM

        ask = _FineLinear(graph, weight(*asking), bias(*asking))
        attend = _Linear(graph, weight(attended), bias(attended))
        context = graph.attention(ask(values), heads=bert.heads, dimension=bert.dimension)
        total = graph.add("Add", attend(context), values)
        values = normalised(total, attended_norm)

        evening = _evening(weights[f"{attended_norm}.weight"], weights[f"{attended_norm}.bias"], weight(wide))
        widen = _Linear(graph, weight(wide) * evening[:, np.newaxis], bias(wide))
        narrow_down = _Linear(graph, weight(narrow), bias(narrow), apart=_APART)
        evened = graph.parted(normalised(total, attended_norm, divided_by=evening))
        thought = graph.joined(*(narrow_down(graph.add("Gelu", widen(part))) for part in evened))
        values = normalised(graph.add("Add", thought, values), narrow_norm)
    return graph.model(graph.pooled(values, bert.pooling), dimension=bert.dimension)


class _Graph:
    """Collects the nodes and weights of an ONNX model. Values are known by their names."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._kept: list[Any] = []
        self._zero, self._one, self._end = (self.keep(np.array([n], np.int64)) for n in (0, 1, np.iinfo(np.int64).max))

    def keep(self, array: NDArray[Any]) -> str:
        from onnx.numpy_helper import from_array

        name = f"kept{len(self._kept)}"
        self._kept.append(from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> str:
        """The name of what the operator gives; of several, the first (the others have `.1`, `.2` … after it)."""
        from onnx.helper import make_node

        name = f"{operator}{len(self._nodes)}"
        names = [name, *(f"{name}.{number}" for number in range(1, outputs))]
        self._nodes.append(make_node(operator, list(inputs), names, domain=domain, **attributes))
        return name

    def parted(self, values: str) -> tuple[str, str]:
        """The first token, and the others: float32[1, 1, …] and float32[1, tokens - 1, …]."""
        first = self.add("Slice", values, self._zero, self._one, self._one)
        return first, self.add("Slice", values, self._one, self._end, self._one)

    def joined(self, first: str, others: str) -> str:
        return self.add("Concat", first, others, axis=1)

    def attention(self, asked: str, *, heads: int, dimension: int) -> str:
        """`asked` holds queries, keys and values beside each other."""
        sizes = self.keep(np.array([dimension] * 3, np.int64))
        query = self.add("Split", asked, sizes, outputs=3, axis=2)
        return self.add("MultiHeadAttention", query, f"{query}.1", f"{query}.2", domain=_MICROSOFT, num_heads=heads)

    def pooled(self, values: str, pooling: Literal["mean", "cls"]) -> str:
        """float32[1, dimension] of unit length."""
        taken = self.parted(values)[0] if pooling == "cls" else values
        return self.add("LpNormalization", self.add("ReduceMean", taken, self._one, keepdims=0), axis=-1, p=2)

    def model(self, result: str, *, dimension: int) -> bytes:
        """The whole, with `embedded` as its only input and `result` as its only output."""
        from onnx import TensorProto, helper

        taken = helper.make_tensor_value_info("embedded", TensorProto.FLOAT, [1, "tokens", dimension])
        given = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
        graph = helper.make_graph(self._nodes, "bert", [taken], [given], self._kept)
        versions = [helper.make_opsetid("", 20), helper.make_opsetid(_MICROSOFT, 1)]
        return bytes(helper.make_model(graph, opset_imports=versions, ir_version=9).SerializeToString())


_MICROSOFT = "com.microsoft"
"""ONNX Runtime's own operators: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md"""


class _Linear:
    """values · weight + bias in 8 bits: a scale for each output of the weight, one for all the values at each use."""

    def __init__(self, graph: _Graph, weight: Vectors, bias: Vectors, *, apart: int = 0) -> None:
        """`weight` is float32[inputs, outputs]. So many inputs of the largest weights are multiplied in float32."""
        self._graph = graph
        self._apart = None
        if apart:
            largest = np.sort(np.argsort(-np.abs(weight).max(axis=1))[:apart])
            self._apart = graph.keep(largest), graph.keep(weight[largest])
            weight = weight.copy()
            weight[largest] = 0
        largest_of_output = np.abs(weight).max(axis=0)
        scale = np.where(largest_of_output > 0, largest_of_output / 127, 1).astype(np.float32)
        self._weight = graph.keep(np.rint(weight / scale).astype(np.int8))
        self._scale, self._zero = graph.keep(scale), graph.keep(np.zeros(len(scale), np.int8))
        self._bias = graph.keep(bias)

    def __call__(self, values: str) -> str:
        kept = self._weight, self._scale, self._zero, self._bias
        product = self._graph.add("DynamicQuantizeMatMul", values, *kept, domain=_MICROSOFT)
        if self._apart is None:
            return product
        inputs, weight = self._apart
        picked = self._graph.add("Gather", values, inputs, axis=2)
        return self._graph.add("Add", product, self._graph.add("MatMul", picked, weight))


class _FineLinear(_Linear):
    """As `_Linear`, with values of 16 bits: what rounding to 8 left over is rounded to 8 again, and multiplied too."""

    def __call__(self, values: str) -> str:
        graph = self._graph
        whole = graph.add("DynamicQuantizeLinear", values, outputs=3)
        scale, zero = f"{whole}.1", f"{whole}.2"
        rest = graph.add("Sub", values, graph.add("DequantizeLinear", whole, scale, zero))
        kept = whole, self._weight, scale, self._scale, zero, self._zero
        return graph.add("Add", graph.add("MatMulIntegerToFloat", *kept, domain=_MICROSOFT), super().__call__(rest))


_APART = 16
"""Inputs of a layer's last product that are multiplied in float32, of 1,536 in MiniLM: a few of them have weights up to
a hundred times the others', which would leave the others few of the 256 steps."""


def _evening(scale: Vectors, shift: Vectors, weight: Vectors) -> Vectors:
    """float32[inputs], by which normalised values are divided and their weights multiplied, so that the inputs with
    large values do not leave the others few of the 256 steps.

    SmoothQuant (Xiao et al. 2023) with strength 0.7. It takes an input's largest value from texts; four standard
    deviations, as the normalisation that makes it states them, do without.
    """
    largest = 4 * np.abs(scale) + np.abs(shift)
    evening: Vectors = np.maximum(largest, 1e-6) ** 0.7 / np.maximum(np.abs(weight).max(axis=1), 1e-6) ** 0.3
    return evening.astype(np.float32)


# ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _check_machine() -> None:
    """Raises NotPossible where ONNX Runtime is missing or the processor is too old.

    x86 processors without VNNI (before 2019 to 2022) add products of 8 bits in sums of 16 bits, which overflow: vectors
    would differ from another machine's without a word. The largest numbers there are, multiplied, show it.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise NotPossible(f"ONNX Runtime cannot be loaded ({error})") from error
    size = 64
    graph = _Graph()
    product = _Linear(graph, np.full((size, size), 127, np.float32), np.zeros(size, np.float32))("embedded")
    steps = np.full((1, size, size), 255, np.float32)
    steps[0, 0, 0] = 0  # the smallest and the largest number fix the scale at 1
    (sums,) = _session_of(graph.model(product, dimension=size)).run(None, {"embedded": steps})
    if not np.array_equal(np.asarray(sums), steps @ np.full((size, size), 127, np.float32)):
        raise NotPossible("this processor cannot add products of 8 bits without overflow")
