"""Which documents does a website hold?

The pages are visited from the start addresses, or from those that a sitemap names, nearest first; documents of other
formats that a page links to are fetched as well. Every page is asked for conditionally: one that did not change costs
an answer without a body.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ingestion.errors import DocumentNotRead, SettingsError, SourceDown
from ingestion.model import FileStamp, RawFile, SourceFile, SourceRecord
from ingestion.sources.addresses import Scope, host_of, is_document, paths_of, suffix_of
from ingestion.sources.archive import documents_in, read_document_in
from ingestion.sources.crawl import Crawl
from ingestion.sources.downloads import Downloads, KnownPage
from ingestion.sources.fetch import Credentials, PoliteClient
from ingestion.sources.kinds import HTML
from ingestion.sources.layout import ARCHIVE_SUFFIX

OPTIONS = ("username", "password", "token")


class WebsiteSource:
    """The website that one `[[sources]]` of `trust.toml` names; asked nothing before `files()`."""

    def __init__(
        self,
        record: SourceRecord,
        *,
        cache: Path,
        credentials: Mapping[str, str],
        allow_private_addresses: bool = False,
        on_listed: Callable[[str, int], None] = lambda source, files: None,
        open_client: Callable[..., PoliteClient] = PoliteClient,
    ) -> None:
        """Raises SettingsError where the environment states what no website needs. `open_client` is for tests."""
        unknown = sorted(set(credentials) - set(OPTIONS))
        if unknown:
            variable = f"STAFFROOM_SOURCE_{record.name.upper().replace('-', '_')}_{unknown[0].upper()}"
            raise SettingsError(
                f"{variable} is set, and the website {record.name!r} takes only USERNAME and PASSWORD, or TOKEN: mend "
                "the variable's name, or unset it."
            )
        self.name = record.name
        self._record = record
        self._scope = Scope.of(record)
        self._downloads = Downloads(cache)
        self._credentials = Credentials.of(credentials, frozenset(host_of(start) for start in self._scope.starts))
        self._allow_private_addresses = allow_private_addresses
        self._on_listed = on_listed
        self._open_client = open_client
        self._listed: dict[str, _Listed] = {}

    @property
    def identity(self) -> str:
        """The addresses that it starts from; which pages are allowed may change without making it another site."""
        return " ".join(sorted(self._scope.starts))

    def files(self) -> list[SourceFile]:
        """Every document, downloaded unless unchanged, sorted by path. A page that failed this time is listed so that
        its last good edition stays and `read` says why. Raises SourceDown: no start address can be had, a host does
        not answer or asks to wait, or the downloads cannot be written."""
        try:
            with self._open_client(
                folder=self._downloads.bodies,
                seconds_between=self._record.seconds_between,
                credentials=self._credentials,
                allow_private_addresses=self._allow_private_addresses,
            ) as client:
                crawl = Crawl(self._record, self._scope, self._downloads, client, self._on_listed)
                crawl.run()
            self._downloads.tidy(crawl.known.values())
            self._listed = {listed.file.path: listed for listed in self._listing(crawl)}
        except OSError as error:
            raise SourceDown(
                f"what is downloaded from {self._place()} cannot be kept ({(error.strerror or 'error').lower()}): see "
                "that STAFFROOM_DATA has room and may be written"
            ) from error
        return sorted((listed.file for listed in self._listed.values()), key=lambda file: file.path)

    def read(self, file: SourceFile) -> RawFile:
        """One document as it was downloaded by the last `files()`. Raises DocumentNotRead with the reason."""
        listed = self._listed.get(file.path)
        if file.problem is not None:
            raise DocumentNotRead(file.problem)
        if listed is None:
            raise DocumentNotRead("it was not there when the website was last listed: run refresh again")
        if listed.unread is not None:
            raise DocumentNotRead(listed.unread)
        try:
            if listed.archive is not None:
                body = self._downloads.body(listed.page.digest)
                raw = read_document_in(body, file, file.path[len(listed.archive) + 1 :])
                return replace(raw, url=listed.page.address)
            data = self._downloads.body(listed.page.digest).read_bytes()
        except OSError as error:
            raise DocumentNotRead("its download is not there any more: run refresh again") from error
        if listed.page.suffix == HTML:
            data = _stating_its_encoding(data, listed.page.charset)
        return RawFile(file.path, file.school, data, url=listed.page.address)

    def _listing(self, crawl: Crawl) -> list[_Listed]:
        documents = {page.address: page for page in crawl.documents()}
        endings = {address: page.suffix or HTML for address, page in documents.items()}
        endings |= {
            address: _likely_suffix(address, crawl.known.get(address)) for address in (*crawl.unread, *crawl.refused)
        }
        listed = []
        for address, path in paths_of(endings, below=self.name).items():
            page = documents.get(address) or crawl.known.get(address) or KnownPage(address)
            problem, unread = crawl.refused.get(address), crawl.unread.get(address)
            file = SourceFile(path, self._record.school, _stamp(page), problem, self.name)
            files = [file]
            if page.suffix == ARCHIVE_SUFFIX and problem is None:
                files = documents_in(file, self._downloads.body(page.digest))
            archive = path if files != [file] else None
            for one in files:
                shown = one if unread is None else replace(one, stamp=_UNSEEN)
                listed.append(_Listed(shown, page, archive=archive, unread=unread))
        return listed

    def _place(self) -> str:
        return host_of(self._scope.starts[0]) if self._scope.starts else self.name


@dataclass(frozen=True)
class _Listed:
    """One file of the last listing, and where its words are."""

    file: SourceFile
    page: KnownPage
    archive: str | None = None
    """The path of the archive that holds it."""
    unread: str | None = None


_UNSEEN = FileStamp(0, 0)
"""Of what could not be downloaded this time: unlike that of what was, so that `read` is asked, and says why."""


def _stamp(page: KnownPage) -> FileStamp:
    """The digest of the body: dates and ETags may change where no word did, and differ from server to server."""
    return FileStamp(page.size_bytes, 0, tag=f"sha256:{page.digest}") if page.digest else _UNSEEN


def _likely_suffix(address: str, known: KnownPage | None) -> str:
    """The ending of an address that gave no answer: as the last time, else as it is written."""
    if known is not None and known.suffix is not None:
        return known.suffix
    return suffix_of(address) if is_document(address) else HTML


def _stating_its_encoding(data: bytes, charset: str | None) -> bytes:
    """The page with the encoding that the server stated, which stands above what the page says of itself (HTML
    Standard, 13.2.3.2), made visible to whoever has only the bytes."""
    if charset is None or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    # Pages that state Latin-1 are in Windows-1252, which is the same and more (Encoding Standard, 4.2).
    encoding = "cp1252" if charset in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii") else charset
    try:
        return codecs.BOM_UTF8 + data.decode(encoding).encode()
    except (LookupError, UnicodeError):
        return data
