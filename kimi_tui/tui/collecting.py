"""When the collector looks for garbage while a session is open: seldom, and not among what was there before.

Python looks through all objects again and again as long as new ones stay, and a key that comes meanwhile waits for
it. What streams makes many objects that soon go by themselves and next to no cycles.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (2_000, 10, 100)
"""New objects until the youngest are looked through, and how many times as seldom each older generation is: a look at
the middle one takes some milliseconds."""

_OPEN: list[object] = []
"""Those that are under way."""
_BEFORE: list[int] = []
"""The thresholds before the first of them."""


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Leave out everything that is there by now, until the end; then it counts again.

    Several may overlap and end in any order: the last one that ends restores what was before the first.
    """
    if not _OPEN:
        _BEFORE[:] = gc.get_threshold()
        gc.set_threshold(*_SELDOM)
    me = object()
    _OPEN.append(me)
    gc.freeze()
    try:
        yield
    finally:
        _OPEN.remove(me)
        if not _OPEN:
            gc.unfreeze()
            gc.set_threshold(*_BEFORE)


def begin_collecting() -> None:
    """The first screen stands: what was made for it stays, and from now on garbage is looked for."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
