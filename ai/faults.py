"""Faults of Rowan's own, as the log tells of them: where in the code, never what a cell says and no key."""

import logging
from traceback import format_tb


def note(log: logging.Logger, words: str, error: BaseException) -> None:
    """Write a fault to the log without its message: that of a database or a parser repeats the value it stumbled over."""
    log.error("%s %s\n%s", words, type(error).__name__, "".join(format_tb(error.__traceback__)))
