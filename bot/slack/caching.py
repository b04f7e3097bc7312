"""What did Slack say a moment ago, so that it need not be asked again?"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class ShortCache(Generic[Key, Value]):
    """The last values by key, each for `seconds`; the oldest go first beyond `most`. For one event loop."""

    def __init__(self, seconds: float, *, most: int = 5_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """The value, or None when there is none or it is too old."""
        kept = self._kept.get(key)
        if kept is None or kept[0] < self._clock():
            self._kept.pop(key, None)
            return None
        return kept[1]

    def put(self, key: Key, value: Value) -> None:
        """Remembers the value from now on."""
        self._kept[key] = (self._clock() + self._seconds, value)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
