"""What tests of the index can use: `backend`, which runs a module's tests on each kind of place that keeps one."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from tests.backends import kept_on_servers


@pytest.fixture(scope="module", params=["embedded", "servers"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Embedded, then on PostgreSQL and a Chroma server."""
    with kept_on_servers() if request.param == "servers" else nullcontext():
        yield request.param
