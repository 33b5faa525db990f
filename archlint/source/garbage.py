"""The cyclic collector, off while something is built that stays alive: looking through it again and again finds nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected(*, forever: bool = False) -> Iterator[None]:
    """Keep the collector off; also a decorator. What lives *forever*, as modules do, is never looked through afterwards either."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if forever:
            gc.freeze()
        if was_on:
            gc.enable()
