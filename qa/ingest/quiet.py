"""Silence for libraries that log what they think of bad input."""

from __future__ import annotations

import logging


def hush(library: str) -> None:
    """Keeps remarks of ``library`` on bad input off the terminal, unless somebody has set its log level."""
    logger = logging.getLogger(library)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.CRITICAL + 1)
