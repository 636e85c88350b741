"""Tune the garbage collector: collect rarely while a session is open, and skip objects made at startup.

Python looks through all objects again and again as long as new ones stay, and a key that comes meanwhile waits for
it. What streams makes many objects that soon go by themselves and next to no cycles.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARE_THRESHOLDS = (2_000, 10, 100)
"""New objects until the youngest are looked through, and how many times as seldom each older generation is: a look at
the middle one takes some milliseconds."""

_open_contexts: list[object] = []
"""Those that are under way."""
_former_thresholds: list[int] = []
"""The thresholds before the first of them."""


@contextmanager
def rare_collection() -> Iterator[None]:
    """Collect garbage rarely inside this context, and leave out the objects that exist already.

    Several may overlap and end in any order: the last one that ends restores what was before the first.
    """
    if not _open_contexts:
        _former_thresholds[:] = gc.get_threshold()
        gc.set_threshold(*map(max, _former_thresholds, _RARE_THRESHOLDS))
    me = object()
    _open_contexts.append(me)
    gc.freeze()
    try:
        yield
    finally:
        _open_contexts.remove(me)
        if not _open_contexts:
            gc.unfreeze()
            gc.set_threshold(*_former_thresholds)


def freeze_startup_objects() -> None:
    """Exclude everything made for the first screen from garbage collection, and start collecting."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
