"""What every test can use: golden files, and the flag that writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN_FILES = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write the golden files anew; then read the diff.")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares text with `tests/golden/NAME`, or writes it with `--update-golden`."""

    def compare(name: str, value: str) -> None:
        file = GOLDEN_FILES / name
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(value.rstrip("\n") + "\n", encoding="utf-8")
        assert file.exists(), f"{name} is not there yet: run pytest --update-golden and read it"
        assert value.rstrip("\n") == file.read_text(encoding="utf-8").rstrip("\n")

    return compare
