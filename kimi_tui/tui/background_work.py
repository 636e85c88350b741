"""Run work of a screen beside its loop.

Work is a function that makes its coroutine only when it starts: a coroutine that is made and cancelled before its start
would never be awaited, which Python warns about.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from textual.dom import DOMNode
from textual.worker import Worker

BackgroundWork = Callable[[], Coroutine[Any, Any, None]]


def run_in_group(owner: DOMNode, work: BackgroundWork, group: str, *, exclusive: bool = False) -> Worker[None]:
    """Run work until it ends or its owner does; with `exclusive` it ends what runs in its group."""
    worker: Worker[None] = owner.run_worker(work, group=group, exclusive=exclusive)
    return worker
