"""What does Staffroom log, and where?

Lines of JSON on standard error: ids, counts, scores, timings; never a question, an answer or a name. `STAFFROOM`'s
own level is INFO in the service and WARNING in the terminal commands, where a person reads the output.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import traceback

import structlog
from structlog.typing import EventDict, WrappedLogger


def set_up_logs(*, level: int = logging.WARNING, for_terminal: bool = False) -> None:
    """Sets logging up once for the process, and keeps libraries from talking over the output.

    `for_terminal`: a traceback goes to a file of its own, which the line names, since a person reads the lines.
    """
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")  # Chroma's
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its warning after a fork
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traceback_to_file if for_terminal else structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def keep_details(error: BaseException) -> str:
    """Writes an error's traceback to a file of its own, and names it."""
    with tempfile.NamedTemporaryFile("w", prefix="staffroom-error-", suffix=".log", delete=False) as details:
        traceback.print_exception(error, file=details)
    return details.name


def _traceback_to_file(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    error = sys.exc_info()[1]
    if event.pop("exc_info", None) and error is not None:
        event["details"] = keep_details(error)
    return event
