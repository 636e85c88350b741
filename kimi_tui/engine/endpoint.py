"""Build the provider's endpoint from the last probe of its server."""

from kimi_tui.events import ServerProbed
from kimi_tui.providers.base import Endpoint


def endpoint_from_probe(probe: ServerProbed | None) -> Endpoint:
    """Return the probe's findings as far as they change a request."""
    if probe is None:
        return Endpoint()
    return Endpoint(
        engine=probe.engine,
        reasoning_keys=probe.reasoning_keys,
        thinking_budget=probe.thinking_budget,
        reasoning_control=probe.reasoning_control,
        splits_thinking=probe.splits_thinking,
    )
