"""`kimi-tui egress`: list what left a session, to whom, and by which rule."""

import argparse
import json

import msgspec

from kimi_tui.config import LoadedSettings
from kimi_tui.egress.ledger import SentData, describe_sent_data, list_sent_data
from kimi_tui.export.recording import read_recording
from kimi_tui.headless import DONE
from kimi_tui.journal.session_store import SessionStore
from kimi_tui.text import count_noun


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


def _summarize(sent: list[SentData]) -> str:
    if not sent:
        return "Nothing left this session besides the requests to its model server."
    hosts = {target for row in sent for target in row.targets}
    carrying = sum(bool(row.carried) for row in sent)
    calls, places = count_noun(len(sent), "call"), count_noun(len(hosts), "receiver")
    return f"{calls} to {places}; {carrying or 'none'} carried words of the desk or text that looks encoded."
