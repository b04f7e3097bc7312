"""Which pages does a website have this time, and what is wrong with those that it should have?

One visit to the site: from the start addresses or the sitemap, nearest first, each address once, no more than
`max_pages` of them. A page that fails this time is told from one that is gone.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from ingestion.errors import SourceDown
from ingestion.model import SourceRecord
from ingestion.sources.addresses import Scope, canonical_address, host_of, is_document
from ingestion.sources.downloads import Downloads, KnownPage
from ingestion.sources.fetch import Answer, AsksToWait, NoAnswer, PoliteClient, PrivateAddress, TooLarge, Unreachable
from ingestion.sources.kinds import HTML, charset_of, suffix_for
from ingestion.sources.links import (
    AGENT,
    MAX_SITEMAP_BYTES,
    NotASitemap,
    PageLinks,
    read_links,
    read_sitemap,
    robots_wishes,
)

if TYPE_CHECKING:
    from protego import Protego

MAX_PAGE_BYTES = 25 << 20
MAX_DOCUMENT_BYTES = 100 << 20
MAX_ROBOTS_BYTES = 5 << 20
MAX_SITEMAPS = 500
MAX_REDIRECTS = 5
"""RFC 9309, 2.3.1.2, of robots.txt; no site in good order needs more for a page."""
MAX_CRAWL_DELAY_SECONDS = 60.0
UNREACHABLE_PAGES = 3
"""So many pages of one host in a row without a connection, and the host is down."""
REDIRECTS = (301, 302, 303, 307, 308)
NOT_ALLOWED = (
    "the site's robots.txt does not allow it: ask the site's owner to allow Staffroom, or take the address out of "
    "trust.toml"
)
NEVER_ARRIVES = "it redirects without end, or to what is no web page: see whether it opens in a browser"

log = logging.getLogger(__name__)


_Why = Literal["start", "sitemap", "page", "document"]
"""Why an address is visited: an admin wrote it, a sitemap names it, a page leads to it and it is within the allowed
paths, or a page leads to it and it is a document by its ending."""


@dataclass(frozen=True)
class _Visit:
    address: str
    why: _Why
    through: tuple[str, ...] = ()
    """The addresses that redirected here, the first first."""

    @property
    def origin(self) -> str:
        return self.through[0] if self.through else self.address


@dataclass
class Crawl:
    """A website as it is found this time."""

    record: SourceRecord
    scope: Scope
    downloads: Downloads
    client: PoliteClient
    on_listed: Callable[[str, int], None]
    known: dict[str, KnownPage] = field(default_factory=dict)
    """What is kept for the next time: the pages that answered, and those that failed as they were before."""
    answered: set[str] = field(default_factory=set)
    unread: dict[str, str] = field(default_factory=dict)
    """Address → why it could not be had this time."""
    refused: dict[str, str] = field(default_factory=dict)
    """Address → why it must not be read."""
    passed_over: Counter[str] = field(default_factory=Counter)
    """Why → how many links of pages were not followed, and are not worth a sentence each."""
    documents_elsewhere: Counter[str] = field(default_factory=Counter)
    """By host, how many documents are linked to that stand on no host of the source."""
    queue: deque[_Visit] = field(default_factory=deque)
    seen: set[str] = field(default_factory=set)
    has_start: bool = False
    start_problem: str | None = None
    robots: dict[str, Protego | None] = field(default_factory=dict)
    silent: Counter[str] = field(default_factory=Counter)
    """By host, how many addresses in a row found no connection."""

    def run(self) -> None:
        """Visit what is allowed. Raises SourceDown as `WebsiteSource.files` says."""
        if self.record.sitemap is not None:
            for address in self._in_sitemaps():
                self._enqueue(_Visit(address, "sitemap"))
        else:
            for address in self.scope.starts:
                self._enqueue(_Visit(address, "start"))
        visited = 0
        while self.queue:
            if visited >= self.record.max_pages:
                self._stop()
                break
            visited += 1
            self._visit(self.queue.popleft())
            self.on_listed(self.record.name, len(self.answered))
        if self.start_problem is not None and not self.has_start:
            raise SourceDown(self.start_problem)
        if self.passed_over:
            log.info("%s: addresses passed over: %s", self.record.name, dict(self.passed_over))
        if self.documents_elsewhere:
            log.warning(
                "%s: documents on hosts that trust.toml does not allow it (add them to hosts to read them): %s",
                self.record.name,
                dict(self.documents_elsewhere),
            )

    def documents(self) -> list[KnownPage]:
        """The pages that are documents of their own: read as a known format, meant to be found, and not the same as
        another by its own word."""
        pages = [page for address, page in self.known.items() if address in self.answered]
        own = {page.address for page in pages if page.suffix is not None and page.may_be_indexed}
        listed = own | self.unread.keys()
        return [
            page
            for page in pages
            if page.address in own and (page.canonical in (None, page.address) or page.canonical not in listed)
        ]

    # ── one address ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _enqueue(self, visit: _Visit, *, first: bool = False) -> None:
        if visit.address in self.seen:
            return
        self.seen.add(visit.address)
        if first:
            self.queue.appendleft(visit)
        else:
            self.queue.append(visit)

    def _visit(self, visit: _Visit) -> None:
        if not self._robots_allow(visit.address):
            self._pass_over(visit, "robots", NOT_ALLOWED, is_down=False)
            return
        before = self.downloads.page(visit.address)
        try:
            answer = self._get(visit.address, before)
        except NoAnswer as error:
            self._note_failure(visit, before, error)
            return
        self.silent[host_of(visit.address)] = 0
        match answer.status:
            case 200:
                self._note_page(visit, self._page(visit.address, answer))
            case 304 if before is not None:
                self._note_page(visit, replace(before, etag=answer.headers.get("etag", before.etag)))
            case status if status in REDIRECTS:
                self._follow_redirect(visit, answer)
            case 404 | 410:
                if visit.why == "start":
                    self._refuse(visit, f"there is no page at this address ({answer.status}): mend it in trust.toml")
                self.passed_over["gone"] += 1
            case 401 | 403 | 407:
                self._pass_over(visit, "forbidden", self._sign_in_sentence(answer.status))
            case status if status >= 500 or status == 408:
                self._note_failure(visit, before, NoAnswer(f"the site answers with an error ({status})"))
            case status:
                self._pass_over(visit, "odd", f"the site does not give it out ({status}): see if a browser opens it")

    def _get(self, address: str, before: KnownPage | None) -> Answer:
        try:
            return self.client.get(address, unless=_conditions(before), max_bytes=_max_page_bytes)
        except (PrivateAddress, AsksToWait) as error:
            raise SourceDown(f"{host_of(address)} cannot be read: {error}") from error

    def _page(self, address: str, answer: Answer) -> KnownPage:
        """What is known of an address that answered with a body; kept for the next time."""
        assert answer.body is not None
        suffix = suffix_for(answer.headers, address=address, head=answer.body.head)
        charset = charset_of(answer.headers)
        wishes = robots_wishes(answer.headers.get("x-robots-tag"))
        links = PageLinks()
        if suffix == HTML:
            links = read_links(answer.body.file.read_bytes(), address=address, charset=charset)
        page = KnownPage(
            address=address,
            digest=answer.body.digest,
            size_bytes=answer.body.size_bytes,
            suffix=suffix,
            charset=charset,
            etag=answer.headers.get("etag"),
            last_modified=answer.headers.get("last-modified"),
            links=() if "nofollow" in wishes else links.links,
            canonical=links.canonical,
            may_be_indexed=links.may_be_indexed and "noindex" not in wishes,
        )
        self.downloads.keep(page)
        return page

    def _note_page(self, visit: _Visit, page: KnownPage) -> None:
        self.has_start = self.has_start or visit.why == "start"
        self.known[page.address] = page
        is_page = page.suffix == HTML
        if is_page and visit.why == "document" and not self.scope.allows_page(page.address):
            self.passed_over["outside"] += 1  # its ending promised a document, and it is a page outside the paths
            return
        self.answered.add(page.address)
        self._follow_links(page)

    def _follow_links(self, page: KnownPage) -> None:
        own = page.canonical
        if own is not None and own != page.address and self.scope.allows_page(own):
            self._enqueue(_Visit(own, "page"))
        for link in page.links:
            if not self.scope.allows_host(link):
                self.documents_elsewhere.update([host_of(link)] if is_document(link) else [])
            elif is_document(link):
                self._enqueue(_Visit(link, "document"))
            elif self.record.sitemap is None and self.scope.allows_page(link):
                self._enqueue(_Visit(link, "page"))

    def _follow_redirect(self, visit: _Visit, answer: Answer) -> None:
        to = canonical_address(answer.headers.get("location", ""), base=visit.address)
        if to is None or to == visit.address or to in visit.through or len(visit.through) >= MAX_REDIRECTS:
            self._pass_over(visit, "odd", NEVER_ARRIVES)
        elif not self.scope.allows_host(to):
            mend = "add it to hosts in trust.toml, or take the address out"
            self._pass_over(visit, "elsewhere", f"it redirects to {host_of(to)}, none of the source's hosts: {mend}")
        elif visit.why == "page" and not (self.scope.allows_page(to) or is_document(to)):
            self.passed_over["outside"] += 1
        else:
            page = KnownPage(visit.address, moved_to=to)
            self.known[visit.address] = page
            self.downloads.keep(page)
            self.has_start = self.has_start or (visit.why == "start" and to in self.answered)
            self._enqueue(replace(visit, address=to, through=(*visit.through, visit.address)), first=True)

    # ── what cannot be had ───────────────────────────────────────────────────────────────────────────────────────────

    def _note_failure(self, visit: _Visit, before: KnownPage | None, error: NoAnswer) -> None:
        """This time only: its last good edition stays, and what it led to before is visited."""
        host = host_of(visit.address)
        self.silent[host] = self.silent[host] + 1 if isinstance(error, Unreachable) else 0
        if self.silent[host] >= UNREACHABLE_PAGES or (visit.why == "start" and not isinstance(error, TooLarge)):
            raise SourceDown(f"{host} cannot be read: {error}") from error
        if before is not None:
            self.known[visit.address] = before
            if before.moved_to is not None:
                self._enqueue(replace(visit, address=before.moved_to, through=(*visit.through, visit.address)))
                return
            self._follow_links(before)
            if before.suffix is None or not before.may_be_indexed or before.canonical not in (None, before.address):
                return  # it was no document of its own
        self.unread[visit.address] = f"it could not be downloaded: {error}"

    def _pass_over(self, visit: _Visit, kind: str, problem: str, *, is_down: bool = True) -> None:
        """Name what an admin or a sitemap named, a document, and what was read the last time; merely count the other
        links of a page: many lead to a sign-in, and none of them was ever a document."""
        if visit.why == "page" and self.downloads.page(visit.address) is None:
            self.passed_over[kind] += 1
        else:
            self._refuse(visit, problem, is_down=is_down)

    def _refuse(self, visit: _Visit, problem: str, *, is_down: bool = True) -> None:
        self.refused[visit.origin] = problem
        if visit.why == "start" and is_down:
            self.start_problem = self.start_problem or f"{visit.origin} cannot be read: {problem}"

    def _stop(self) -> None:
        first = self.queue[0]
        more = len(self.queue) - 1
        others = f", with at least {more} others," if more else ""
        self.refused[first.origin] = (
            f"the source {self.record.name!r} stops at {self.record.max_pages} pages, and this one{others} was left "
            "out: raise max_pages in trust.toml, or narrow its paths"
        )

    def _sign_in_sentence(self, status: int) -> str:
        variables = f"STAFFROOM_SOURCE_{self.record.name.upper().replace('-', '_')}"
        return (
            f"the site does not let Staffroom in ({status}): set {variables}_USERNAME and _PASSWORD, or _TOKEN (sent "
            "over https only), or take the address out of trust.toml"
        )

    # ── what the site says of itself ─────────────────────────────────────────────────────────────────────────────────

    def _robots_allow(self, address: str) -> bool:
        host = host_of(address)
        if host not in self.robots:
            self.robots[host] = self._read_robots(address)
        rules = self.robots[host]
        return rules is None or bool(rules.can_fetch(address, AGENT))

    def _read_robots(self, page: str) -> Protego | None:
        """The host's robots.txt; None where it has none. Raises SourceDown where it cannot be had: nothing may be
        asked for then (RFC 9309, 2.3.1.4)."""
        from protego import Protego

        host, address = host_of(page), canonical_address("/robots.txt", base=page)
        body = self._text_at(address, MAX_ROBOTS_BYTES, what="robots.txt") if address else None
        if body is None:
            return None
        rules = Protego.parse(body.decode("utf-8", "replace"))
        delay = max(0.0, float(rules.crawl_delay(AGENT) or 0.0))  # "nan" is a number to float, and none to wait for
        if delay > MAX_CRAWL_DELAY_SECONDS:
            raise SourceDown(
                f"{host} cannot be read: its robots.txt asks for {delay:.0f} seconds between two pages, which is too "
                "slow for a refresh; ask its owner to allow Staffroom more"
            )
        self.client.delays[host] = delay
        return rules

    def _in_sitemaps(self) -> list[str]:
        """The allowed addresses of the sitemap and of those that it names. Raises SourceDown where one of them cannot
        be read: its pages would be taken for removed."""
        waiting, seen, pages = deque(self.scope.starts), set(self.scope.starts), dict[str, None]()
        while waiting:
            address = waiting.popleft()
            if not self._robots_allow(address):
                raise SourceDown(f"{host_of(address)} cannot be read: its robots.txt does not allow its sitemap")
            data = self._text_at(address, MAX_SITEMAP_BYTES, what="sitemap")
            if data is None:
                raise SourceDown(f"there is no sitemap at {address}: mend the address in trust.toml")
            try:
                found, further = read_sitemap(data)
            except NotASitemap as error:
                raise SourceDown(f"the sitemap {address} cannot be read: {error}") from error
            pages.update(dict.fromkeys(found))
            for one in further:
                if one not in seen and self.scope.allows_host(one):
                    seen.add(one)
                    waiting.append(one)
            if len(seen) > MAX_SITEMAPS:
                raise SourceDown(f"the sitemap {address} names more than {MAX_SITEMAPS} others: name some of them")
        self.has_start = True
        return [page for page in pages if self.scope.allows_page(page) or self._is_allowed_document(page)]

    def _is_allowed_document(self, address: str) -> bool:
        return self.scope.allows_host(address) and is_document(address)

    def _text_at(self, address: str, max_bytes: int, *, what: str) -> bytes | None:
        """The body of robots.txt or a sitemap, through redirects within the source's hosts; None where there is
        none. Raises SourceDown where that cannot be told."""
        for _ in range(MAX_REDIRECTS + 1):
            before = self.downloads.page(address)
            try:
                answer = self.client.get(address, unless=_conditions(before), max_bytes=lambda headers: max_bytes)
            except NoAnswer as error:
                raise SourceDown(f"{host_of(address)} cannot be read: {error}") from error
            if answer.status == 304 and before is not None:
                self.known[address] = before
                return self.downloads.body(before.digest).read_bytes()
            if answer.status == 200 and answer.body is not None:
                page = KnownPage(
                    address,
                    digest=answer.body.digest,
                    etag=answer.headers.get("etag"),
                    last_modified=answer.headers.get("last-modified"),
                )
                self.downloads.keep(page)
                self.known[address] = page
                return answer.body.file.read_bytes()
            if answer.status >= 500:
                error_text = f"its {what} answers with an error ({answer.status})"
                raise SourceDown(f"{host_of(address)} cannot be read: {error_text}")
            to = canonical_address(answer.headers.get("location", ""), base=address)
            if answer.status not in REDIRECTS or to is None or not self.scope.allows_host(to):
                return None
            address = to
        return None


def _conditions(before: KnownPage | None) -> dict[str, str]:
    """The headers that ask for a body only if it is another than before."""
    if before is None or before.moved_to is not None:
        return {}
    stated = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified}
    return {name: value for name, value in stated.items() if value}


def _max_page_bytes(headers: Mapping[str, str]) -> int:
    return MAX_PAGE_BYTES if "html" in headers.get("content-type", "") else MAX_DOCUMENT_BYTES
