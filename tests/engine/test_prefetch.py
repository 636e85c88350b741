"""Fetching ahead: only what the settings allow by name, and nothing of it counts before the model opens it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from kimi_tui.config import load_settings
from kimi_tui.egress.ledger import PREFETCH_TOOL, list_sent_data
from kimi_tui.embedded.script import Script, ScriptedCall, ScriptStep
from kimi_tui.embedded.server import EmbeddedServer
from kimi_tui.events import ObservationRecorded, TurnFinished
from kimi_tui.runner.assembly import open_working_session
from kimi_tui.tools.web.open_page import PREFETCHED_NOTE
from tests.engine.kit import replayed
from tests.tools.kit import Website, response

SEARCH = ScriptedCall("web_search", {"query": "alpha"})


def opening(url: str) -> tuple[ScriptStep, ...]:
    """A model that searches, thinks for a moment, opens a page and answers."""
    memo = ScriptedCall("submit_memo", {"title": "Alpha", "memo": "Alpha is 25 [S1].", "final": True})
    return (
        ScriptStep("I search.", calls=(SEARCH,)),
        ScriptStep(
            "I think a little while before I open it.", calls=(ScriptedCall("open_page", {"url": url}),), pace=20
        ),
        ScriptStep("Enough.", calls=(memo,)),
    )


def paths(website: Website) -> list[str]:
    """Return the paths asked of the website, searches left out."""
    asked = [request.split()[1].decode() for request in website.requests]
    return [path for path in asked if not path.startswith("/search")]


@asynccontextmanager
async def website() -> AsyncIterator[Website]:
    """Search results that name four pages, and the pages."""
    async with Website({}) as site:
        hits = ",".join(f'{{"title": "{n}", "url": "{site.url(f"/{n}")}", "content": "x"}}' for n in range(4))
        for n in range(4):
            site.answers[f"/{n}"] = response(f"<title>Page {n}</title><p>Alpha is 25.</p>".encode())
        site.answers["/search"] = response(f'{{"results": [{hits}]}}'.encode(), "application/json")
        yield site


async def played(folder: Path, site: Website, allow: str, **settings: Any) -> list[ObservationRecorded]:
    """The observations of one session over the website."""
    server = EmbeddedServer(script=Script(opening(site.url("/0"))))
    file = folder / "settings.toml"
    file.write_text(
        f'home = "{folder / "home"}"\nmodel = "scripted"\nsearch_url = "{site.url("")}"\n'
        f'[policy]\nallow_hosts = [{allow}]\nprivate_hosts = ["127.0.0.1"]\n'
    )
    flags = {"base_url": await server.start(), "approve": "all"} | settings
    workplace = await open_working_session(
        load_settings({"KIMI_TUI_CONFIG": str(file)}, flags), question="What is alpha?"
    )
    found: list[ObservationRecorded] = []
    try:
        workplace.session.start()
        async with asyncio.timeout(60):
            async for entry in workplace.session.tail():
                if isinstance(entry.event, ObservationRecorded):
                    found.append(entry.event)
                if isinstance(entry.event, TurnFinished):
                    break
    finally:
        await workplace.close()
        await server.close()
    return found


async def test_pages_of_allowed_hosts_are_fetched_while_the_model_thinks(tmp_path: Path) -> None:
    async with website() as site:
        _, opened, _ = await played(tmp_path, site, '"127.0.0.1"')
        assert sorted(paths(site)) == ["/0", "/1", "/2"]
        assert PREFETCHED_NOTE in opened.text
        assert [ref.address for ref in opened.sources] == [site.url("/0")]


async def test_pages_of_other_hosts_are_fetched_only_when_they_are_opened(tmp_path: Path) -> None:
    """Being approved in advance is not being allowed by name."""
    async with website() as site:
        _, opened, _ = await played(tmp_path, site, "")
        assert paths(site) == ["/0"]
        assert PREFETCHED_NOTE not in opened.text


async def test_nothing_is_fetched_ahead_when_the_setting_is_off(tmp_path: Path) -> None:
    async with website() as site:
        await played(tmp_path, site, '"127.0.0.1"', prefetch=False)
        assert paths(site) == ["/0"]


async def test_nothing_is_fetched_ahead_when_a_budget_is_nearly_spent(tmp_path: Path) -> None:
    async with website() as site:
        await played(tmp_path, site, '"127.0.0.1"', max_bytes=150)
        assert set(paths(site)) <= {"/0"}


async def test_page_fetched_ahead_is_recorded_and_its_bytes_count_once(tmp_path: Path) -> None:
    async with website() as site:
        _, opened, _ = await played(tmp_path, site, '"127.0.0.1"')
        (journal,) = (tmp_path / "home" / "sessions").glob("*/journal.sqlite")
        state = replayed(journal).main
        pages = {page.address: page for page in state.prefetches.pages}
        assert [*pages] == [site.url(f"/{number}") for number in range(3)]
        assert {(page.host, page.allowed_by) for page in pages.values()} == {("127.0.0.1", "allowed-target")}
        taken = pages[site.url("/0")]
        assert (taken.is_over, taken.problem, taken.fetched) == (
            True,
            "",
            len("<title>Page 0</title><p>Alpha is 25.</p>"),
        )
        assert opened.fetched == 0
        rows = [row for row in list_sent_data(state) if row.tool == PREFETCH_TOOL]
        assert [row.arguments for row in rows] == [{"url": address} for address in pages]
        called = sum(call.observation.fetched for call in state.calls.by_id.values() if call.observation)
        assert state.budget.bytes == called + sum(page.fetched for page in pages.values())


async def test_page_that_cannot_be_fetched_ahead_is_recorded_with_its_reason(tmp_path: Path) -> None:
    async with website() as site:
        site.answers["/1"] = response(b"", status=500)
        await played(tmp_path, site, '"127.0.0.1"')
        (journal,) = (tmp_path / "home" / "sessions").glob("*/journal.sqlite")
        failed = next(page for page in replayed(journal).main.prefetches.pages if page.address == site.url("/1"))
        assert (failed.fetched, "status 500" in failed.problem) == (0, True)


async def test_nothing_is_fetched_ahead_while_a_program_is_asked_about_calls(tmp_path: Path) -> None:
    async with website() as site:
        hook = f'{sys.executable}", "-c", "print(1)'
        await played(tmp_path, site, f'"127.0.0.1"]\nhooks.before_call = ["{hook}"', max_steps=4)
        assert paths(site) == []
