"""Structured logs: a constant event and facts as fields; never speech, transcripts, tokens or e-mail addresses."""

from aws_lambda_powertools import Logger


def get_logger(service: str) -> Logger:
    """Return the logger of a service: JSON lines on standard output, level from `POWERTOOLS_LOG_LEVEL`."""
    return Logger(service=service, utc=True)
