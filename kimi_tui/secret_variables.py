"""Keep secrets out of the variables that the system shows of a process.

The variables that a process was started with can be read by every process of the same user for as long as it runs
(`/proc/PID/environ` on Linux, `ps -E` on macOS). So a child is started without those that hold a secret and is given
them over a pipe, and a process overwrites its own.
"""

import os
import re
from collections.abc import Mapping, MutableMapping

OWN_SECRETS = frozenset({"KIMI_TUI_API_KEY"})
"""Variables that become settings; no child has use for them."""

_SECRET_PARTS = frozenset(
    {"KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS"}
)
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")


def holds_secret(name: str, value: str) -> bool:
    """Return whether a variable holds a secret: by a part of its name, or an address with a password as its value."""
    return bool(_SECRET_PARTS & {*name.upper().split("_")}) or _WITH_PASSWORD.search(value) is not None


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that hold no secret."""
    return {name: value for name, value in environment.items() if not holds_secret(name, value)}


def secrets_for_child(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with secrets that a child may need, such as a vendor's key: to be sent over a pipe."""
    return {name: value for name, value in environment.items() if name not in OWN_SECRETS and holds_secret(name, value)}


def hide_own_secrets(environment: MutableMapping[str, str] = os.environ) -> None:
    """Overwrite the secrets among the variables that this process was started with, and forget our own.

    The others stay in `environment`, where the libraries of this process look for them.
    """
    held = [name for name, value in environment.items() if holds_secret(name, value)]
    if held:
        _overwrite(held)
    for name in OWN_SECRETS:
        environment.pop(name, None)


def _overwrite(names: list[str]) -> None:
    """Overwrite the values of variables where the C library has them, which is what the system shows."""
    import ctypes  # few processes are started with a secret

    find = ctypes.CDLL(None).getenv
    find.argtypes, find.restype = (ctypes.c_char_p,), ctypes.c_void_p
    for name in names:
        place = find(os.fsencode(name))
        if place:
            ctypes.memset(place, 0, len(ctypes.string_at(place)))
