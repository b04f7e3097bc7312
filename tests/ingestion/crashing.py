"""A refresh, or a rollback, that dies like a process that was killed:
`python -m tests.ingestion.crashing DATA STEP [rollback]`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ingestion.index import switching
from ingestion.index.vectors import VectorStore
from ingestion.index.writer import WritableIndex
from tests.ingestion.texts import Desk

BEFORE = {
    "trust/pay.md": "Teachers are paid monthly.\nBonuses are rare.",
    "trust/leave.md": "Leave may be requested in writing.",
    "schools/saltmarsh/phones.md": "Phones stay in bags.",
}
AFTER = {
    "trust/pay.md": "Teachers are paid weekly.\nBonuses are rare.",
    "schools/saltmarsh/phones.md": "Phones are handed in.",
    "schools/kestrel/phones.md": "Phones may be used at lunch.",
}
DIED = 9

STEPS: dict[str, tuple[Any, str, bool]] = {
    # step: the function at which the process dies, and whether it has done its work by then
    "reading the second document": (WritableIndex, "stage", True),
    "before any vector": (WritableIndex, "add_vectors", False),
    "after some vectors": (WritableIndex, "add_vectors", True),
    "before the switch": (WritableIndex, "switch", False),
    "in the middle of the switch": (switching, "_unindex_words", True),
    "after the switch's words": (switching, "_index_words", True),
    "at the end of the switch": (switching, "note_refresh", True),
    "after the switch": (WritableIndex, "switch", True),
    "collecting": (VectorStore, "delete", True),
    "dropping a model's collections": (VectorStore, "drop_other_collections", True),
}
SWITCHED = {"after the switch", "collecting", "dropping a model's collections"}


def main(data: Path, step: str, *, rollback: bool) -> None:
    owner, name, does_its_work = STEPS[step]
    setattr(owner, name, _dying(getattr(owner, name), does_its_work=does_its_work))
    if rollback:
        Desk(data, AFTER).roll_back()
    else:
        Desk(data, AFTER).refresh()


def _dying(function: Callable[..., Any], *, does_its_work: bool) -> Callable[..., Any]:
    def dying(*arguments: Any, **options: Any) -> None:
        if does_its_work:
            function(*arguments, **options)
        os._exit(DIED)

    return dying


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], rollback="rollback" in sys.argv[3:])
