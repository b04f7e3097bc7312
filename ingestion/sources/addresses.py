"""Which web addresses are the same page, which belong to a website source, and what is a page's path in the index?"""

from __future__ import annotations

import fnmatch
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from ingestion.model import SourceRecord

MAX_ADDRESS_CHARACTERS = 2_000
"""Longer ones are made by scripts that call themselves again."""
MAX_PATH_CHARACTERS = 240
TRACKING = re.compile(r"(?:utm_\w+|gclid|dclid|fbclid|msclkid|mc_cid|mc_eid|_ga|_gl)(?:=|$)", re.IGNORECASE)
"""Parameters that tell the site's owner where a visitor came from, and the visitor nothing."""
DOCUMENTS = frozenset(
    ".csv .doc .docm .docx .dotx .md .odp .ods .odt .pdf .ppt .pptx .rtf .txt .xls .xlsx .zip".split()
)
"""Endings of documents, fetched from any folder of an allowed host. Those that are not read are then named."""
_NEITHER = frozenset(
    """.7z .apk .atom .avi .bmp .css .dmg .eot .epub .exe .gif .gz .heic .ico .ics .iso .jpeg .jpg .js .json .m4a .m4v
    .mid .mov .mp3 .mp4 .mpeg .mpg .msi .ogg .otf .png .rar .rss .svg .swf .tar .tgz .tif .tiff .ttf .vcf .wav .webm
    .webmanifest .webp .wma .wmv .woff .woff2 .xml""".split()
)
"""Endings of pictures, sound, programs and data: never fetched."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986, 2.3


def canonical_address(address: str, *, base: str = "") -> str | None:
    """The one way to write an address, seen from the page `base`; None for what is no page of the web (`mailto:`, a
    user name in it, too long).

    Lower-case host without its default port, no fragment, no tracking parameters, `%7e` as `~`, no `..`. The other
    parameters keep their order: to some sites it matters.
    """
    address = re.sub(r"[\t\r\n]", "", address.strip())
    try:
        parts = urlsplit(urljoin(base, address))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    try:
        host = host.rstrip(".").encode("idna").decode() if not host.isascii() else host.rstrip(".")
    except UnicodeError:
        return None
    if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f:.]+", host):
        return None
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{shown}:{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not TRACKING.match(pair))
    path = _without_dots(_escaped(parts.path))
    whole = urlunsplit((parts.scheme, netloc, path, _escaped(query), ""))
    return whole if len(whole) <= MAX_ADDRESS_CHARACTERS else None


def host_of(address: str) -> str:
    """The host of a canonical address, with its port unless it is the default one."""
    return urlsplit(address).netloc


def suffix_of(address: str) -> str:
    """The ending of the last part of the path, lower-case with its dot; "" where it has none."""
    name = urlsplit(address).path.rsplit("/", 1)[-1]
    return f".{name.rsplit('.', 1)[1].lower()}" if "." in name else ""


def is_document(address: str) -> bool:
    """Whether it ends as a document does that is not a web page."""
    return suffix_of(address) in DOCUMENTS


@dataclass(frozen=True)
class Scope:
    """Which addresses a website source may fetch: documents from all of `hosts`, and pages by `pages`."""

    starts: tuple[str, ...]
    hosts: frozenset[str]
    pages: tuple[tuple[str | None, re.Pattern[str]], ...]
    """A host, or None for each, and what the path of a page on it looks like."""

    @classmethod
    def of(cls, record: SourceRecord) -> Scope:
        """As `trust.toml` states it. Unstated, the hosts are those of the start addresses, and the pages those in
        their folders and below; those that a sitemap names may stand anywhere."""
        named = record.website or ((record.sitemap,) if record.sitemap else ())
        starts = tuple(dict.fromkeys(found for start in named if (found := canonical_address(start)) is not None))
        hosts = frozenset(host.lower() for host in record.hosts) or frozenset(host_of(start) for start in starts)
        pages: tuple[tuple[str | None, re.Pattern[str]], ...]
        if record.paths:
            pages = tuple((None, re.compile(fnmatch.translate(path))) for path in record.paths)
        elif record.sitemap:
            pages = ((None, re.compile("")),)
        else:
            pages = tuple((host_of(start), re.compile(re.escape(_folder_of(start)))) for start in starts)
        return cls(starts, hosts, pages)

    def allows_host(self, address: str) -> bool:
        return host_of(address) in self.hosts

    def allows_page(self, address: str) -> bool:
        """Whether a page at this address is the source's; a start address always is."""
        if not self.allows_host(address) or suffix_of(address) in _NEITHER:
            return False
        path = urlsplit(address).path
        return address in self.starts or any(
            host in (None, host_of(address)) and (pattern.match(path) or pattern.match(_readable(path)))
            for host, pattern in self.pages
        )


def paths_of(suffixes: Mapping[str, str], *, below: str) -> dict[str, str]:
    """For each address, of which `suffixes` has the ending for its format, a path that no other has:
    "dfe/www.gov.uk/guidance/induction.html". Where two would have the same (`/a` and `/a.html` both are pages), the
    one that is written so keeps it."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for address, suffix in suffixes.items():
        wanted[_path_of(address, suffix, below)].append(address)
    paths = {}
    for path, addresses in wanted.items():
        first, *others = sorted(addresses, key=lambda address: (suffix_of(address) != suffix_of(path), address))
        paths[first] = path
        paths.update({other: _marked(path, other, suffixes[other]) for other in others})
    return paths


def _folder_of(start: str) -> str:
    return urlsplit(start).path.rsplit("/", 1)[0] + "/"


def _path_of(address: str, suffix: str, below: str) -> str:
    parts = urlsplit(address)
    place = _readable(parts.path)
    if place.endswith("/"):
        place += "index"
    if parts.query:
        place += "?" + _readable(parts.query).replace("/", "%2F")
    if parts.query or not place.lower().endswith((".html", ".htm") if suffix == ".html" else suffix):
        place += suffix
    path = f"{below}/{parts.netloc}{place}"
    return path if len(path) <= MAX_PATH_CHARACTERS else _marked(path, address, suffix)


def _marked(path: str, address: str, suffix: str) -> str:
    """The path with a mark that only this address has."""
    mark = hashlib.sha256(address.encode()).hexdigest()[:10]
    return f"{path[: MAX_PATH_CHARACTERS - 20].removesuffix(suffix)}~{mark}{suffix}"


def _escaped(text: str) -> str:
    """Escaped where it must be, and not where it need not (RFC 3986, 6.2.2.2)."""

    def one(found: re.Match[str]) -> str:
        character = chr(int(found[0][1:], 16))
        return character if character in _UNRESERVED else found[0].upper()

    return quote(re.sub(r"%[0-9A-Fa-f]{2}", one, text), safe="/%:@!$&'()*+,;=~?")


def _readable(text: str) -> str:
    """An escaped part as a person reads it. What would make it another path, or cannot be printed, stays escaped."""

    def run(found: re.Match[str]) -> str:
        try:
            words = bytes.fromhex(found[0].replace("%", "")).decode()
        except UnicodeDecodeError:
            return found[0]
        return "".join(quote(c, safe="") if c in "/\\%?#" or not c.isprintable() else c for c in words)

    return re.sub(r"(?:%[0-9A-F]{2})+", run, text)


def _without_dots(path: str) -> str:
    """`/a/./b/../c` as `/a/c`; of an escaped path, in which `%2E` is a dot by now."""
    kept: list[str] = []
    parts = path.split("/")[1:]
    for part in parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    if parts and parts[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
