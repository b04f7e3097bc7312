"""Office files that come out the same each time: their archive's times and the saver's clock are fixed."""

import re
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def settled(archive: bytes, saved: datetime) -> bytes:
    """The same archive with fixed entry times, and `saved` as the time it was created and last saved."""
    stamp = f"{saved:%Y-%m-%dT%H:%M:%SZ}".encode()
    out = BytesIO()
    with ZipFile(BytesIO(archive)) as before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", lambda match: match[1] + stamp, content)
            entry = ZipInfo(name, ZIP_EPOCH)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            after.writestr(entry, content)
    return out.getvalue()
