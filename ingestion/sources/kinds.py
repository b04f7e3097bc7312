"""Of which format is what a web server sent? The ending of a path chooses its parser, and many addresses have none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.message import Message

from ingestion.sources.addresses import DOCUMENTS, suffix_of

HTML = ".html"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument"
SUFFIXES: Mapping[str, str] = {
    "text/html": HTML,
    "application/xhtml+xml": HTML,
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
    "application/msword": ".doc",
    "application/rtf": ".rtf",
    "text/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OPEN_DOCUMENT}.text": ".odt",
    f"{_OPEN_DOCUMENT}.presentation": ".odp",
    f"{_OPEN_DOCUMENT}.spreadsheet": ".ods",
    "text/csv": ".csv",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
}
_TELLS_NOTHING = frozenset(
    ("", "application/octet-stream", "application/x-download", "application/force-download", "application/download",
     "binary/octet-stream", "text/plain", "application/zip", "application/x-zip-compressed")
)  # fmt: skip
"""What servers send for files whose format they do not know; a Word file is a zip, and a CSV file plain text."""


def suffix_for(headers: Mapping[str, str], *, address: str, head: bytes) -> str | None:
    """The ending of the format's files (".html", ".pdf"), or None for what is no document (a picture, a feed).

    The server's word stands first; where that says nothing, the name in the answer, then that in the address, then
    the first bytes.
    """
    media_type = _parameters(headers.get("content-type", "")).get_content_type() if headers.get("content-type") else ""
    if media_type in _TELLS_NOTHING:
        for suffix in (_suffix_of_attachment(headers), suffix_of(address)):
            if suffix in DOCUMENTS:
                return suffix
    if media_type in SUFFIXES:
        return SUFFIXES[media_type]
    if media_type in _TELLS_NOTHING and head.startswith(b"%PDF-"):
        return ".pdf"
    if not media_type and re.match(rb"\s*<(?:!doctype\s+html|html)", head, re.IGNORECASE):
        return HTML
    return None


def charset_of(headers: Mapping[str, str]) -> str | None:
    """The encoding of the text that the server states; None where it states none."""
    stated = _parameters(headers.get("content-type", "")).get_param("charset")
    return stated.strip("'\" ").lower() or None if isinstance(stated, str) else None


def _parameters(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = content_type
    return message


def _suffix_of_attachment(headers: Mapping[str, str]) -> str:
    """Of `Content-Disposition: attachment; filename="Pay policy.docx"`."""
    message = Message()
    message["Content-Disposition"] = headers.get("content-disposition", "")
    name = message.get_filename() or ""
    return f".{name.rsplit('.', 1)[1].strip().lower()}" if "." in name else ""
