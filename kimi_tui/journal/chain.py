"""The hash chain that makes a journal tamper-evident, and the form in which entries are stored and printed.

The digest of an entry is SHA-256 over the canonical JSON array
`[previous digest, session, seq, at, trajectory, turn, step, type, body]`; the first entry's previous digest is the
empty string. Canonical JSON has sorted keys, no blanks and no escapes but the necessary ones
(`json.dumps(x, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`), so anybody can compute it again.
The digest of the last entry is kept beside them, so that a journal that was cut off shows it.
"""

import hashlib
import json
from json.encoder import encode_basestring as quoted
from typing import Any, get_args

import msgspec

from kimi_tui.events import AnyEvent, Entry
from kimi_tui.journal.packing import Stored, unpack_text
from kimi_tui.text import replace_surrogates

_DECODERS: dict[str, msgspec.json.Decoder[AnyEvent]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in get_args(AnyEvent)
}


def canonical(value: Any) -> str:
    """Canonical JSON text of plain values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def type_of(event: AnyEvent) -> str:
    """The event's name."""
    return type(event).__name__


def body_of(event: AnyEvent) -> str:
    """The event's fields as canonical JSON; NaN and infinities become null, lone surrogates are replaced."""
    try:
        encoded = msgspec.json.encode(event)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_scrub(msgspec.to_builtins(event)))
    plain = json.loads(encoded)
    plain.pop("type")
    return canonical(plain)


def stored_form(event: AnyEvent) -> tuple[AnyEvent, str]:
    """The event as it will be read back, and its body; raises `msgspec.ValidationError` for one that cannot be.

    A body is what its event gives again, so that an entry printed from either has the same digest.
    """
    read_back = event_from(type_of(event), body_of(event))
    return read_back, body_of(read_back)


def event_from(type_name: str, stored: Stored) -> AnyEvent:
    """The event of a stored row; raises `ValueError` or `msgspec.MsgspecError` for a damaged one."""
    if type_name not in _DECODERS:
        raise msgspec.ValidationError(f"no event is called {type_name!r}")
    return _DECODERS[type_name].decode(unpack_text(stored))


def digest_of(previous: str, session: str, row: tuple[int, str, str, int, int, str], stored: Stored) -> str:
    """The digest of one entry; `row` is (seq, at, trajectory, turn, step, type).

    It is that of the plain text, however the body is stored. Raises `ValueError` or `TypeError` for a damaged one.
    """
    seq, at, trajectory, turn, step, kind = row
    text = (
        f"[{quoted(previous)},{quoted(session)},{seq:d},{quoted(at)},{quoted(trajectory)},{turn:d},{step:d},"
        f"{quoted(kind)},{unpack_text(stored)}]"
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def line_of(entry: Entry) -> str:
    """One JSON Lines line in ASCII, as `run`, `show --json` and `export --format jsonl` print it."""
    row = (entry.seq, entry.at, entry.trajectory, entry.turn, entry.step, type_of(entry.event))
    return line_from(entry.session, row, body_of(entry.event), entry.digest)


def line_from(session: str, row: tuple[int, str, str, int, int, str], stored: Stored, digest: str) -> str:
    """The same line from a stored row (seq, at, trajectory, turn, step, type), whatever version wrote it."""
    seq, at, trajectory, turn, step, kind = row
    return printed(
        {
            "session": session,
            "seq": seq,
            "at": at,
            "trajectory": trajectory,
            "turn": turn,
            "step": step,
            "type": kind,
            "body": json.loads(unpack_text(stored)),
            "digest": digest,
        }
    )


def entry_of(line: str) -> Entry:
    """The entry of a printed line; raises `ValueError` or `msgspec.MsgspecError` for anything else."""
    row = json.loads(line)
    event = event_from(row.pop("type"), canonical(row.pop("body")))
    return msgspec.convert(row | {"event": event}, Entry)


def printed(line: dict[str, Any]) -> str:
    """One line of JSON Lines, always in the same form: in ASCII, with sorted keys and no blanks."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"))


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(str(key)): _scrub(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_scrub(inner) for inner in value]
    return value
