"""Structured logs: one JSON object per line, a request id, and no personal data by construction (only named fields).

An error says the path of its request, and some paths are keys (rdv/core/links): never written.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from rdv.core.links import hide_links

request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """Put the id of the running request on every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


class JsonFormatter(logging.Formatter):
    """`{"at": ..., "level": ..., "logger": ..., "request": ..., "message": ...}`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", "-"),
            "message": hide_links(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = hide_links(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
