"""A website source lists what a polite visitor may find, notices what changed, and never reaches a private network."""

from __future__ import annotations

import datetime
import functools
import gzip
import io
import ipaddress
import itertools
import logging
import os
import socket
import ssl
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpcore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import DocumentNotRead, SettingsError, SourceDown
from ingestion.model import Slug, SourceFile, SourceRecord, Trust
from ingestion.parse.html import read_html
from ingestion.sources import crawl, fetch, open_sources
from ingestion.sources.addresses import Scope, canonical_address, paths_of
from ingestion.sources.fetch import PoliteClient, is_public
from ingestion.sources.kinds import suffix_for
from ingestion.sources.links import read_links, read_sitemap, robots_wishes
from ingestion.sources.website import WebsiteSource
from tests.website_standin import Served, WebsiteStandIn, page

PDF = b"%PDF-1.4 words"
ROBOTS = "/robots.txt"


@pytest.fixture
def site() -> Iterator[WebsiteStandIn]:
    with WebsiteStandIn() as standin:
        yield standin


@pytest.fixture
def website(site: WebsiteStandIn, tmp_path: Path) -> Callable[..., WebsiteSource]:
    """A source that starts at `/` of the stand-in and keeps its downloads from one to the next."""

    def open_website(
        *starts: str, credentials: dict[str, str] | None = None, client: dict[str, Any] | None = None, **stated: Any
    ) -> WebsiteSource:
        record: dict[str, Any] = {"website": tuple(site.address(start) for start in starts or ("/",))}
        record |= {"seconds_between": 0.0, **stated}
        if record.get("sitemap"):
            record |= {"website": ()}
        return WebsiteSource(
            SourceRecord("dfe", **record),
            cache=tmp_path / "cache",
            credentials=credentials or {},
            allow_private_addresses=True,
            open_client=functools.partial(PoliteClient, **(client or {})),
        )

    return open_website


def listed(source: WebsiteSource) -> list[str]:
    """The paths below the host."""
    return [file.path.split("/", 2)[2] for file in source.files()]


def problems(source: WebsiteSource) -> dict[str, str]:
    return {file.path.split("/", 2)[2]: file.problem for file in source.files() if file.problem}


def not_read(source: WebsiteSource) -> dict[str, str]:
    """What `read` says of those files that it cannot read and that have no problem."""
    reasons = {}
    for file in source.files():
        try:
            source.read(file)
        except DocumentNotRead as error:
            if file.problem is None:
                reasons[file.path.split("/", 2)[2]] = str(error)
    return reasons


def words(source: WebsiteSource, name: str) -> str:
    file = next(file for file in source.files() if file.path.endswith(name))
    return "\n".join(section.text for section in read_html(source.read(file).data).sections)


# ── what is listed ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_pages_below_the_start_address_and_the_documents_they_link_to_are_listed(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        "/guidance/": page(
            "induction", "leave/sick.html", "/files/ecf.pdf", "/about", "mailto:a@b.example", "logo.png"
        ),
        "/guidance/induction": page("/guidance/leave/forms"),
        "/guidance/leave/sick.html": page(),
        "/guidance/leave/forms": page("/files/deep/form.docx"),
        "/files/ecf.pdf": Served(PDF, "application/pdf"),
        "/files/deep/form.docx": Served(b"PK", "application/octet-stream"),
        "/about": page(),
    }
    source = website("/guidance/", school=Slug("saltmarsh"))
    assert listed(source) == [
        "files/deep/form.docx",
        "files/ecf.pdf",
        "guidance/index.html",
        "guidance/induction.html",
        "guidance/leave/forms.html",
        "guidance/leave/sick.html",
    ]
    assert "/about" not in site.paths()
    assert {file.school for file in source.files()} == {"saltmarsh"}
    assert {file.source for file in source.files()} == {"dfe"}
    pdf = next(file for file in source.files() if file.path.endswith("ecf.pdf"))
    raw = source.read(pdf)
    assert (raw.data, raw.url, raw.school) == (PDF, site.address("/files/ecf.pdf"), "saltmarsh")


def test_allowed_paths_and_hosts_are_those_that_are_stated(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        "/": page("/policies/a", "/news/b", site.address("/policies/c", host=site.other_host)),
        "/policies/a": page(),
        "/policies/c": page(),
        "/news/b": page(),
    }
    paths = ("/policies/*",)
    assert listed(website(paths=paths)) == ["index.html", "policies/a.html"]
    assert {asked.host for asked in site.asked} == {site.host}
    both = website(paths=paths, hosts=(site.host, site.other_host))
    assert [file.path for file in both.files()] == [
        f"dfe/{site.host}/index.html",
        f"dfe/{site.host}/policies/a.html",
        f"dfe/{site.other_host}/policies/c.html",
    ]


def test_documents_on_hosts_that_are_not_allowed_are_told_in_the_log(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], caplog: pytest.LogCaptureFixture
) -> None:
    site.pages = {"/": page("https://assets.example/a.pdf", "https://assets.example/b.docx", "https://news.example/")}
    with caplog.at_level(logging.WARNING):
        assert listed(website()) == ["index.html"]
    assert "documents on hosts that trust.toml does not allow it" in caplog.text
    assert "{'assets.example': 2}" in caplog.text


def test_one_page_under_many_addresses_is_one_document(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    here = site.address("/leave")
    site.pages = {
        "/": page(
            "/leave?utm_source=news#top", "/leave", "/leave?gclid=7", "/old-leave", "/print/leave", f"{here}#end"
        ),
        "/leave": page(),
        "/old-leave": Served(status=301, headers={"Location": "/leave?utm_medium=email"}),
        "/print/leave": page(head=f'<link rel="canonical" href="{here}#x">'),
    }
    assert listed(website()) == ["index.html", "leave.html"]
    assert site.paths().count("/leave") == 1


def test_a_page_whose_canonical_address_is_not_there_stays_itself(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/a"), "/a": page(head='<link rel="canonical" href="/nowhere">')}
    assert listed(website()) == ["a.html", "index.html"]


def test_two_addresses_that_would_have_one_path_are_two_documents(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        "/": page("/leave", "/leave.html", "/list?page=2", "/list?page=3", "/caf%C3%A9%2Fbar"),
        "/leave": page(words="One."),
        "/leave.html": page(words="Other."),
        "/list?page=2": page(),
        "/list?page=3": page(),
        "/caf%C3%A9%2Fbar": page(),
    }
    source = website()
    found = listed(source)
    assert [name for name in found if "~" not in name] == [
        "café%2Fbar.html",
        "index.html",
        "leave.html",
        "list?page=2.html",
        "list?page=3.html",
    ]
    [marked] = [name for name in found if "~" in name]
    assert marked.startswith("leave~")
    assert "Other." in words(source, "/leave.html")
    assert "One." in words(source, marked)
    assert listed(source) == found


def test_pages_that_ask_not_to_be_found_or_followed_are_not(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        "/": page("/hidden", "/dead-end", "/header", "/header-end", "/both"),
        "/header-end": replace(page("/from-header-end"), headers={"X-Robots-Tag": "nofollow"}),
        "/from-header-end": page(),
        "/hidden": page("/from-hidden", head='<meta name="robots" content="noindex">'),
        "/dead-end": page("/from-dead-end", head='<meta name="ROBOTS" content="NoFollow, noarchive">'),
        "/header": Served(
            page("/from-header").data, headers={"X-Robots-Tag": "googlebot: nofollow, staffroom: noindex"}
        ),
        "/both": page("/from-both", head='<meta name="robots" content="none">'),
        "/from-hidden": page(),
        "/from-dead-end": page(),
        "/from-header": page(),
        "/from-both": page(),
    }
    assert listed(website()) == [
        "dead-end.html",
        "from-header.html",
        "from-hidden.html",
        "header-end.html",
        "index.html",
    ]


def test_the_format_is_what_the_server_says_not_what_the_address_looks_like(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    attachment = {"Content-Disposition": 'attachment; filename="Pay policy.DOCX"'}
    site.pages = {
        "/": page("/report", "/download?id=4", "/notes.md", "/rows.csv", "/picture", "/report.php", "/broken.pdf"),
        "/report": Served(PDF, "application/pdf"),
        "/download?id=4": Served(b"PK\x03\x04", "application/octet-stream", headers=attachment),
        "/notes.md": Served("# Notes", "text/plain"),
        "/rows.csv": Served("a,b", "text/plain; charset=utf-8"),
        "/picture": Served(b"\x89PNG", "image/png"),
        "/report.php": page(),
        "/broken.pdf": page(title="Sign in to see this file"),
    }
    assert listed(website("/", paths=("/",))) == ["index.html", "notes.md", "rows.csv"]
    assert listed(website()) == [
        "broken.pdf.html",
        "download?id=4.docx",
        "index.html",
        "notes.md",
        "report.pdf",
        "report.php.html",
        "rows.csv",
    ]


def test_the_encoding_that_the_server_states_stands_above_that_of_the_page(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    text = "<html><head><meta charset='utf-8'></head><body><main><p>Café – “quoted” words</p></main></body></html>"
    site.pages = {
        "/": page("/windows", "/latin", "/unstated"),
        "/windows": Served(text.encode("cp1252"), "text/html; charset=windows-1252"),
        "/latin": Served(text.encode("cp1252"), 'text/html; charset="ISO-8859-1"'),
        "/unstated": Served(text.encode(), "text/html"),
    }
    source = website()
    for name in ("windows.html", "latin.html", "unstated.html"):
        assert "Café – “quoted” words" in words(source, name)


def test_an_archive_that_a_page_links_to_is_listed_document_by_document(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("leave/sick.md", "# Sick leave")
    site.pages = {"/": page("/handbook.zip"), "/handbook.zip": Served(packed.getvalue(), "application/zip")}
    source = website()
    assert listed(source) == ["handbook.zip/leave/sick.md", "index.html"]
    raw = source.read(source.files()[0])
    assert (raw.data, raw.url) == (b"# Sick leave", site.address("/handbook.zip"))
    site.pages["/handbook.zip"] = Served(status=500)
    assert not_read(website()) == {
        "handbook.zip/leave/sick.md": "it could not be downloaded: the site answers with an error (500)"
    }


# ── what changed ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unchanged_site_costs_one_conditional_request_a_page(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        ROBOTS: Served("User-agent: *\nDisallow: /no/", "text/plain"),
        "/": page("/a", "/b.pdf", "/dated"),
        "/a": page(),
        "/b.pdf": Served(PDF, "application/pdf"),
        "/dated": Served("<p>Dated</p>", has_etag=False, headers={"Last-Modified": "Fri, 20 Nov 2026 08:00:00 GMT"}),
    }
    before = website().files()
    site.forget()
    after = website().files()  # as another process would
    assert after == before
    assert sorted(site.paths(status=304)) == ["/", "/a", "/b.pdf", "/dated", ROBOTS]
    assert len(site.asked) == 5


def test_only_a_changed_page_looks_changed_also_to_a_machine_without_the_downloads(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], tmp_path: Path
) -> None:
    site.pages = {"/": page("/a", "/b"), "/a": page(), "/b": page()}
    before = {file.path: file.stamp for file in website().files()}
    (tmp_path / "cache").rename(tmp_path / "elsewhere")
    assert {file.path: file.stamp for file in website().files()} == before
    site.pages["/b"] = page(words="Other words.")
    source = website()
    after = {file.path: file.stamp for file in source.files()}
    assert [path for path in after if after[path] != before[path]] == [f"dfe/{site.host}/b.html"]
    assert "Other words." in words(source, "/b.html")


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_not_listed(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], status: int
) -> None:
    site.pages = {"/": page("/a", "/b"), "/a": page(), "/b": page()}
    assert listed(website()) == ["a.html", "b.html", "index.html"]
    site.pages["/a"] = Served(status=status)
    assert listed(website()) == ["b.html", "index.html"]


FAILING = {
    "an error of the server": (Served(status=500), "the site answers with an error (500)"),
    "a broken answer": (Served("x" * 5000, cut_after=100), "its answer broke off, or was no HTTP"),
    "a server that hangs": (Served(delay_seconds=1.5), "it did not answer in time"),
}


@pytest.mark.parametrize("failing", FAILING)
def test_a_page_that_fails_once_stays_listed_with_what_it_leads_to(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], failing: str
) -> None:
    site.pages = {"/": page("/a"), "/a": page("/below/b"), "/below/b": page()}
    before = website().files()
    good = site.pages["/a"]
    site.pages["/a"], reason = FAILING[failing]
    source = website(client={"request_seconds": 0.7})
    assert [file.path for file in source.files()] == [file.path for file in before]
    assert [file.problem for file in source.files()] == [None, None, None]
    # so that the refresh asks for it, and hears why: one that looks unchanged would not be read
    looks_changed = [new.path for old, new in zip(before, source.files(), strict=True) if old.stamp != new.stamp]
    assert looks_changed == [f"dfe/{site.host}/a.html"]
    assert not_read(source) == {"a.html": f"it could not be downloaded: {reason}"}
    site.pages["/a"] = good
    assert website().files() == before


def test_a_page_that_fails_from_the_first_is_listed_and_says_why(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/a.pdf"), "/a.pdf": Served(status=502)}
    assert not_read(website()) == {
        "a.pdf": "it could not be downloaded: the site answers with an error (502)",
    }


def test_a_redirect_that_fails_once_leaves_the_page_behind_it(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    moved = Served(status=301, headers={"Location": "/new"})
    site.pages = {"/": page("/old"), "/old": moved, "/new": page()}
    assert listed(website()) == ["index.html", "new.html"]
    site.pages["/old"] = Served(status=500)
    source = website()
    assert listed(source) == ["index.html", "new.html"]
    assert not_read(source) == {}


# ── when the site is down ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_site_without_a_server_is_down(site: WebsiteStandIn, website: Callable[..., WebsiteSource]) -> None:
    site.stop()
    with pytest.raises(SourceDown) as error:
        website().files()
    assert str(error.value) == f"{site.host} cannot be read: it does not answer (connection refused)"


def test_a_host_that_does_not_exist_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    record = SourceRecord("dfe", website=("https://nowhere.example/",))
    with pytest.raises(SourceDown, match=r"^nowhere.example cannot be read: it does not answer \(no such host\)$"):
        WebsiteSource(record, cache=tmp_path, credentials={}).files()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Served(status=500), "cannot be read: the site answers with an error (500)"),
        (Served(status=404), "cannot be read: there is no page at this address (404): mend it in trust.toml"),
        (Served(status=401), "cannot be read: the site does not let Staffroom in (401): set STAFFROOM_SOURCE_DFE_USER"),
        (Served(status=302, headers={"Location": "https://elsewhere.example/"}), "redirects to elsewhere.example"),
    ],
)
def test_a_start_address_that_cannot_be_had_leaves_everything_as_it_was(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], answer: Served, reason: str
) -> None:
    site.pages = {"/": page("/a"), "/a": page()}
    before = website().files()
    good, site.pages["/"] = site.pages["/"], answer
    with pytest.raises(SourceDown) as error:
        website().files()
    assert reason in str(error.value)
    site.pages["/"] = good
    site.forget()
    assert website().files() == before
    assert site.paths(status=200) == []  # what was downloaded before is still there


def test_one_of_two_start_addresses_that_is_not_there_is_named_and_the_other_read(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/a/": page("/a/b"), "/a/b": page()}
    source = website("/a/", "/gone/")
    assert listed(source) == ["a/b.html", "a/index.html", "gone/index.html"]
    assert problems(source) == {"gone/index.html": "there is no page at this address (404): mend it in trust.toml"}


def test_a_host_that_goes_away_in_the_middle_is_down(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    with WebsiteStandIn({f"/{number}.pdf": Served(PDF, "application/pdf") for number in range(5)}) as assets:
        links = [assets.address(f"/{number}.pdf") for number in range(5)]
        site.pages = {"/": page(*links)}
        source = website(hosts=(site.host, assets.host))
        assert len(source.files()) == 6
        assets.pages = {path: Served(has_etag=False, cut_after=0, body="x") for path in assets.pages}
        assert len(not_read(source)) == 5  # a page's own fault: the host does answer
    with pytest.raises(SourceDown, match=rf"^{assets.host} cannot be read: it does not answer \(connection refused\)"):
        source.files()


def test_a_folder_of_downloads_that_cannot_be_written_is_named(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], tmp_path: Path
) -> None:
    site.pages = {"/": page()}
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(SourceDown, match=r"cannot be kept \(not a directory\): see that STAFFROOM_DATA has room"):
        website().files()


# ── manners ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_robots_txt_does_not_allow_is_never_asked_for(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {
        ROBOTS: Served(
            "User-agent: *\nDisallow: /\n\nUser-agent: Staffroom\nDisallow: /private\nAllow: /", "text/plain"
        ),
        "/": page("/open", "/private/page", "/private/a.pdf"),
        "/open": page(),
        "/private/page": page(),
        "/private/a.pdf": Served(PDF, "application/pdf"),
    }
    source = website("/", "/private/start")
    assert listed(source) == ["index.html", "open.html", "private/a.pdf", "private/start.html"]
    assert problems(source) == dict.fromkeys(["private/a.pdf", "private/start.html"], crawl.NOT_ALLOWED)
    assert site.paths() == [ROBOTS, "/", "/open"] * 2
    assert {asked.headers["user-agent"].split("/")[0] for asked in site.asked} == {"Staffroom"}


def test_a_page_that_robots_txt_forbids_from_now_on_is_named_once(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/a"), "/a": page()}
    assert listed(website()) == ["a.html", "index.html"]
    site.pages[ROBOTS] = Served("User-agent: *\nDisallow: /a", "text/plain")
    assert problems(website()) == {"a.html": crawl.NOT_ALLOWED}
    assert listed(website()) == ["index.html"]


def test_a_site_whose_robots_txt_cannot_be_had_is_not_asked_for_anything(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {ROBOTS: Served(status=503), "/": page()}
    with pytest.raises(SourceDown, match=r"its robots.txt answers with an error \(503\)"):
        website().files()
    assert site.paths() == [ROBOTS]


def test_requests_keep_the_stated_distance_and_the_one_that_robots_txt_asks_for(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/a", "/b"), "/a": page(), "/b": page()}
    for robots, seconds_between, seconds in (("", 0.15, 0.15), ("User-agent: *\nCrawl-delay: 0.25", 0.0, 0.25)):
        site.pages[ROBOTS] = Served(robots, "text/plain")
        site.forget()
        website(seconds_between=seconds_between).files()
        times = [asked.at for asked in site.asked][1:]
        assert len(times) == 3
        assert all(later - earlier > seconds - 0.02 for earlier, later in itertools.pairwise(times))


def test_a_delay_that_would_take_days_is_named(site: WebsiteStandIn, website: Callable[..., WebsiteSource]) -> None:
    site.pages = {ROBOTS: Served("User-agent: *\nCrawl-delay: 3600", "text/plain"), "/": page()}
    with pytest.raises(SourceDown, match=r"its robots\.txt asks for 3600 seconds between two pages"):
        website().files()


def test_a_site_that_asks_to_wait_is_given_the_time(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    busy = Served(status=503, headers={"Retry-After": "1"})
    site.pages = {"/": page("/a"), "/a": [busy, page()]}
    assert listed(website()) == ["a.html", "index.html"]
    first, second = [asked.at for asked in site.asked if asked.path == "/a"]
    assert second - first > 0.95


@pytest.mark.parametrize("wait", ["3600", "Fri, 20 Nov 2099 08:00:00 GMT"])
def test_a_site_that_asks_to_wait_too_long_is_down(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], wait: str
) -> None:
    site.pages = {"/": page("/a", "/b"), "/a": Served(status=429, headers={"Retry-After": wait}), "/b": page()}
    with pytest.raises(SourceDown, match=rf"^{site.host} cannot be read: it asks to wait \(429, "):
        website().files()
    assert "/b" not in site.paths()


def test_no_more_pages_are_asked_for_than_stated_and_the_rest_is_named(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    for number in range(200):  # a calendar without end
        site.pages[f"/day?n={number}"] = page(f"/day?n={number + 1}", f"/month?n={number}")
    site.pages["/"] = page("/day?n=0")
    files = website(max_pages=10).files()
    assert len([path for path in site.paths() if path != ROBOTS]) == 10
    assert sum(file.problem is None for file in files) == 6  # the months are not there
    [problem] = [file.problem for file in files if file.problem]
    assert problem == (
        "the source 'dfe' stops at 10 pages, and this one, with at least 1 others, was left out: raise max_pages in "
        "trust.toml, or narrow its paths"
    )


# ── bounds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_too_large_is_named_and_not_downloaded(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawl, "MAX_DOCUMENT_BYTES", 1 << 20)
    site.pages = {
        "/": page("/stated.pdf", "/bomb.pdf", "/small.pdf"),
        "/stated.pdf": Served(b"x" * (2 << 20), "application/pdf"),
        "/bomb.pdf": Served(b"\x00" * (50 << 20), "application/pdf", is_packed=True),  # some 50 kB on the way
        "/small.pdf": Served(PDF, "application/pdf", is_packed=True),
    }
    source = website()
    reason = "it could not be downloaded: it is larger than 1 MB: divide it, or put it into the corpus folder"
    assert not_read(source) == {"bomb.pdf": reason, "stated.pdf": reason}
    small = next(file for file in source.files() if file.path.endswith("small.pdf"))
    assert source.read(small).data == PDF


def test_a_large_document_never_stands_in_memory_while_it_is_downloaded(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/big.pdf"), "/big.pdf": Served(os.urandom(24 << 20), "application/pdf")}
    source = website()
    tracemalloc.start()
    try:
        files = source.files()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert files[0].stamp.size_bytes == 24 << 20
    assert peak < 12 << 20


def test_a_server_that_sends_a_byte_at_a_time_is_not_waited_for(
    website: Callable[..., WebsiteSource], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
                    try:
                        connection.send(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.05)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with PoliteClient(tmp_path, allow_private_addresses=True, request_seconds=0.5) as client:
            began = time.monotonic()
            with pytest.raises(fetch.NoAnswer, match="it did not answer in time"):
                client.get(f"http://127.0.0.1:{server.getsockname()[1]}/", max_bytes=lambda headers: 1000)
            assert time.monotonic() - began < 2
        thread.join(timeout=5)


def test_downloads_that_nothing_needs_go_after_a_day(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], tmp_path: Path
) -> None:
    site.pages = {"/": page("/a"), "/a": page(words="First.")}
    website().files()
    bodies = tmp_path / "cache" / "bodies"
    first = {body.name for body in bodies.iterdir()}
    site.pages["/a"] = page(words="Second.")
    website().files()
    assert first < {body.name for body in bodies.iterdir()}
    for body in bodies.iterdir():
        os.utime(body, (1, 1))
    website().files()
    assert len({body.name for body in bodies.iterdir()}) == 2


def test_a_download_that_was_lost_is_fetched_again(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], tmp_path: Path
) -> None:
    site.pages = {"/": page("/a"), "/a": page()}
    before = website().files()
    for file in (tmp_path / "cache").rglob("*"):
        if file.is_file():
            file.write_bytes(b"") if file.suffix == ".json" else file.unlink()
    source = website()
    assert source.files() == before
    assert not_read(source) == {}


# ── the trust's own network ──────────────────────────────────────────────────────────────────────────────────────────


PRIVATE = """127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255
    198.18.0.1 192.0.2.1 ::1 :: fe80::1 fe80::1%eth0 fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    64:ff9b::7f00:1 2002:7f00:1:: 2002:a00:1:: 2001:db8::1 ::7f00:1""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_told_from_public_ones(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_private_address_is_never_connected_to(site: WebsiteStandIn, tmp_path: Path) -> None:
    site.pages = {"/": page()}
    for start in (site.address("/"), site.address("/", host=site.other_host), f"http://2130706433:{site.port}/"):
        source = WebsiteSource(SourceRecord("dfe", website=(start,)), cache=tmp_path, credentials={})
        with pytest.raises(SourceDown, match=r"leads to (127\.0\.0\.1|::1), which is not on the public internet"):
            source.files()
    assert site.asked == []


def test_a_redirect_to_a_private_address_is_not_followed(
    site: WebsiteStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in passes for a public site, and redirects to another port of the same machine by its name."""
    real = socket.getaddrinfo
    names = {"site.example": "127.0.0.1", "intranet.example": "10.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real(names.get(host, host), *rest, **more))
    monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1")
    public, intranet = f"site.example:{site.port}", f"intranet.example:{site.port}"
    site.pages = {
        "/": page("/a"),
        "/a": Served(status=302, headers={"Location": f"http://{intranet}/secret"}),
        "/secret": page(),
    }
    hosts = (public, intranet)
    record = SourceRecord("dfe", website=(f"http://{public}/",), hosts=hosts, paths=("/*",), seconds_between=0.0)
    source = WebsiteSource(record, cache=tmp_path, credentials={})
    with pytest.raises(SourceDown, match=r"^intranet.example:\d+ cannot be read: intranet.example leads to 10.0.0.1"):
        source.files()
    assert "/secret" not in site.paths()


def test_the_address_that_was_checked_is_the_one_connected_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to a public address when it is checked, and to a private one the next time."""
    answers = iter(["93.184.215.14", "127.0.0.1"])
    connected = []

    def connect(self: Any, host: str, *_: Any, **__: Any) -> Any:
        connected.append(host)
        raise httpcore.ConnectError("as far as the test goes")

    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 80))]
    )
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    with PoliteClient(tmp_path) as client:
        with pytest.raises(fetch.Unreachable):
            client.get("http://rebinding.example/", max_bytes=lambda headers: 1000)
        with pytest.raises(fetch.PrivateAddress, match=r"leads to 127\.0\.0\.1"):
            client.get("http://rebinding.example/", max_bytes=lambda headers: 1000)
    assert connected == ["93.184.215.14"]


def test_only_web_addresses_are_followed(site: WebsiteStandIn, website: Callable[..., WebsiteSource]) -> None:
    links = (
        "file:///etc/passwd",
        "ftp://files.example/a.pdf",
        "javascript:void(0)",
        "data:text/html,x",
        "http://[bad/",
    )
    site.pages = {"/": page(*links, "/moved"), "/moved": Served(status=302, headers={"Location": "file:///etc/passwd"})}
    assert listed(website()) == ["index.html"]


def test_a_redirect_out_of_the_hosts_and_one_without_end_are_named_for_documents(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    def moved(to: str) -> Served:
        return Served(status=302, headers={"Location": to})

    site.pages = {
        "/": page("/out.pdf", "/loop.pdf", "/sign-in"),
        "/out.pdf": moved("https://files.example/out.pdf"),
        "/loop.pdf": moved("/loop2.pdf"),
        "/loop2.pdf": moved("/loop.pdf"),
        "/sign-in": moved("https://login.example/"),
    }
    assert problems(website()) == {
        "loop.pdf": "it redirects without end, or to what is no web page: see whether it opens in a browser",
        "out.pdf": "it redirects to files.example, none of the source's hosts: add it to hosts in trust.toml, or take "
        "the address out",
    }
    chain = {f"/{n}.pdf": moved(f"/{n + 1}.pdf") for n in range(20)}
    site.pages = {"/": page("/0.pdf"), **chain}
    assert list(problems(website())) == ["0.pdf"]
    assert "/7.pdf" not in site.paths()


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 and localhost that no authority signed, with its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def secure_site(certificate: Path) -> Iterator[WebsiteStandIn]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with WebsiteStandIn(tls=context) as standin:
        yield standin


def test_credentials_are_sent_to_the_start_addresses_hosts_over_https_only(
    secure_site: WebsiteStandIn, site: WebsiteStandIn, certificate: Path, tmp_path: Path
) -> None:
    other = secure_site.address("/b.pdf", host=secure_site.other_host)
    secure_site.pages = {
        "/": page(other, site.address("/c.pdf")),
        "/b.pdf": Served(PDF, "application/pdf"),
    }
    site.pages = {"/c.pdf": Served(PDF, "application/pdf")}
    trusting = ssl.create_default_context(cafile=str(certificate))

    def visit(credentials: dict[str, str], start: str) -> list[SourceFile]:
        hosts = (secure_site.host, secure_site.other_host, site.host)
        return WebsiteSource(
            SourceRecord("dfe", website=(start,), hosts=hosts, seconds_between=0.0),
            cache=tmp_path,
            credentials=credentials,
            allow_private_addresses=True,
            open_client=functools.partial(PoliteClient, ssl_context=trusting),
        ).files()

    assert len(visit({"username": "ada", "password": "p:w"}, secure_site.address("/"))) == 3
    sent = {(asked.host, asked.path): asked.headers.get("authorization") for asked in secure_site.asked + site.asked}
    assert sent[secure_site.host, "/"] == "Basic YWRhOnA6dw=="
    assert sent[secure_site.other_host, "/b.pdf"] is None
    assert sent[site.host, "/c.pdf"] is None
    visit({"token": "t0ken"}, secure_site.address("/"))
    [_, again] = [asked for asked in secure_site.asked if asked.path == "/"]
    assert again.headers["authorization"] == "Bearer t0ken"
    site.pages["/"] = page()
    visit({"token": "t0ken"}, site.address("/"))
    assert [asked.headers.get("authorization") for asked in site.asked if asked.path == "/"] == [None]


def test_a_site_whose_certificate_cannot_be_trusted_is_down(secure_site: WebsiteStandIn, tmp_path: Path) -> None:
    record = SourceRecord("dfe", website=(secure_site.address("/"),))
    source = WebsiteSource(record, cache=tmp_path, credentials={}, allow_private_addresses=True)
    with pytest.raises(SourceDown, match=r"its certificate cannot be trusted: self-signed certificate"):
        source.files()
    assert secure_site.asked == []


def test_pages_that_want_a_password_are_named_where_somebody_counts_on_them(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource]
) -> None:
    site.pages = {"/": page("/staff", "/a", "/minutes.pdf"), "/a": page(), "/staff": Served(status=401)}
    site.pages["/minutes.pdf"] = Served(status=403)
    assert list(problems(website())) == ["minutes.pdf"]
    site.pages["/a"] = Served(status=403)
    assert problems(website())["a.html"] == (
        "the site does not let Staffroom in (403): set STAFFROOM_SOURCE_DFE_USERNAME and _PASSWORD, or _TOKEN (sent "
        "over https only), or take the address out of trust.toml"
    )


def test_a_variable_that_no_website_needs_is_named(website: Callable[..., WebsiteSource]) -> None:
    with pytest.raises(SettingsError, match=r"^STAFFROOM_SOURCE_DFE_PASWORD is set, and the website 'dfe' takes only"):
        website(credentials={"pasword": "x"})


def test_each_source_gets_its_own_variables(tmp_path: Path) -> None:
    sources = open_sources(
        Trust(
            sources=(
                SourceRecord("dfe", website=("https://www.gov.uk/guidance/a", "https://www.gov.uk/b")),
                SourceRecord("dfe-old", website=("https://old.example/",)),
                SourceRecord("files", address="memory://files"),
            )
        ),
        cache=tmp_path,
        environment={
            "STAFFROOM_SOURCE_DFE_TOKEN": "one",
            "STAFFROOM_SOURCE_DFE_OLD_USERNAME": "ada",  # of dfe-old, not the option old_username of dfe
            "STAFFROOM_SOURCE_DFE_OLD_PASSWORD": "two",
            "STAFFROOM_SOURCES": "nothing of ours",
        },
    )
    assert [source.name for source in sources] == ["dfe", "dfe-old", "files"]
    assert sources[0].identity == "https://www.gov.uk/b https://www.gov.uk/guidance/a"


# ── sitemaps ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def sitemap(*addresses: str, kind: str = "url") -> bytes:
    root = {"url": "urlset", "sitemap": "sitemapindex"}[kind]
    entries = "".join(f"<{kind}><loc>\n{address}</loc><lastmod>2026-01-01</lastmod></{kind}>" for address in addresses)
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?><{root} xmlns="{schema}">{entries}</{root}>'.encode()


def test_a_sitemap_says_which_pages_there_are(site: WebsiteStandIn, website: Callable[..., WebsiteSource]) -> None:
    site.pages = {
        "/sitemap.xml": Served(
            sitemap(site.address("/one.xml"), site.address("/two.xml.gz"), kind="sitemap"), "application/xml"
        ),
        "/one.xml": Served(
            sitemap(site.address("/a"), "https://elsewhere.example/", site.address("/gone")), "text/xml"
        ),
        "/two.xml.gz": Served(gzip.compress(sitemap(site.address("/b/c"), site.address("/d.pdf"))), "application/gzip"),
        "/a": page("/unlisted", "/linked.pdf"),
        "/b/c": page(),
        "/d.pdf": Served(PDF, "application/pdf"),
        "/linked.pdf": Served(PDF, "application/pdf"),
        "/unlisted": page(),
    }
    stated = site.address("/sitemap.xml")
    assert listed(website(sitemap=stated)) == ["a.html", "b/c.html", "d.pdf", "linked.pdf"]
    site.forget()
    website(sitemap=stated).files()
    assert site.paths(status=200) == []
    assert listed(website(sitemap=stated, paths=("/b/*",))) == ["b/c.html", "d.pdf"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Served(status=404), "there is no sitemap at .*/sitemap.xml: mend the address in trust.toml"),
        (Served(status=500), r"its sitemap answers with an error \(500\)"),
        (Served(sitemap("http://a.example/")[:-9]), "cannot be read: its XML is damaged in line 2"),
        (Served("<html><body></body></html>"), r"cannot be read: it is XML of another kind \(<html>\)"),
        (Served("Not found"), "cannot be read: it is neither XML nor a list of addresses"),
    ],
)
def test_a_sitemap_that_cannot_be_read_is_named_and_removes_nothing(
    site: WebsiteStandIn, website: Callable[..., WebsiteSource], answer: Served, reason: str
) -> None:
    site.pages = {"/sitemap.xml": answer}
    with pytest.raises(SourceDown, match=reason):
        website(sitemap=site.address("/sitemap.xml")).files()


def test_a_sitemap_defines_no_entities_and_a_list_of_addresses_is_one() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "http://a.example/"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        b"<urlset><url><loc>&a;</loc></url><url><loc>&f;</loc></url><url><loc>http://b.example</loc></url></urlset>"
    )
    assert read_sitemap(bomb) == (["http://b.example/"], [])
    assert read_sitemap(b"http://a.example/\r\nhttp://b.example/x\r\n") == (
        ["http://a.example/", "http://b.example/x"],
        [],
    )


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("HTTPS://WWW.Gov.UK:443/a/../b/%7euser/./x?utm_source=n&b=2&a=1#f", "https://www.gov.uk/b/~user/x?b=2&a=1"),
        ("http://x.example:80", "http://x.example/"),
        ("http://x.example:8080/a//b/", "http://x.example:8080/a//b/"),
        ("/a b/é?q=ü", "https://base.example/a%20b/%C3%A9?q=%C3%BC"),
        ("c%2fd", "https://base.example/e/c%2Fd"),
        ("?page=2", "https://base.example/e/f?page=2"),
        (" /new\nline ", "https://base.example/newline"),
        ("/%2e%2e/secret", "https://base.example/secret"),
        ("http://exämple.example/", "http://xn--exmple-cua.example/"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("http://x.example./", "http://x.example/"),
        ("https://user:pw@x.example/", None),
        ("mailto:a@b.example", None),
        ("http://x.example:99999/", None),
        ("http:///nothing", None),
        ("/" + "a" * 3000, None),
    ],
)
def test_an_address_is_written_in_one_way(address: str, canonical: str | None) -> None:
    assert canonical_address(address, base="https://base.example/e/f") == canonical
    assert canonical is None or canonical_address(canonical) == canonical


PIECES = """http:// https:// // / .. . %2e %2F %00 %zz a é [::1] :80 @ ? # & = utm_x=1 \\ %E2%80%AE xn-- ..%2f ; %
    b.example""".split()


@settings(deadline=None, max_examples=500)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=12).map("".join))
def test_whatever_a_page_links_to_has_one_address_and_one_safe_path_or_none(link: str) -> None:
    address = canonical_address(link, base="https://base.example/x/y")
    if address is None:
        return
    assert canonical_address(address) == address
    assert address.isascii()
    assert address.isprintable()
    path = paths_of({address: ".html"}, below="dfe")[address]
    assert path.isprintable()
    assert path.startswith("dfe/")
    assert not {"..", "."} & set(path.split("/"))


def test_paths_are_printable_bounded_and_each_its_own() -> None:
    addresses = [
        "https://x.example/a%0Ab%E2%80%AE.pdf",
        "https://x.example/..%2F..%2Fetc%2Fpasswd",
        "https://x.example/" + "a" * 900,
        "https://x.example/" + "a" * 901,
        "https://x.example/%FF",
        "http://x.example/%FF",
    ]
    paths = paths_of(dict.fromkeys(addresses, ".pdf"), below="dfe")
    assert len(set(paths.values())) == len(addresses)
    assert all(path.isprintable() and len(path) <= 240 and path.endswith(".pdf") for path in paths.values())
    assert paths[addresses[0]] == "dfe/x.example/a%0Ab%E2%80%AE.pdf"
    assert paths[addresses[1]] == "dfe/x.example/..%2F..%2Fetc%2Fpasswd.pdf"


def test_without_stated_paths_a_page_belongs_that_is_in_the_folder_of_a_start_address() -> None:
    scope = Scope.of(SourceRecord("dfe", website=("https://a.example/x/start", "https://b.example/y/")))
    assert scope.allows_page("https://a.example/x/start")
    assert scope.allows_page("https://a.example/x/deep/er")
    assert not scope.allows_page("https://a.example/y/")
    assert not scope.allows_page("https://a.example/xx")
    assert scope.allows_page("https://b.example/y/z")
    assert not scope.allows_page("https://c.example/x/")
    assert not scope.allows_page("https://a.example/x/picture.jpg")


def test_links_are_found_where_pages_have_them() -> None:
    html = b"""<html><head><base href="/docs/"><meta http-equiv="Refresh" content="0; URL='moved'">
        <link rel="canonical" href="https://a.example/own"></head><body><a href="a">A</a><a href="b#x">B</a><a>none</a>
        <a href="c" rel="external nofollow">C</a><map><area href="d"></map><iframe src="e.pdf"></iframe>
        <embed src="f.pdf"><object data="g.pdf"></object><script>"<a href='not'>"</script></body></html>"""
    found = read_links(html, address="https://a.example/page", charset=None)
    assert found.links == tuple(
        f"https://a.example/docs/{name}" for name in ("moved", "a", "b", "d", "e.pdf", "f.pdf", "g.pdf")
    )
    assert (found.canonical, found.may_be_indexed) == ("https://a.example/own", True)


@pytest.mark.parametrize("junk", [b"", b"\x00\xff", b"<", b"<html", b"plain words", b"<a href='http://[x'>"])
def test_a_page_that_is_none_has_no_links(junk: bytes) -> None:
    assert read_links(junk, address="https://a.example/", charset="no-such-charset").links == ()


def test_a_wish_for_another_visitor_is_not_ours() -> None:
    assert "noindex" not in robots_wishes("googlebot: noindex, nofollow")
    assert {"noindex", "nofollow"} <= robots_wishes("googlebot: nofollow, Staffroom: none")
    assert "noindex" in robots_wishes("max-snippet: 20, noindex")


@pytest.mark.parametrize(
    ("content_type", "address", "suffix"),
    [
        ("text/html; charset=utf-8", "https://a.example/x.pdf", ".html"),
        ("Application/PDF", "https://a.example/x", ".pdf"),
        ("application/zip", "https://a.example/x.docx", ".docx"),
        ("application/zip", "https://a.example/x", ".zip"),
        ("", "https://a.example/x", ".pdf"),
        ("application/octet-stream", "https://a.example/x", ".pdf"),
        ("text/plain", "https://a.example/x", ".txt"),
        ("image/png", "https://a.example/x.pdf", None),
        ("application/json", "https://a.example/x", None),
    ],
)
def test_the_ending_follows_from_what_was_sent(content_type: str, address: str, suffix: str | None) -> None:
    assert suffix_for({"content-type": content_type}, address=address, head=PDF) == suffix
