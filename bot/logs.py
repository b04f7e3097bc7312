"""What does Staffroom log, and where?

Lines of JSON on standard error: ids, counts, scores, timings; never a question, an answer or a name. `STAFFROOM`'s
own level is INFO in the service and WARNING in the terminal commands, where a person reads the output.
"""

from __future__ import annotations

import logging
import os
import sys

import structlog


def set_up_logs(*, level: int = logging.WARNING) -> None:
    """Sets logging up once for the process, and keeps libraries from talking over the output."""
    os.environ.setdefault("ANONYMIZED_TELEMETRY", "False")  # Chroma's
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its warning after a fork
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
