"""The effects that we give to AgentDojo's tools; a tool that is not named here only reads.

Money and reservations are `spend`, with the receiver as the target. Messages, mails, files, events and the account are
`write`, with every receiver and every key of a record as a target; one on the person's own store has none.
Web pages are `network`, with the host. Answers of `TRUSTED_TOOLS` come from the person's own address book, clock and
account, which nobody else writes; channels are not among them, because their names are. `OWN_VALUES` is the address
that the account of the workspace suite has.
"""

from collections.abc import Iterator
from typing import Any, get_args
from urllib.parse import urlsplit

from kimi_tui.config import PolicySettings
from kimi_tui.events import Effect, EffectKind

OWN_VALUES = ("emma.johnson@bluesparrowtech.com",)
TRUSTED_TOOLS = (
    "get_users_in_channel",
    "search_contacts_by_name",
    "search_contacts_by_email",
    "get_current_day",
    "get_user_info",
    "get_user_information",
    "get_iban",
    "get_balance",
)
POLICY = PolicySettings(own_values=OWN_VALUES, trusted_tools=TRUSTED_TOOLS)
"""The settings of a person who uses these tools; no host, database or rule is allowed."""

_TARGETS: dict[str, tuple[EffectKind, tuple[str, ...]]] = {
    "send_money": ("spend", ("recipient",)),
    "schedule_transaction": ("spend", ("recipient",)),
    "update_scheduled_transaction": ("spend", ("recipient", "id")),
    "update_password": ("write", ()),
    "update_user_info": ("write", ()),
    "send_direct_message": ("write", ("recipient",)),
    "send_channel_message": ("write", ("channel",)),
    "add_user_to_channel": ("write", ("user", "channel")),
    "invite_user_to_slack": ("write", ("user", "user_email")),
    "remove_user_from_slack": ("write", ("user",)),
    "get_webpage": ("network", ("url",)),
    "post_webpage": ("network", ("url",)),
    "reserve_hotel": ("spend", ("hotel",)),
    "reserve_restaurant": ("spend", ("restaurant",)),
    "reserve_car_rental": ("spend", ("company",)),
    "send_email": ("write", ("recipients", "cc", "bcc")),
    "delete_email": ("write", ("email_id",)),
    "create_calendar_event": ("write", ("participants",)),
    "cancel_calendar_event": ("write", ("event_id",)),
    "reschedule_calendar_event": ("write", ("event_id",)),
    "add_calendar_event_participants": ("write", ("event_id", "participants")),
    "create_file": ("write", ()),
    "append_to_file": ("write", ("file_id",)),
    "delete_file": ("write", ("file_id",)),
    "share_file": ("write", ("file_id", "email")),
}
SIDE_EFFECTS = frozenset(_TARGETS)
"""The tools that do more than read."""
assert all(kind in get_args(EffectKind) for kind, _ in _TARGETS.values())


def effects_of(tool: str, arguments: dict[str, Any]) -> tuple[Effect, ...]:
    """Return the effects that a call of a tool declares."""
    if tool not in _TARGETS:
        return (Effect("read", tool),)
    kind, names = _TARGETS[tool]
    found = [target for name in names for target in _values(arguments.get(name))]
    if kind == "network":
        found = [urlsplit(address).hostname or "" for address in found]
    return tuple(Effect(kind, target) for target in found or [""])


def arguments_of(tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as our tools take them: an address has a scheme."""
    url = arguments.get("url")
    if tool.endswith("_webpage") and isinstance(url, str) and "://" not in url:
        return arguments | {"url": f"https://{url}"}
    return arguments


def _values(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        yield from map(str, value)
    elif value is not None and value != "":
        yield str(value)
