"""Programs that are asked before a call: they answer, or the call is refused, whatever they do."""

import os
import sys
import time
from pathlib import Path

import msgspec
import pytest

from kimi_tui.engine.decide import hook_program
from kimi_tui.engine.decide.hook_program import MAX_REPLY_BYTES, ask_hook
from kimi_tui.events import Effect, HookAnswered
from kimi_tui.policy.hook_protocol import HookRequest

REQUEST = HookRequest(
    "s1", 1, 2, "c7", "open_page", "Open a page", {"url": "https://a.example/"}, (Effect("network", "a.example"),),
    True, "ask", "leaves-the-building", "it sends", "", False,
)  # fmt: skip


async def _ask(code: str, request: HookRequest = REQUEST, seconds: float = 20.0) -> HookAnswered:
    return await ask_hook((sys.executable, "-I", "-S", "-c", code), request, seconds, "d1")


async def test_ask_hook_gives_the_call_as_json_and_takes_the_verdict(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    answer = await _ask(f"""
import json, sys
text = sys.stdin.read()
open({str(seen)!r}, "w").write(text)
call = json.loads(text)
print(json.dumps({{"verdict": "ask", "reason": call["effects"][0]["target"] + " \\x1b[2J is new"}}))
""")
    assert (answer.call_id, answer.verdict, answer.asks, answer.problem) == ("c7", "ask", "d1", "")
    assert answer.reason == "a.example ␛[2J is new"
    given = msgspec.json.decode(seen.read_bytes())
    assert msgspec.convert(given, HookRequest) == REQUEST
    assert (given["version"], given["event"], given["arguments"]) == (1, "before_call", {"url": "https://a.example/"})


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise SystemExit(3)", "it ended with code 3"),
        ("import os, sys; sys.stderr.write('disk is full'); sys.exit(1)", "disk is full"),
        ("import os; os.kill(os.getpid(), 9)", "it ended with code -9"),
        ("pass", "its answer is none"),
        ("print('yes')", "its answer is none"),
        (f"print('x' * {MAX_REPLY_BYTES + 1})", "it prints more than"),
        ('print(\'{"verdict": "allow"}\'); raise SystemExit(1)', "it ended with code 1"),
        ("while True: print('{', flush=True)", "it prints more than"),
    ],
)
async def test_ask_hook_refuses_the_call_when_the_program_fails(code: str, words: str) -> None:
    answer = await _ask(code)
    assert answer.verdict == "deny"
    assert words in answer.problem
    assert answer.reason.startswith("no answer, so the call is refused: ")


async def test_ask_hook_ends_a_program_that_is_late_with_what_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "child"
    child = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    begun = time.monotonic()
    start = f"subprocess.Popen([sys.executable, '-I', '-S', '-c', {child!r}])"
    answer = await _ask(f"import subprocess, sys, time; {start}; time.sleep(60)", seconds=1.0)
    assert (answer.verdict, answer.problem) == ("deny", "it did not answer within 1 seconds")
    assert time.monotonic() - begun < 30
    if mark.exists() and mark.read_text():
        with pytest.raises(ProcessLookupError):
            while True:
                os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize("command", ["/nowhere/guard", ".", "a\0b"])
async def test_ask_hook_refuses_the_call_when_there_is_no_such_program(command: str) -> None:
    answer = await ask_hook((command,), REQUEST, 5.0, "d1")
    assert answer.verdict == "deny"
    assert answer.problem


async def test_ask_hook_needs_no_reader_for_a_long_call() -> None:
    """The program answers before it has read a call that no pipe can hold."""
    long = msgspec.structs.replace(REQUEST, arguments={"text": "x" * 1_000_000})
    assert (await _ask('print(\'{"verdict": "allow"}\')', long)).verdict == "allow"


async def test_ask_hook_gives_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KIMI_TUI_API_KEY", "MOONSHOT_API_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://user:word@a.example")
    answer = await _ask(
        "import json, os; print(json.dumps({'verdict': 'deny', 'reason': ' '.join(sorted(os.environ))}))"
    )
    assert {*answer.reason.split()} <= {*hook_program._PASSED_VARIABLES, "LC_CTYPE"}
