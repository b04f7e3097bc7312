"""Where does a page lead, and does it want to be found? Of a sitemap: which pages are there?"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingestion.sources.addresses import canonical_address

MAX_SITEMAP_BYTES = 50 << 20
"""Unpacked; the same bound as sitemaps.org states for those who write them."""
AGENT = "staffroom"


class NotASitemap(ValueError):
    """`str(error)` says why, to follow "the sitemap … cannot be read: "."""


@dataclass(frozen=True)
class PageLinks:
    """What a page says to a visitor that is no person."""

    links: tuple[str, ...] = ()
    """Canonical addresses in the page's order, each once; () where it asks that none be followed."""
    canonical: str | None = None
    """The address that the page says is its own; None where it says nothing."""
    may_be_indexed: bool = True


def read_links(page: bytes, *, address: str, charset: str | None) -> PageLinks:
    """The links of a page of HTML as found at `address`. A page that cannot be parsed has none."""
    root = _parsed(page, charset)
    if root is None:
        return PageLinks()
    base = next((canonical_address(str(href), base=address) for href in root.xpath("//base/@href")), None) or address
    wishes = _wishes(root)
    stated = next(
        (str(link.get("href", "")) for link in root.iter("link") if "canonical" in _words(link.get("rel"))), ""
    )
    found = [] if "nofollow" in wishes else [canonical_address(link, base=base) for link in _hrefs(root)]
    return PageLinks(
        links=tuple(dict.fromkeys(link for link in found if link is not None and link != address)),
        canonical=canonical_address(stated, base=base) if stated else None,
        may_be_indexed="noindex" not in wishes,
    )


def robots_wishes(header: str | None) -> frozenset[str]:
    """`X-Robots-Tag: noindex, nofollow`, of which a part may be for one visitor only: `googlebot: noindex`."""
    wishes: set[str] = set()
    is_for_us = True
    for part in (header or "").lower().split(","):
        agent, colon, rest = part.strip().partition(":")
        if colon and agent not in ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"):
            is_for_us, part = agent == AGENT, rest
        if is_for_us:
            wishes |= _spelt_out(part.strip())
    return frozenset(wishes)


def read_sitemap(data: bytes) -> tuple[list[str], list[str]]:
    """The pages of a sitemap, and the further sitemaps that it names; gzip is unpacked. Raises NotASitemap."""
    from lxml import etree

    if data.startswith(b"\x1f\x8b"):
        data = _unpacked(data)
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines() if line.strip()]
        if not lines or not all(line.startswith(("http://", "https://")) for line in lines):
            raise NotASitemap("it is neither XML nor a list of addresses")
        return _canonical(lines), []
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise NotASitemap(f"its XML is damaged in line {error.lineno}") from error
    kind = etree.QName(root).localname
    if kind not in ("urlset", "sitemapindex"):
        raise NotASitemap(f"it is XML of another kind (<{kind}>)")
    addresses = _canonical(
        [
            (child.text or "").strip()
            for entry in root.iterchildren("{*}url", "{*}sitemap")
            for child in entry.iterchildren("{*}loc")
        ]
    )
    return (addresses, []) if kind == "urlset" else ([], addresses)


def _canonical(addresses: list[str]) -> list[str]:
    return list(dict.fromkeys(found for one in addresses if (found := canonical_address(one)) is not None))


def _unpacked(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(data, MAX_SITEMAP_BYTES + 1)
    except zlib.error as error:
        raise NotASitemap("its gzip is damaged") from error
    if len(unpacked) > MAX_SITEMAP_BYTES:
        raise NotASitemap(f"it unpacks to more than {MAX_SITEMAP_BYTES >> 20} MB")
    return unpacked


def _parsed(page: bytes, charset: str | None) -> Any:
    """The root element; None for an empty page. lxml rather than BeautifulSoup: links need no more, at a tenth of the
    time."""
    from lxml import etree, html

    for encoding in (charset, None):
        try:
            parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False)
            return html.document_fromstring(page, parser=parser)
        except LookupError:  # an encoding that nobody knows
            continue
        except (etree.ParserError, etree.XMLSyntaxError, ValueError):
            return None
    return None


def _hrefs(root: Any) -> list[str]:
    where: dict[str, Callable[[Any], str | None]] = {
        "a": lambda tag: tag.get("href"),
        "area": lambda tag: tag.get("href"),
        "iframe": lambda tag: tag.get("src"),
        "embed": lambda tag: tag.get("src"),
        "object": lambda tag: tag.get("data"),
        "meta": _refresh_target,
    }
    return [
        href
        for tag in root.iter(*where)
        if "nofollow" not in _words(tag.get("rel")) and (href := where[tag.tag](tag)) is not None
    ]


def _refresh_target(meta: Any) -> str | None:
    """Of `<meta http-equiv="refresh" content="0; url=/new">`, by which old sites redirect."""
    if (meta.get("http-equiv") or "").lower() != "refresh":
        return None
    _, _, target = (meta.get("content") or "").partition(";")
    name, _, address = target.strip().partition("=")
    return address.strip(" '\"") if name.strip().lower() == "url" else None


def _wishes(root: Any) -> frozenset[str]:
    wishes: set[str] = set()
    for meta in root.iter("meta"):
        if (meta.get("name") or "").lower() in ("robots", AGENT):
            for word in (meta.get("content") or "").lower().split(","):
                wishes |= _spelt_out(word.strip())
    return frozenset(wishes)


def _spelt_out(word: str) -> frozenset[str]:
    return frozenset(("noindex", "nofollow")) if word == "none" else frozenset((word,))


def _words(attribute: str | None) -> list[str]:
    return (attribute or "").lower().split()
