"""Claims about how an embedding model is found and named; no test here loads one."""

import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.embed import SentenceTransformerEmbedder
from ingestion.errors import SettingsError


def model_in(folder: Path, *, weights: bytes = b"weights", modules: str = "[]") -> Path:
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text(modules)
    (folder / "model.safetensors").write_bytes(weights)
    return folder


def test_the_bundled_model_is_named_without_loading_it() -> None:
    name_it = (
        "import sys; from ingestion.embed import SentenceTransformerEmbedder as Embedder;"
        " print(Embedder().name, 'torch' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", name_it], check=True, capture_output=True, text=True).stdout
    label, has_torch = printed.split()
    name, _, digest = label.partition("@")
    assert (name, has_torch) == ("all-MiniLM-L6-v2", "False")
    assert len(digest) == 12
    assert int(digest, 16) > 0


def test_the_same_files_in_another_folder_are_the_same_model(tmp_path: Path) -> None:
    a, b = model_in(tmp_path / "a" / "ours"), model_in(tmp_path / "b" / "ours")
    assert SentenceTransformerEmbedder(str(a)).name == SentenceTransformerEmbedder(str(b)).name


@pytest.mark.parametrize("other", [{"weights": b"Weights"}, {"weights": b"weights!"}, {"modules": "[1]"}])
def test_another_model_of_the_same_name_has_another_name(tmp_path: Path, other: dict[str, bytes | str]) -> None:
    ours = SentenceTransformerEmbedder(str(model_in(tmp_path / "a" / "ours")))
    theirs = SentenceTransformerEmbedder(str(model_in(tmp_path / "b" / "ours", **other)))  # type: ignore[arg-type]
    assert ours.name.startswith("ours@")
    assert theirs.name.startswith("ours@")
    assert ours.name != theirs.name


@pytest.mark.parametrize("model", ["no-such/model", "missing", "a/b/c", "--odd--"])
def test_a_model_that_is_nowhere_is_refused_by_name(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=f"STAFFROOM_EMBEDDING_MODEL is '{model}', which is neither a folder nor"):
        SentenceTransformerEmbedder(model)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"which holds no sentence-transformers model"):
        SentenceTransformerEmbedder(str(tmp_path))
