"""Structured logs: a constant event and facts as fields; never speech, transcripts, tokens or e-mail addresses."""

import json
import logging
import os
import sys
import time
from functools import lru_cache
from typing import Any, Final, TextIO

_ROOT: Final = "unamentis"
# Under one name of their own in a record, so that a fact may be called as something of logging's is.
_FACTS: Final = "facts"
_encoded: Final = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":")).encode


class Log:
    """The logger of one service: each call is a line of JSON on standard output.

    Facts are keyword arguments; one that is None is left out. `exc_info` is an exception to tell with its traceback.
    """

    def __init__(self, service: str) -> None:
        self._logger = logging.getLogger(f"{_ROOT}.{service}")

    @property
    def level(self) -> str:
        """The least that is logged, such as "INFO"."""
        return logging.getLevelName(self._logger.getEffectiveLevel())

    def info(self, event: str, **facts: object) -> None:
        """Tell what happened."""
        self._write(logging.INFO, event, facts)

    def warning(self, event: str, **facts: object) -> None:
        """Tell what an operator should look at."""
        self._write(logging.WARNING, event, facts)

    def error(self, event: str, *, exc_info: BaseException | None = None, **facts: object) -> None:
        """Tell what went wrong on our side."""
        self._write(logging.ERROR, event, facts, exc_info)

    def _write(self, level: int, event: str, facts: dict[str, object], exc_info: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            # As logging finds it, without a walk over its own frames.
            caller = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            code = caller.f_code
            error = (type(exc_info), exc_info, exc_info.__traceback__) if exc_info else None
            record = logging.LogRecord(
                self._logger.name, level, code.co_filename, caller.f_lineno, event, None, error, code.co_name
            )
            vars(record)[_FACTS] = facts
            self._logger.handle(record)


def get_logger(service: str) -> Log:
    """Return the logger of a service; its level is that of `UNAMENTIS_LOG_LEVEL`."""
    return Log(service)


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": f"{_moment(int(record.created))},{int(record.msecs):03d}+0000",
            "service": record.name.removeprefix(f"{_ROOT}."),
            **{name: value for name, value in vars(record).get(_FACTS, {}).items() if value is not None},
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = self.formatException(record.exc_info)
            line["exception_name"] = record.exc_info[0].__name__
        if trace := os.environ.get("_X_AMZN_TRACE_ID"):  # Lambda sets it anew for each request
            line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
        return _encoded(line)


@lru_cache(maxsize=1)
def _moment(second: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to whatever standard output is at the moment, as logging's own last resort does with standard error."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(_JsonLine())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  logging keeps it in an attribute
        return sys.stdout


def _set_up() -> None:
    root = logging.getLogger(_ROOT)
    root.setLevel(os.environ.get("UNAMENTIS_LOG_LEVEL", "INFO").upper())
    root.addHandler(_StandardOutput())
    root.propagate = False  # Lambda's own handler would write every line again


_set_up()
