"""LibreOffice, by which tests make files of formats that nothing else writes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def saved_as(data: bytes, kind: str, target: str, folder: Path) -> bytes:
    """The file as LibreOffice saves it in another format ("xls"). Skips the test where it is not installed, but fails
    where tests are run for all (CI)."""
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is not installed: install libreoffice-writer, -calc and -impress")
        pytest.skip("LibreOffice is not installed")
    source = folder / f"made.{kind}"
    source.write_bytes(data)
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--norestore", "--convert-to", target, "--outdir", str(folder / "out"), str(source)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return (folder / "out" / f"made.{target}").read_bytes()
