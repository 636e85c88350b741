"""Table of model families: refused parameters, sampling defaults, and what must be sent back.

Read from the model cards, the deployment guides and the vendor's own verifier. Two things differ by where a model
runs. Moonshot's service fixes the sampling of every current model and answers 400 to another value, and takes no
`tool_choice: required` while the model thinks; the same weights on one's own server take anything, but sample as
they were trained only if they are told to. A model that no row names is sent nothing it was not asked to be sent.

- K2 Thinking: card and vendor verifier, temperature 1.0; its template has no switch for thinking, and it runs on
  one's own or a third party's server, for Moonshot ended it during 2026.
- K2 Instruct: card, temperature 0.6; it does not think.
- K2.5: card, 1.0 and top_p 0.95 while thinking.
- K2.6: as K2.5; its service drops earlier reasoning unless `thinking.keep` is `all`, and refuses `thinking` together
  with `reasoning_effort`.
- K2.7: thinks always and keeps its reasoning by itself.
- K3, K3.1 Pro: `reasoning_effort` low, high or max, max when nothing is said; thinking cannot be off. How to sample
  it on one's own server is not published, so nothing is sent. Its format is its own, and so are its parsers.
- Kimi for Coding: whatever model the coding service runs at the time, so only what all current ones share.

Ids are written in many ways: `moonshotai/Kimi-K2.6`, `accounts/x/models/kimi-k2p6`, `kimi-k2-6`, the path of a GGUF
file. A bare `k2` is another laboratory's model as well, so without `kimi` only a version or `thinking` names ours.
"""

import re
from typing import Any

import msgspec

_SAMPLING = ("temperature", "top_p")
_KIMI = r"kimi[-_ .]*"
_INSTANT = (("chat_template_kwargs", {"thinking": False}), ("temperature", 0.6))


class Capability(msgspec.Struct, frozen=True):
    """The parameters that one family of models accepts and needs."""

    family: str
    """Its name, for people."""
    names: str
    """Regular expression that the model's id holds, whatever stands before and after and in whichever case."""
    sampling: tuple[tuple[str, float], ...] = ()
    """Parameters and values for one's own server, where the settings say nothing."""
    refused: tuple[str, ...] = ()
    """Parameters that a managed endpoint is not sent; some of them nobody sends today."""
    needs_reasoning: bool = False
    """True when each turn that calls must come back with its reasoning, if only an empty one."""
    switch: str = ""
    """How thinking is turned off or down, for people; empty if it cannot be."""
    silent: tuple[tuple[str, Any], ...] = ()
    """Fields that turn thinking off or down on one's own server."""
    silent_managed: tuple[tuple[str, Any], ...] = ()
    """The same where it is managed."""
    template_switch: bool = True
    """True when the template obeys `chat_template_kwargs.thinking`; where it does not, that may be set for a parser."""
    managed: tuple[tuple[str, Any], ...] = ()
    """Fields that a managed endpoint is sent besides."""
    parser: str = "kimi_k2"
    """What vLLM and SGLang call the parsers of its calls and of its reasoning."""


def _version(digit: int) -> str:
    """Return the expression for K2 with a minor version: `k2.6`, `k2-6`, `k2p6`, but no quantisation like `k2-6bit`."""
    return rf"(?:{_KIMI}k2[-_ .p]?|(?:^|[/:\\])k2[.p]){digit}(?!\d|[-_ ]?bit|b\b)"


CAPABILITIES: tuple[Capability, ...] = (
    Capability(
        "K2 Thinking",
        rf"(?:{_KIMI}|(?:^|[/:\\]))k2[-_ .]*thinking",
        sampling=(("temperature", 1.0),),
        needs_reasoning=True,
        template_switch=False,
    ),
    Capability(
        "K2.5",
        _version(5),
        sampling=(("temperature", 1.0), ("top_p", 0.95)),
        refused=(*_SAMPLING, "tool_choice"),
        needs_reasoning=True,
        switch="chat_template_kwargs.thinking on one's own server, thinking.type on Moonshot's",
        silent=_INSTANT,
        silent_managed=(("thinking", {"type": "disabled"}),),
    ),
    Capability(
        "K2.6",
        _version(6),
        sampling=(("temperature", 1.0), ("top_p", 0.95)),
        refused=(*_SAMPLING, "tool_choice", "reasoning_effort"),
        needs_reasoning=True,
        switch="chat_template_kwargs.thinking on one's own server, thinking.type on Moonshot's",
        silent=_INSTANT,
        silent_managed=(("thinking", {"type": "disabled"}),),
        managed=(("thinking", {"type": "enabled", "keep": "all"}),),
    ),
    Capability(
        "K2.7",
        _version(7),
        sampling=(("temperature", 1.0), ("top_p", 0.95)),
        refused=(*_SAMPLING, "tool_choice", "reasoning_effort"),
        needs_reasoning=True,
    ),
    Capability(
        "K3",
        rf"(?:{_KIMI}|(?:^|[/:\\]))k3(?![0-9a-oq-z])",
        refused=(*_SAMPLING, "tool_choice"),
        needs_reasoning=True,
        switch="reasoning_effort: low, high, max",
        silent=(("reasoning_effort", "low"),),
        silent_managed=(("reasoning_effort", "low"),),
        parser="kimi_k3",
    ),
    Capability(
        "Kimi for Coding",
        rf"{_KIMI}(?:for[-_ ]coding|code)\b",
        refused=(*_SAMPLING, "tool_choice"),
        needs_reasoning=True,
    ),
    Capability(
        "K2 Instruct",
        rf"{_KIMI}k2(?:[-_ .]+(?:instruct|0\d|turbo|preview|latest|i?q\d|ud[-_]|gguf)|[:@]|$)",
        sampling=(("temperature", 0.6),),
    ),
)
"""The first row that names a model holds."""

_VENDOR = (".moonshot.ai", ".moonshot.cn", ".kimi.com")

UNKNOWN = Capability("another model", "")
"""Safe for any model: nothing is added and nothing left out."""


def find_capability(model: str) -> Capability:
    """Return the capability of the family that a model id belongs to."""
    name = model.lower()
    return next((row for row in CAPABILITIES if re.search(row.names, name)), UNKNOWN)


def is_vendor(host: str) -> bool:
    """Return whether a host is Moonshot's own, which accepts one reasoning field only and refuses unknown fields."""
    return f".{host.lower().rstrip('.')}".endswith(_VENDOR)
