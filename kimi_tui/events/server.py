"""Events of the server: the findings of its probe, before it is relied on."""

from typing import Literal

import msgspec

from kimi_tui.events.vocabulary import Event

Grade = Literal["green", "amber", "red", "grey"]


class ServerFinding(msgspec.Struct, frozen=True, rename={"remedy": "mend", "detail": "told"}):
    """One thing that was tried."""

    name: str
    grade: Grade
    """`red` keeps kimi-tui from working, `amber` takes something away, `grey` was not tried."""
    detail: str
    """What was found."""
    remedy: str = ""
    """What to do about it: the flag, version or setting; empty when there is nothing to do."""


class ServerProbed(Event, frozen=True, tag=True):
    """The server was probed; the last one counts."""

    engine: str = ""
    """`vLLM`, `SGLang`, ...; empty when it does not tell."""
    version: str = ""
    """As the server tells it; empty when it does not."""
    model: str = ""
    """The model that was asked."""
    window: int = 0
    """Tokens of context that the server tells; 0 when it does not."""
    reasoning_keys: tuple[str, ...] = ()
    """The message fields under which it reads earlier reasoning; empty when that was not found out."""
    thinking_budget: bool = False
    """True when it ends thinking by itself at a number of tokens given with the request (vLLM)."""
    reasoning_control: bool = False
    """True when it can be told to end thinking while it streams (llama.cpp)."""
    splits_thinking: bool = True
    """False when its parser was seen to lose the end of the thinking."""
    findings: tuple[ServerFinding, ...] = ()
    """Each thing that was tried."""
    seconds: float = 0.0
    """How long it took."""
