"""Is the provider down, so that asking it now would only make people wait?"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Circuit:
    """Opens after so many failures in a row: for `pause_seconds` nothing is asked. Then one call is let through to try:
    when it succeeds all are again, when it fails the pause begins anew. Safe to use from threads."""

    def __init__(self, *, opens_after: int, pause_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._opens_after = opens_after
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._is_trying = False

    def lets_through(self) -> bool:
        """True when a call may be made; each True must be followed by `succeeded` or `failed`."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._is_trying or self._clock() - self._opened_at < self._pause_seconds:
                return False
            self._is_trying = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures, self._opened_at, self._is_trying = 0, None, False

    def failed(self) -> None:
        with self._lock:
            self._failures += 1
            if self._is_trying or self._failures >= self._opens_after:
                self._opened_at = self._clock()
            self._is_trying = False
