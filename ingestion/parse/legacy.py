"""What does a document say that only an office program can open: .doc, .ppt, .rtf and the like?

LibreOffice, where it is installed, saves it in today's format, and that format's reader reads it. LibreOffice does not
break pages where Word did, and marks none: words are cited by section, by slide, or by page where the document itself
breaks every page.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingestion.errors import DocumentNotRead
from ingestion.parse.office import OLE_MARK
from ingestion.parse.reading import Reading

SECONDS = 90.0
"""For one conversion, the start of LibreOffice included: an ordinary policy takes 1 to 2."""
STARTS = 3
"""LibreOffice ends with status 81 once it has made itself a profile, and is to be started again."""
RESTART_STATUS = 81

NAMES = {
    "doc": "Word 97–2003 files",
    "odp": "ODP files",
    "ppt": "PowerPoint 97–2003 files",
    "rtf": "RTF files",
    "xlsb": "Binary Excel files (XLSB)",
}
RTF_MARK = b"{\\rtf"
ZIP_MARK = b"PK\x03\x04"
ODP_MARK = b"mimetypeapplication/vnd.oasis.opendocument.presentation"
"""OpenDocument: the first entry of the zip is the type, stored as it is."""

_MAC_PROGRAM = "/Applications/LibreOffice.app/Contents/MacOS/soffice"
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
_SAFE = (
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("/org.openoffice.Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "0"),
    ("/org.openoffice.Office.Calc/Content/Update", "Link", "2"),
    # Pictures that a .doc links to are fetched all the same: by way of a proxy that is not there, none is.
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetNoProxy", ""),
    *(
        setting
        for scheme in ("HTTP", "HTTPS")
        for setting in (
            ("/org.openoffice.Inet/Settings", f"ooInet{scheme}ProxyName", "127.0.0.1"),
            ("/org.openoffice.Inet/Settings", f"ooInet{scheme}ProxyPort", "9"),
        )
    ),
)
"""No macro runs, no link is followed, nothing is fetched from the web."""


def read_doc(data: bytes) -> Reading:
    """The text of a .doc, .dot or .rtf file under its headings. Raises DocumentNotRead: LibreOffice is not installed or
    cannot open it (damaged, under a password, too slow), or it is no such document."""
    from ingestion.parse.docx import read_docx

    if data.startswith(ZIP_MARK):  # saved as .docx under the old name
        return read_docx(data)
    kind = "rtf" if data.startswith(RTF_MARK) else "doc"
    if kind == "doc" and not data.startswith(OLE_MARK):
        raise DocumentNotRead("it is not a Word document, whatever its name says: open it in Word and save it as .docx")
    return read_docx(converted(data, kind, "docx"))


def read_ppt(data: bytes) -> Reading:
    """The text of a .ppt, .pps, .pot or .odp file, slide by slide. Raises DocumentNotRead as `read_doc` does."""
    from ingestion.parse.pptx import read_pptx

    if data.startswith(ZIP_MARK):
        return read_pptx(converted(data, "odp", "pptx") if ODP_MARK in data[:200] else data)
    if not data.startswith(OLE_MARK):
        raise DocumentNotRead(
            "it is not a PowerPoint file, whatever its name says: open it in PowerPoint and save it as .pptx"
        )
    return read_pptx(converted(data, "ppt", "pptx"))


def converted(data: bytes, kind: str, target: str) -> bytes:
    """The document as LibreOffice saves it in the target format ("docx"). Raises DocumentNotRead."""
    program = _program()
    if program is None:
        raise DocumentNotRead(
            f"{NAMES[kind]} are read only where LibreOffice is installed: install it, or save the file as .{target}"
        )
    if "EncryptedPackage".encode("utf-16-le") in data or "EncryptedSummary".encode("utf-16-le") in data:
        raise DocumentNotRead("it is locked with a password: save it again without one")
    with tempfile.TemporaryDirectory(prefix="staffroom-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / f"document.{kind}"
        source.write_bytes(data)
        _convert(program, source, target, folder)
        result = folder / "out" / f"document.{target}"
        if not result.is_file():
            raise DocumentNotRead(
                f"LibreOffice cannot open it, for it is damaged or under a password: open it and save it as .{target}"
            )
        return result.read_bytes()


def _program() -> str | None:
    """LibreOffice itself rather than the script that starts it: one process, which ends when it is told to."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        return _MAC_PROGRAM if sys.platform == "darwin" and Path(_MAC_PROGRAM).exists() else None
    itself = Path(found).resolve().with_name("soffice.bin")
    return str(itself) if itself.exists() else found


def _convert(program: str, source: Path, target: str, folder: Path) -> None:
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_SETTINGS.format(items="\n".join(_item(*setting) for setting in _SAFE)), encoding="utf-8")
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        *("--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck", "--convert-to", target),
        *("--outdir", str(folder / "out"), str(source)),
    ]
    # A proxy of the machine's own would let through what the settings are to stop.
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= {"HOME": str(folder), "SAL_USE_VCLPLUGIN": "svp"}
    ends = time.monotonic() + SECONDS
    try:
        for _ in range(STARTS):
            done = subprocess.run(  # noqa: S603 - the program by its full path, arguments of our own making
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=max(1.0, ends - time.monotonic()),
                check=False,
            )
            if done.returncode != RESTART_STATUS:
                return
    except subprocess.TimeoutExpired as error:
        raise DocumentNotRead(
            f"LibreOffice took longer than {SECONDS:g} seconds over it: open it and save it as .{target}"
        ) from error


def _item(path: str, name: str, value: str) -> str:
    return f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
