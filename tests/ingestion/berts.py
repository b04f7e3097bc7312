"""BERTs small enough for a test: random weights, thirty words, two layers, in a folder as sentence-transformers writes
it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

WORDS = "phones stay in bags leave is requested writing may i use my phone where do the a at school lunch".split()
VOCABULARY = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS])}
WIDTH, HEADS, WIDE, LAYERS, LONGEST = 32, 4, 64, 2, 16


def small_bert(
    folder: Path,
    *,
    config: dict[str, Any] | None = None,
    pooling: dict[str, Any] | None = None,
    modules: list[str] | None = None,
    reading: dict[str, Any] | None = None,
    prompts: dict[str, str] | None = None,
    weights_type: type[np.floating[Any]] = np.float32,
    without: str = "",
) -> Path:
    """A model in a new folder. `config` and `reading` are added to its settings; `without` names a tensor left out."""
    folder.mkdir(parents=True)
    kinds = modules or ["Transformer", "Pooling", "Normalize"]
    paths = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds) if number)]
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, (kind, path) in enumerate(zip(kinds, paths, strict=True))
    ]
    settings = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_size": WIDTH,
        "intermediate_size": WIDE,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": LONGEST,
        "type_vocab_size": 2,
        "vocab_size": len(VOCABULARY),
        "pad_token_id": 0,
    }
    _write(folder / "config.json", settings | (config or {}))
    _write(folder / "modules.json", listed)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": LONGEST, "do_lower_case": False} | (reading or {}))
    _write(folder / "config_sentence_transformers.json", {"prompts": prompts or {}})
    _write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": WIDTH, **(pooling or {"pooling_mode_mean_tokens": True})},
    )
    _write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "model_max_length": LONGEST})
    _tokenizer().save(str(folder / "tokenizer.json"))
    tensors = {name: tensor.astype(weights_type) for name, tensor in _tensors().items() if name != without}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    ends = [(token, VOCABULARY[token]) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_padding(length=12)  # as some models ship it; an embedder pads by its own lights
    return tokenizer


def _tensors() -> dict[str, np.ndarray[Any, Any]]:
    draw = np.random.default_rng(3)
    tensors: dict[str, np.ndarray[Any, Any]] = {}

    def linear(name: str, given: int, taken: int) -> None:
        tensors[f"{name}.weight"] = draw.normal(0, taken**-0.5, (given, taken))
        tensors[f"{name}.bias"] = draw.normal(0, 0.1, given)

    def norm(name: str) -> None:
        tensors[f"{name}.weight"] = draw.normal(1, 0.1, WIDTH)
        tensors[f"{name}.bias"] = draw.normal(0, 0.1, WIDTH)

    for table, size in (("word", len(VOCABULARY)), ("position", LONGEST), ("token_type", 2)):
        tensors[f"embeddings.{table}_embeddings.weight"] = draw.normal(0, 1, (size, WIDTH))
    norm("embeddings.LayerNorm")
    for layer in range(LAYERS):
        of = f"encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            linear(f"{of}attention.self.{part}", WIDTH, WIDTH)
        linear(f"{of}attention.output.dense", WIDTH, WIDTH)
        norm(f"{of}attention.output.LayerNorm")
        linear(f"{of}intermediate.dense", WIDE, WIDTH)
        linear(f"{of}output.dense", WIDTH, WIDE)
        norm(f"{of}output.LayerNorm")
    return tensors


def _write(file: Path, settings: Any) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(settings), encoding="utf-8")
