"""Are these bytes the Office file that their name says, and one that can be opened?"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from ingestion.errors import DocumentNotRead

OLE_MARK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The head of an OLE compound file: a document of Office 97–2003, or a newer one under a password."""
STRICT_NAMES = b"http://purl.oclc.org/ooxml/"
"""What ISO/IEC 29500 Strict names its parts by, which python-docx and python-pptx do not know."""

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, SyntaxError)
"""What unpacking and reading a damaged part raises (lxml's XMLSyntaxError is a SyntaxError)."""

_RELATIONS = "_rels/.rels"


@dataclass(frozen=True)
class OfficeFormat:
    """What the sentences about a file that cannot be opened say of its format."""

    thing: str
    program: str
    suffix: str
    main_part: str

    @property
    def no_main_part(self) -> str:
        return f"there is no {self.thing} in it: save it from {self.program} as {self.suffix}"

    @property
    def damaged(self) -> str:
        return f"it is damaged: open it in {self.program}, which may mend it, and save it again"


def refuse_other_packages(data: bytes, expected: OfficeFormat) -> None:
    """Raises DocumentNotRead, with the cause, for what is no package of that format or cannot be opened: one under a
    password, one of Office 97–2003 under a new name, one cut short, another zip, one saved as Strict Open XML."""
    if data.startswith(OLE_MARK):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentNotRead("it is locked with a password: save it again without one")
        raise DocumentNotRead(
            f"it is a {expected.program} 97–2003 document under a new name: "
            f"open it in {expected.program} and save it as {expected.suffix}"
        )
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = set(package.namelist())
            relations = package.read(_RELATIONS) if _RELATIONS in parts else b""
    except DAMAGED as error:
        raise DocumentNotRead(
            f"it is not a {expected.thing}, or was cut short: open it in {expected.program} and save it again"
        ) from error
    if expected.main_part not in parts and "[Content_Types].xml" not in parts:
        raise DocumentNotRead(
            f"it is a zip archive without a {expected.thing} in it: "
            f"save it from {expected.program} as {expected.suffix}"
        )
    if STRICT_NAMES in relations:
        raise DocumentNotRead(
            f"it is saved as Strict Open XML: in {expected.program}, save it as {expected.suffix} without “Strict”"
        )
