"""`kimi-tui egress`: list what left a session, to whom, and by which rule."""

import argparse
import json

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.egress.ledger import SentData, list_sent_data
from kimi_tui.export.recording import read_recording
from kimi_tui.headless import DONE
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.text import one_line, printable


def list_egress(loaded: LoadedSettings, options: argparse.Namespace) -> int:
    """Print every call that was sent out of a session; raises `SessionError`."""
    shelf = SessionStore(loaded.settings.home_path)
    reader = shelf.open_reader(shelf.resolve_id(options.session))
    try:
        sent = list_sent_data(read_recording(reader).state)
    finally:
        reader.close()
    if options.json:
        for row in sent:
            print(json.dumps(msgspec.to_builtins(row), sort_keys=True))
        return DONE
    for row in sent:
        print("\n".join(describe_sent_data(row)))
    print(_summarize(sent))
    return DONE


def describe_sent_data(row: SentData) -> list[str]:
    """Return one call in lines: when, to whom, by which rule, all that was sent, and what of it is of the desk."""
    times = f", sent {row.attempts} times" if row.attempts > 1 else ""
    who = (
        "approved by a person" if row.allowed_by == "person" else f"allowed by the rule {one_line(row.allowed_by, 60)}"
    )
    what = (
        f"{row.call_id}  step {row.step}  {one_line(row.tool, 40)}" if row.call_id else f"ahead of step {row.step + 1}"
    )
    came = f", {row.received:,} bytes came back" if row.received else ""
    lines = [
        f"{row.at[:19].replace('T', ' ')}  {what} to {one_line(', '.join(row.targets), 200)}  "
        f"{row.characters:,} characters, {who}{times}{came}"
    ]
    lines += [f"    {one_line(name, 24)}: {printable(str(value))}" for name, value in row.arguments.items()]
    return [*lines, *(f"    of the desk: {one_line(words, 300)}" for words in row.carried)]


def _summarize(sent: list[SentData]) -> str:
    if not sent:
        return "Nothing left this session besides the requests to its model server."
    hosts = {target for row in sent for target in row.targets}
    carrying = sum(bool(row.carried) for row in sent)
    calls = "1 call" if len(sent) == 1 else f"{len(sent)} calls"
    places = "1 receiver" if len(hosts) == 1 else f"{len(hosts)} receivers"
    return f"{calls} to {places}; {carrying or 'none'} carried words of the desk or text that looks encoded."
