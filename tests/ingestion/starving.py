"""A refresh on a full disk: no file may grow past so many bytes. `python -m tests.ingestion.starving DATA BYTES`

Prints the sentence that a person would read, and ends with 2; with 0 where there was room enough.
"""

import resource
import sys
from pathlib import Path

from ingestion.errors import CannotStart
from tests.ingestion.texts import Desk

BEFORE = {"trust/pay.md": "Teachers are paid monthly.", "trust/leave.md": "Leave may be requested in writing."}
AFTER = {
    **{f"trust/{number}.md": f"Rule {number} says that pupils walk. " * 200 for number in range(120)},
    "trust/pay.md": "Teachers are paid weekly.",
    "trust/leave.md": "Leave may be requested in writing.",
}


def main(data: Path, limit_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))
    try:
        Desk(data, AFTER).refresh()
    except CannotStart as error:
        print(error)
        sys.exit(2)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
