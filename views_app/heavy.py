"""Which requests are heavy reads (tables/heavy.py): all that may look at every row, but no window of an order that is there."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bases.access import person
from tables.heavy import turn
from tables.query import RowQuery


def heavy(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A request that takes one of the person's turns, also where its answer is kept: 0.3 ms on top of 2.4 then."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with turn(person(request).pk):
            return view(request, *args, **kwargs)

    return wrapped


def in_turn(request: HttpRequest, pieces: Iterator[str]) -> Iterator[str]:
    """An answer that goes out piece by piece, long after its view has ended: it takes a turn of its own. Raises Busy at once."""
    held = ExitStack()
    held.enter_context(turn(person(request).pk))

    def going_out() -> Iterator[str]:
        with held:
            yield from pieces

    return going_out()


@contextmanager
def reading(request: HttpRequest, query: RowQuery) -> Iterator[None]:
    """Rows of a view: heavy while it has no order that they could be cut out of. Raises Busy."""
    if query.has_order():
        yield
    else:
        with turn(person(request).pk):
            yield
