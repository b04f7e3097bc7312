"""Which requests are this machine's own."""

from __future__ import annotations

import pytest

from bot.loopback import is_loopback_host
from bot.web.loopback import is_local_request


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LOCALHOST.", True), ("0.0.0.0", False), ("::", False), ("10.0.0.5", False), ("localhost.evil.example", False),
        ("", False), ("2130706433", False), ("::ffff:10.0.0.5", False),
    ],
)  # fmt: skip
def test_loopback_is_told_by_address_and_one_name(host: str, expected: bool) -> None:
    assert is_loopback_host(host) is expected


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000"])
def test_a_browser_on_this_machine_is_local(host: str) -> None:
    assert is_local_request({"host": host}, client="127.0.0.1", bound_host="127.0.0.1")


@pytest.mark.parametrize("headers", [{}, {"host": ""}, {"host": "[bad"}, {"host": "evil.example"}])
def test_a_host_header_that_names_something_else_is_not_local(headers: dict[str, str]) -> None:
    assert not is_local_request(headers, client="127.0.0.1", bound_host="127.0.0.1")


def test_a_client_on_the_network_is_not_local() -> None:
    assert not is_local_request({"host": "localhost"}, client="10.0.0.9", bound_host="127.0.0.1")
    assert not is_local_request({"host": "localhost"}, client=None, bound_host="127.0.0.1")


def test_the_page_of_the_same_address_may_send_its_form() -> None:
    headers = {"host": "localhost:8000", "origin": "http://localhost:8000"}
    assert is_local_request(headers, client="::1", bound_host="::1")
    assert not is_local_request({**headers, "origin": "http://localhost:9000"}, client="::1", bound_host="::1")


def test_an_origin_that_is_kept_back_counts_only_when_the_browser_says_it_is_the_same() -> None:
    headers = {"host": "localhost:8000", "origin": "null"}
    assert is_local_request({**headers, "sec-fetch-site": "same-origin"}, client="::1", bound_host="::1")
    assert not is_local_request({**headers, "sec-fetch-site": "cross-site"}, client="::1", bound_host="::1")
    assert not is_local_request(headers, client="::1", bound_host="::1")
