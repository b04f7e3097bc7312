"""Claims about how an embedding model is found, named and run; torch is loaded by none of them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from ingestion import embed, embed_int8
from ingestion.embed import SentenceTransformerEmbedder, open_embedder
from ingestion.embed_int8 import Int8Embedder
from ingestion.errors import SettingsError
from tests.ingestion.berts import small_bert


def model_in(folder: Path, *, weights: bytes = b"weights", modules: str = "[]") -> Path:
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text(modules)
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def run_alone(program: str) -> str:
    """What a process of its own prints."""
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout


# ── finding and naming ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bundled_model_is_named_without_loading_it() -> None:
    name = open_embedder().name.removesuffix("+int8")
    label, _, digest = name.partition("@")
    assert label == "all-MiniLM-L6-v2"
    assert len(digest) == 12
    assert int(digest, 16) > 0
    assert open_embedder(precision="float32").name == name


def test_the_same_files_in_another_folder_are_the_same_model(tmp_path: Path) -> None:
    a, b = model_in(tmp_path / "a" / "ours"), model_in(tmp_path / "b" / "ours")
    assert open_embedder(str(a)).name == open_embedder(str(b)).name


@pytest.mark.parametrize("other", [{"weights": b"Weights"}, {"weights": b"weights!"}, {"modules": "[1]"}])
def test_another_model_of_the_same_name_has_another_name(tmp_path: Path, other: dict[str, Any]) -> None:
    ours = open_embedder(str(model_in(tmp_path / "a" / "ours")))
    theirs = open_embedder(str(model_in(tmp_path / "b" / "ours", **other)))
    assert ours.name.startswith("ours@")
    assert theirs.name.startswith("ours@")
    assert ours.name != theirs.name


@pytest.mark.parametrize("model", ["no-such/model", "missing", "a/b/c", "--odd--"])
def test_a_model_that_is_nowhere_is_refused_by_name(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=f"STAFFROOM_EMBEDDING_MODEL is '{model}', which is neither a folder nor"):
        open_embedder(model)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"which holds no sentence-transformers model"):
        open_embedder(str(tmp_path))


# ── 8 bits or float32 ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def machine() -> Iterator[None]:
    """A machine that is looked at anew, before and after."""
    embed_int8._check_machine.cache_clear()
    yield
    embed_int8._check_machine.cache_clear()


def test_on_a_processor_a_bert_runs_in_eight_bits_without_torch() -> None:
    printed = run_alone(
        "import sys; from ingestion.embed import open_embedder; one = open_embedder();"
        " print(one.name, one.embed_question('phones').shape, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    assert printed.split()[0].endswith("+int8")
    assert printed.split()[1:] == ["(384,)", "False", "False"]


def test_float32_is_used_where_the_setting_says_so(tmp_path: Path) -> None:
    folder = str(small_bert(tmp_path / "small"))
    assert isinstance(open_embedder(folder, precision="float32"), SentenceTransformerEmbedder)
    assert isinstance(open_embedder(folder, precision="int8"), Int8Embedder)


def test_a_graphics_card_computes_in_float32_unless_eight_bits_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "_has_graphics_card", lambda: True)
    folder = str(small_bert(tmp_path / "small"))
    assert isinstance(open_embedder(folder), SentenceTransformerEmbedder)
    assert isinstance(open_embedder(folder, precision="int8"), Int8Embedder)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"config": {"model_type": "xlm-roberta"}}, "its model_type is 'xlm-roberta', not 'bert'"),
        ({"config": {"hidden_act": "relu"}}, "its hidden_act is 'relu', not 'gelu'"),
        ({"config": {"position_embedding_type": "relative_key"}}, "its position_embedding_type is 'relative_key'"),
        ({"modules": ["Transformer", "Pooling", "Dense", "Normalize"]}, "it is made of ['Transformer', 'Pooling', 'De"),
        ({"pooling": {"pooling_mode": "max"}}, "it pools by 'max'"),
        ({"pooling": {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}}, "it pools by ['mean_tokens'"),
        ({"without": "encoder.layer.1.output.dense.bias"}, "has no encoder.layer.1.output.dense.bias"),
        ({"weights_type": np.float64}, "its weights are F64, not F32 or F16"),
    ],
    ids=["another kind", "activation", "positions", "modules", "pooling", "two poolings", "tensor", "weights"],
)
def test_a_model_that_is_no_plain_bert_runs_in_float32_and_the_log_says_why(
    tmp_path: Path, settings: dict[str, Any], reason: str
) -> None:
    folder = str(small_bert(tmp_path / "small", **settings))
    with capture_logs() as logged:
        embedder = open_embedder(folder)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert not embedder.name.endswith("+int8")
    assert [entry["event"] for entry in logged] == ["embedding_in_float32"]
    assert reason in logged[0]["reason"]
    with pytest.raises(SettingsError) as refused:
        open_embedder(folder, precision="int8")
    assert reason in str(refused.value)
    assert str(refused.value).startswith("STAFFROOM_EMBEDDING_PRECISION is int8, and small cannot run in 8 bits here: ")


@pytest.mark.parametrize("file", ["config.json", "modules.json", "tokenizer.json", "1_Pooling/config.json"])
@pytest.mark.parametrize("content", ["{", "[1]", '"words"', "null"])
def test_settings_of_another_shape_leave_the_model_to_sentence_transformers(
    tmp_path: Path, file: str, content: str
) -> None:
    folder = small_bert(tmp_path / "small", reading={"do_lower_case": True})
    (folder / file).write_text(content)
    assert isinstance(open_embedder(str(folder)), SentenceTransformerEmbedder)


@pytest.mark.usefixtures("machine")
def test_without_onnx_runtime_float32_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    folder = str(small_bert(tmp_path / "small"))
    assert isinstance(open_embedder(folder), SentenceTransformerEmbedder)
    with pytest.raises(SettingsError, match="ONNX Runtime cannot be loaded"):
        open_embedder(folder, precision="int8")


@pytest.mark.usefixtures("machine")
def test_a_processor_whose_sums_overflow_is_not_trusted_with_eight_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Saturating:
        """Adds pairs of products in 16 bits, as processors without VNNI do."""

        def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
            pairs = inputs["embedded"].reshape(1, 64, 32, 2).sum(axis=3) * 127
            return [np.broadcast_to(np.minimum(pairs, 32767).sum(axis=2, keepdims=True), (1, 64, 64))]

    monkeypatch.setattr(embed_int8, "_session_of", lambda model: Saturating())
    folder = str(small_bert(tmp_path / "small"))
    assert isinstance(open_embedder(folder), SentenceTransformerEmbedder)
    with pytest.raises(SettingsError, match="this processor cannot add products of 8 bits without overflow"):
        open_embedder(folder, precision="int8")


def test_weights_that_are_cut_off_are_not_taken_for_a_bert(tmp_path: Path) -> None:
    folder = small_bert(tmp_path / "small")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(SettingsError, match=r"its model\.safetensors cannot be read"):
        open_embedder(str(folder), precision="int8")


def test_a_tokenizer_that_cannot_be_read_is_told_with_the_mend(tmp_path: Path) -> None:
    folder = small_bert(tmp_path / "small")
    (folder / "tokenizer.json").write_text('{"model": {"type": "Unknown"}}')
    with pytest.raises(SettingsError, match=r"cannot be loaded in 8 bits .*: set STAFFROOM_EMBEDDING_PR"):
        open_embedder(str(folder), precision="int8").embed_question("phones")


def test_a_tokenizer_without_a_first_token_is_told_with_the_mend(tmp_path: Path) -> None:
    folder = small_bert(tmp_path / "small")
    from tokenizers import Tokenizer, processors

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A", special_tokens=[])
    tokenizer.save(str(folder / "tokenizer.json"))
    with pytest.raises(SettingsError, match=r"puts no \[CLS\] and \[SEP\] around a text"):
        open_embedder(str(folder), precision="int8").embed_question("phones")


@pytest.mark.parametrize(
    ("build", "platform", "devices", "expected"),
    [("2.13.0+cpu", "linux", ["/dev/null"], False), ("2.13.0", "darwin", [], False), ("2.13.0", "linux", [], False)],
)
def test_that_there_is_no_graphics_card_is_seen_without_torch(
    build: str, platform: str, devices: list[str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "version", lambda package: build)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(embed, "_CARD_DEVICES", devices)
    monkeypatch.setitem(sys.modules, "torch", None)  # an import would fail
    assert embed._has_graphics_card() is expected
