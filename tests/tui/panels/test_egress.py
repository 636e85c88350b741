"""The ledger of what left, in the app: by key and by name, with all of a call when it is opened."""

from kimi_tui import events
from kimi_tui.events import Effect, ToolCallProposed
from kimi_tui.tui.panels.egress import EgressPanel
from kimi_tui.tui.widgets.text_view import TextView
from tests.tui.sessions import MemoryLibrary, MemorySession, opened
from tests.tui.stage import staged
from tests.tui.test_hostile_text import screen_text


def _session() -> MemorySession:
    session = MemorySession("s1")
    address = "https://a.example/?q=Corvanne\x1b[2J"
    call = ToolCallProposed("c1", "open_page", {"url": address}, "{}", effects=(Effect("network", "a.example"),))
    session.record(
        opened(),
        events.QuestionAsked("What happens?"),
        call,
        events.PolicyDecided("c1", "allow", "allowed-target"),
        events.OutgoingDataRecorded("c1", ("a.example",), "allowed-target", 31, "0" * 64, ("Corvanne from S2",)),
        events.ToolCallStarted("c1"),
        events.ObservationRecorded("c1", "ok", "A page.", fetched=2_500),
        events.PrefetchStarted("https://b.example/1", "b.example", "allowed-target"),
        events.PrefetchFinished("https://b.example/1", 900),
    )
    return session


async def test_panel_lists_receivers_rule_bytes_and_words_of_the_desk() -> None:
    async with staged(MemoryLibrary(_session()), session_id="s1", size=(120, 40)) as stage:
        await stage.press("escape", "E")
        await stage.until(lambda: isinstance(stage.app.screen, EgressPanel))
        shown = screen_text(stage.app)
        for words in (
            "What left",
            "2 calls",
            "a.example",
            "2.5k",
            "allowed-target",
            "Corvanne from S2",
            "ahead",
            "900",
        ):
            assert words in shown
        await stage.press("enter")
        await stage.until(lambda: stage.app.screen.query_one(TextView).display)
        assert "url: https://a.example/?q=Corvanne␛[2J" in screen_text(stage.app)


async def test_panel_opens_by_its_name_and_says_that_nothing_left() -> None:
    session = MemorySession("s1")
    session.record(opened(), events.QuestionAsked("What happens?"))
    async with staged(MemoryLibrary(session), session_id="s1") as stage:
        await stage.press(*"/egress", "enter")
        await stage.until(lambda: isinstance(stage.app.screen, EgressPanel))
        assert "Nothing left this session" in screen_text(stage.app)
