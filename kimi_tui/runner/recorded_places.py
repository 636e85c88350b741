"""Refuse a session whose recorded server or desk the person never named.

A session's file can come from somebody else. Then it decides neither where the key and all that is said go nor which
folder is opened: what it records counts only when today's settings name the same, or the person did so before.
"""

import shlex

from kimi_tui.config import EMBEDDED, LoadedSettings, SessionSettings, Settings
from kimi_tui.config.known_places import read_known_places, remember_places
from kimi_tui.config.tree import expand_home
from kimi_tui.session import SessionError
from kimi_tui.text import one_line, path_text


class UnknownPlace(SessionError):
    """The session records a server or a desk that is not the person's."""


def refuse_unknown_places(loaded: LoadedSettings, session: str, recorded: SessionSettings) -> None:
    """Raise `UnknownPlace` when going on would use a server or a desk that only the session's file names."""
    settings, known = loaded.settings, read_known_places(loaded.settings.home_path)
    problems, flags = [], []
    if not settings.base_url and recorded.endpoint != EMBEDDED:
        server = server_name(recorded.endpoint, recorded.provider, settings.model or recorded.model)
        is_today = settings.provider == recorded.provider == recorded.endpoint and bool(settings.model)
        if server not in known.servers and not is_today:
            problems.append(f"the server {one_line(recorded.endpoint, 200)}")
            flags.append(_server_flag(recorded))
    if recorded.desk and loaded.origins.get("desk") != "flag" and not is_known_desk(settings, recorded.desk):
        problems.append(f"the folder {one_line(recorded.desk, 200)}")
        flags.append(f"--desk {shlex.quote(one_line(recorded.desk, 400))}")
    if problems:
        raise UnknownPlace(
            f"session {session} was recorded with {' and '.join(problems)}, which your settings do not name; nothing "
            f"was opened or sent. If you want that, add `{' '.join(flags)}`, or name others there; "
            f"`kimi-tui replay {session}` only shows it"
        )


def is_known_desk(settings: Settings, desk: str) -> bool:
    """Return whether today's settings name a recorded desk, or the person did before."""
    today = path_text(expand_home(settings.desk, "desk").resolve()) if settings.desk else ""
    return desk == today or desk in read_known_places(settings.home_path).desks


def remember_session_places(settings: Settings, effective: SessionSettings) -> None:
    """Remember the server and the desk of a session that the person's settings opened."""
    server = (
        "" if effective.endpoint == EMBEDDED else server_name(effective.endpoint, effective.provider, effective.model)
    )
    remember_places(settings.home_path, server=server, desk=effective.desk)


def server_name(endpoint: str, provider: str, model: str) -> str:
    """Return what tells a server from others: its address, for a managed one its provider and the model's vendor."""
    return f"{provider} {model.partition('/')[0]}" if endpoint == provider else endpoint


def _server_flag(recorded: SessionSettings) -> str:
    if recorded.endpoint != recorded.provider:
        return f"--base-url {shlex.quote(one_line(recorded.endpoint, 400))}"
    return f"--provider {recorded.provider} --model {shlex.quote(one_line(recorded.model, 200))}"
