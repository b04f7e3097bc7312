"""Does this request come from this machine, and was it meant for it?

The local pages need no sign-in, so they are shown to the machine itself only. Three things must hold: the service
listens on a loopback address, the client's address is one, and the Host header names one. The last stops DNS rebinding,
where a web page in the same browser reaches a loopback service under its own name. A forwarding proxy is somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from bot.loopback import is_loopback_host


def is_local_request(headers: Mapping[str, str], *, client: str | None, bound_host: str) -> bool:
    """True when all three hold, nothing forwarded the request, and a form of another site did not send it.

    `headers`: names in lower case. `client`: the peer's address.
    """
    if not is_loopback_host(bound_host) or client is None or not is_loopback_host(client):
        return False
    if any(name in headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")):
        return False
    host = headers.get("host", "")
    if not is_loopback_host(_host_of(f"//{host}")):
        return False
    origin = headers.get("origin")
    if origin == "null":  # what a browser sends for a page's own form under Referrer-Policy: no-referrer
        return headers.get("sec-fetch-site") == "same-origin"
    return origin is None or origin.lower() == f"http://{host}".lower()


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
