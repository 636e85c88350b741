"""The hash chain that makes a journal tamper-evident, and the stored and printed forms of entries.

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
from kimi_tui.journal.compression import StoredText, decompress_text
from kimi_tui.text import replace_surrogates

_DECODERS: dict[str, msgspec.json.Decoder[AnyEvent]] = {
    kind.__name__: msgspec.json.Decoder(kind) for kind in get_args(AnyEvent)
}


def canonical_json(value: Any) -> str:
    """Return plain values as canonical JSON text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def event_type_name(event: AnyEvent) -> str:
    """Return the event's name."""
    return type(event).__name__


def encode_body(event: AnyEvent) -> str:
    """Return the event's fields as canonical JSON; NaN and infinities become null, lone surrogates are replaced."""
    try:
        encoded = msgspec.json.encode(event)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_replace_unstorable(msgspec.to_builtins(event)))
    plain = json.loads(encoded)
    plain.pop("type")
    return canonical_json(plain)


def check_stored_form(event: AnyEvent) -> tuple[AnyEvent, str]:
    """Return the event as it will be read back, and its body; raises `msgspec.ValidationError` for one that cannot be.

    A body is what its event gives again, so that an entry printed from either has the same digest.
    """
    read_back = decode_event(event_type_name(event), encode_body(event))
    return read_back, encode_body(read_back)


def decode_event(type_name: str, stored: StoredText) -> AnyEvent:
    """Decode the event of a stored row; raises `ValueError` or `msgspec.MsgspecError` for a damaged one."""
    if type_name not in _DECODERS:
        raise msgspec.ValidationError(f"no event is called {type_name!r}")
    return _DECODERS[type_name].decode(decompress_text(stored))


def digest_entry(previous: str, session: str, row: tuple[int, str, str, int, int, str], stored: StoredText) -> str:
    """Return the digest of one entry; `row` is (seq, at, trajectory, turn, step, type).

    It is that of the plain text, however the body is stored. Raises `ValueError` or `TypeError` for a damaged one.
    """
    seq, at, trajectory, turn, step, kind = row
    text = (
        f"[{quoted(previous)},{quoted(session)},{seq:d},{quoted(at)},{quoted(trajectory)},{turn:d},{step:d},"
        f"{quoted(kind)},{decompress_text(stored)}]"
    )
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def json_line(entry: Entry) -> str:
    """Return one JSON Lines line in ASCII, as `run`, `show --json` and `export --format jsonl` print it."""
    row = (entry.seq, entry.at, entry.trajectory, entry.turn, entry.step, event_type_name(entry.event))
    return json_line_from_row(entry.session, row, encode_body(entry.event), entry.digest)


def json_line_from_row(session: str, row: tuple[int, str, str, int, int, str], stored: StoredText, digest: str) -> str:
    """Return the same line from a stored row (seq, at, trajectory, turn, step, type), whatever version wrote it."""
    seq, at, trajectory, turn, step, kind = row
    return normalize_line(
        {
            "session": session,
            "seq": seq,
            "at": at,
            "trajectory": trajectory,
            "turn": turn,
            "step": step,
            "type": kind,
            "body": json.loads(decompress_text(stored)),
            "digest": digest,
        }
    )


def parse_line(line: str) -> Entry:
    """Parse a printed line; raises `ValueError` or `msgspec.MsgspecError` for anything else."""
    row = json.loads(line)
    event = decode_event(row.pop("type"), canonical_json(row.pop("body")))
    return msgspec.convert(row | {"event": event}, Entry)


def normalize_line(line: dict[str, Any]) -> str:
    """Return one line of JSON Lines in its canonical form: ASCII, sorted keys, no blanks."""
    return json.dumps(line, sort_keys=True, separators=(",", ":"))


def _replace_unstorable(value: Any) -> Any:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, dict):
        return {replace_surrogates(str(key)): _replace_unstorable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_unstorable(inner) for inner in value]
    return value
