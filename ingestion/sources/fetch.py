"""How is one web address asked for: politely, within bounds, and never on a private network?

The client follows no redirect by itself, keeps no cookies and uses no proxy: it connects to an address only after that
very address was found to be public, so that no name can lead it into the trust's own network.
"""

from __future__ import annotations

import base64
import email.utils
import functools
import hashlib
import ipaddress
import os
import socket
import ssl
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpcore

from ingestion.sources.addresses import host_of

CONNECT_SECONDS = 15.0
READ_SECONDS = 30.0
REQUEST_SECONDS = 300.0
"""For one request as a whole: a server that sends a byte a second is not waited for."""
MAX_WAIT_SECONDS = 60.0
"""The longest that a site may ask to wait (`Retry-After`) before it is asked again in the same refresh."""
TRIES = 3
PART_PREFIX = ".part-"
"""What is being downloaded; left behind only where the process was killed."""
_CHUNK_BYTES = 1 << 16
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052


class NoAnswer(Exception):
    """The address could not be had this time, for the network's reasons or the server's; it may be had the next.
    `str(error)` is a part of a sentence: "it does not answer (no such host)"."""


class Unreachable(NoAnswer):
    """There was no connection, or none that can be trusted: it is the host's fault, not the page's."""


class PrivateAddress(NoAnswer):
    """The host's name leads to an address that is not on the public internet."""


class AsksToWait(NoAnswer):
    """The host asks not to be asked again for longer than `MAX_WAIT_SECONDS`, or again and again."""


class TooLarge(NoAnswer):
    """The body is larger than allowed; it was not downloaded to its end."""


@dataclass(frozen=True)
class Body:
    """What was downloaded, on disk. `head` is the first 1,024 bytes."""

    file: Path
    digest: str
    """SHA-256, in hex."""
    size_bytes: int
    head: bytes


@dataclass(frozen=True)
class Answer:
    """What a server says to one request. `headers` by lower-case name; a `body` only with status 200."""

    status: int
    headers: Mapping[str, str]
    body: Body | None = None


@dataclass(frozen=True)
class Credentials:
    """What to sign in with, sent to `hosts` only, and only over https."""

    header: str
    hosts: frozenset[str]

    @classmethod
    def of(cls, options: Mapping[str, str], hosts: frozenset[str]) -> Credentials | None:
        """From `token`, or `username` and `password`; None where there are none."""
        if options.get("token"):
            return cls(f"Bearer {options['token']}", hosts)
        if options.get("username"):
            pair = f"{options['username']}:{options.get('password', '')}"
            return cls(f"Basic {base64.b64encode(pair.encode()).decode()}", hosts)
        return None


@dataclass
class PoliteClient:
    """Asks for one address at a time. Close it, or use it in a `with`."""

    folder: Path
    """Where bodies are put, under the names of their digests."""
    seconds_between: float = 1.0
    credentials: Credentials | None = None
    allow_private_addresses: bool = False
    request_seconds: float = REQUEST_SECONDS
    max_wait_seconds: float = MAX_WAIT_SECONDS
    ssl_context: ssl.SSLContext | None = None
    delays: dict[str, float] = field(default_factory=dict)
    """By host, where its robots.txt asks for more seconds than `seconds_between`."""

    def __post_init__(self) -> None:
        self._clock = _Clock()
        self._pool = httpcore.ConnectionPool(
            ssl_context=self.ssl_context or _trusted_authorities(),
            max_connections=8,
            keepalive_expiry=20.0,
            network_backend=_PublicNetwork(self._clock, allow_private_addresses=self.allow_private_addresses),
        )
        self._free_at: dict[str, float] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def get(
        self,
        address: str,
        *,
        unless: Mapping[str, str] | None = None,
        max_bytes: Callable[[Mapping[str, str]], int],
    ) -> Answer:
        """The answer to one address, after the wait that its host is owed.

        `unless` holds the conditional headers (`If-None-Match`, `If-Modified-Since`). `max_bytes` tells from the
        headers how large the body may be. Raises NoAnswer, of which the subclasses tell the cause; OSError where the
        body cannot be written to disk.
        """
        waited = 0.0
        for attempt in range(1, TRIES + 1):
            self._wait(host_of(address))
            answer = self._ask(address, unless or {}, max_bytes)
            seconds = _asks_to_wait(answer)
            if seconds is None:
                return answer
            waited += seconds
            if attempt == TRIES or waited > self.max_wait_seconds:
                raise AsksToWait(
                    f"it asks to wait ({answer.status}, {seconds:.0f} seconds): it is asked again at the next refresh"
                )
            self._free_at[host_of(address)] = time.monotonic() + seconds
        raise AssertionError("every try returns or raises")

    def _wait(self, host: str) -> None:
        wait = self._free_at.get(host, 0.0) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        self._free_at[host] = time.monotonic() + max(self.seconds_between, self.delays.get(host, 0.0))

    def _ask(self, address: str, unless: Mapping[str, str], max_bytes: Callable[[Mapping[str, str]], int]) -> Answer:
        self._clock.start(self.request_seconds)
        timeouts = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": READ_SECONDS}
        try:
            with self._pool.stream(
                "GET", address, headers=list(self._headers(address, unless)), extensions={"timeout": timeouts}
            ) as response:
                headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                if response.status != 200:
                    return Answer(response.status, headers)
                return Answer(200, headers, self._download(response.iter_stream(), headers, max_bytes(headers)))
        except _NotPublic as error:
            raise PrivateAddress(str(error)) from error
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise Unreachable(f"it does not answer ({_cause(error)})") from error
        except httpcore.TimeoutException as error:
            raise NoAnswer("it did not answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswer("its answer broke off, or was no HTTP") from error

    def _headers(self, address: str, unless: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        yield "Host", host_of(address)
        yield "User-Agent", f"Staffroom/{version('staffroom')}"
        yield "Accept", "text/html, application/xhtml+xml, application/pdf, */*;q=0.8"
        yield "Accept-Encoding", "gzip"
        yield "Accept-Language", "en-GB, en;q=0.8"
        yield from unless.items()
        credentials = self.credentials
        if credentials and urlsplit(address).scheme == "https" and host_of(address) in credentials.hosts:
            yield "Authorization", credentials.header

    def _download(self, stream: Iterable[bytes], headers: Mapping[str, str], limit: int) -> Body:
        """The body, unpacked, in a file named by its digest; the file is there whole or not at all."""
        if (headers.get("content-length") or "").isdecimal() and int(headers["content-length"]) > limit:
            raise TooLarge(_too_large(limit))
        digest, size, head = hashlib.sha256(), 0, b""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = tempfile.NamedTemporaryFile(dir=self.folder, prefix=PART_PREFIX, delete=False)  # noqa: SIM115
        try:
            with part:
                for chunk in _limited(_decoded(stream, headers.get("content-encoding", "")), limit):
                    size += len(chunk)
                    digest.update(chunk)
                    head = head or chunk[:1024]
                    part.write(chunk)
            file = self.folder / digest.hexdigest()
            os.replace(part.name, file)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise
        return Body(file, digest.hexdigest(), size, head)


# ── the network ──────────────────────────────────────────────────────────────────────────────────────────────────────


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; also that of IPv4 which an IPv6 address stands for."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        embedded = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if ip in _NAT64:
            embedded.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        inner = [four for four in embedded if four is not None]
        if inner:
            return all(is_public(str(four)) for four in inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


class _NotPublic(Exception):
    """Not one of httpcore's own, so that its pool does not take it for a failed connection."""


class _Clock:
    """How long the request under way may still take."""

    def __init__(self) -> None:
        self._ends = 0.0

    def start(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the request took too long as a whole")
        return left if timeout is None else min(timeout, left)


class _PublicNetwork(httpcore.NetworkBackend):
    """Resolves a name, and connects to the very address that it checked: a name that leads elsewhere the next time it
    is asked for ("DNS rebinding") gains nothing."""

    def __init__(self, clock: _Clock, *, allow_private_addresses: bool) -> None:
        self._clock = clock
        self._allow_private_addresses = allow_private_addresses
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("no such host") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [one for one in addresses if self._allow_private_addresses or is_public(one)]
        if not allowed:
            raise _NotPublic(f"{host} leads to {addresses[0]}, which is not on the public internet")
        failure: Exception = httpcore.ConnectError("no such host")
        for address in allowed:
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._clock.left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _TimedStream(stream, self._clock)
        raise failure


class _TimedStream(httpcore.NetworkStream):
    """A connection on which no read outlasts its request: time-outs of single reads start anew with every byte."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream, self._clock = stream, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(
            self._stream.start_tls(ssl_context, server_hostname, self._clock.left(timeout)), self._clock
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


@functools.cache
def _trusted_authorities() -> ssl.SSLContext:
    """The system's, and those of certifi where the system has none (a slim container)."""
    import certifi

    context = ssl.create_default_context()  # heeds SSL_CERT_FILE, with which a trust adds its own authority
    context.load_verify_locations(certifi.where())
    return context


def _cause(error: BaseException) -> str:
    """Why there is no connection, in words; httpcore's error holds the socket's as its context."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate cannot be trusted: {seen.verify_message}"
        if isinstance(seen, ssl.SSLError):
            return "no secure connection could be made"
        if isinstance(seen, OSError) and seen.strerror and not isinstance(seen, socket.gaierror):
            return seen.strerror.lower()
        seen = seen.__cause__ or seen.__context__
    return "timed out" if isinstance(error, httpcore.TimeoutException) else str(error) or "no connection"


# ── one answer ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _asks_to_wait(answer: Answer) -> float | None:
    """Seconds; None where the answer asks for no patience."""
    stated = answer.headers.get("retry-after", "").strip()
    if answer.status not in (429, 503) or (answer.status == 503 and not stated):
        return None
    if stated.isdecimal():
        return float(stated)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(stated).timestamp() - time.time())
    except ValueError:
        return 5.0  # 429 without a time: long enough for most counters to start anew


def _decoded(stream: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body in pieces of bounded size, however well it was packed."""
    if encoding.strip().lower() in ("", "identity"):
        yield from stream
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise NoAnswer(f"its answer is packed in a way that was not asked for ({encoding})")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for chunk in stream:
            packed = chunk
            while packed:
                yield unpacker.decompress(packed, _CHUNK_BYTES)
                packed = unpacker.unconsumed_tail
        while rest := unpacker.decompress(b"", _CHUNK_BYTES):
            yield rest
    except zlib.error as error:
        raise NoAnswer("its answer broke off, or was damaged on the way") from error
    if not unpacker.eof:
        raise NoAnswer("its answer broke off")


def _limited(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise TooLarge(_too_large(limit))
        yield chunk


def _too_large(limit: int) -> str:
    return f"it is larger than {limit >> 20} MB: divide it, or put it into the corpus folder"
