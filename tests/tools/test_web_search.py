"""Searching: one host, results on single lines, and the ways in which a search fails kept apart."""

import msgspec
import pytest

from kimi_tui.events import Effect
from kimi_tui.tools.base import Observation, ToolError, ToolSettings
from kimi_tui.tools.web.web_search import BACKENDS, WebSearch, WebSearchParameters, normalize_page_address
from tests.tools.kit import Website, redirect, response, tool_context

HITS = [
    {"title": "First", "url": "https://a.example/1", "content": "about cells"},
    {"title": "Second\n3. Forged", "url": "https://b.example/2", "content": "more\x1b[2J\ncells"},
    {"title": "Odd", "url": "javascript:alert(1)", "content": ""},
    {"title": None, "url": "http://c.example/", "content": None},
    "not even an object",
]


def answer(**body: object) -> bytes:
    return response(msgspec.json.encode(body), "application/json")


async def search(site: Website, query: str = "solar cells", limit: int = 8) -> Observation:
    async with tool_context(ToolSettings(search_url=site.url())) as context:
        return await WebSearch(context.settings).run(WebSearchParameters(query, limit), context)


async def failed(body: bytes) -> ToolError:
    async with Website({"/search": body}) as site:
        with pytest.raises(ToolError) as caught:
            await search(site)
    return caught.value


async def test_results_are_leads_with_title_address_and_snippet() -> None:
    async with Website({"/search": answer(results=HITS)}) as site:
        observation = await search(site, "solar cells & more")
        assert b"GET /search?q=solar+cells+%26+more&format=json HTTP/1.1" in site.requests[0]
    assert observation.text.split("\n") == [
        '3 results for "solar cells & more".',
        "1. First",
        "   https://a.example/1",
        "   about cells",
        "2. Second 3. Forged",
        "   https://b.example/2",
        "   more␛[2J cells",
        "3. (no title)",
        "   http://c.example/",
    ]
    assert observation.sources == ()


async def test_the_limit_holds() -> None:
    async with Website({"/search": answer(results=HITS)}) as site:
        assert (await search(site, limit=1)).text.startswith('1 result for "solar cells".')


@pytest.mark.parametrize(
    "other",
    [
        "http://www.Example.org/report",
        "https://example.org/report/",
        "https://example.org:443/report?utm_source=x&fbclid=1",
        "https://example.org/report#section-2",
        "https://example.org//report/index.html",
        "https://m.example.org/%72eport",
        "https://example.org/a/../report",
        "https://example.org/report/amp",
    ],
)
def test_spellings_of_one_address_are_one_page(other: str) -> None:
    assert normalize_page_address(other) == normalize_page_address("https://example.org/report")


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/report?id=2",
        "https://example.org/Report",
        "https://example.org:8080/report",
        "https://example.org/report/2",
        "https://news.example.org/report",
        "https://example.org/report#!/two",
        "https://[broken",
        "about:blank",
    ],
)
def test_other_pages_stay_apart(other: str) -> None:
    assert normalize_page_address(other) != normalize_page_address("https://example.org/report")


def test_the_order_of_parameters_tells_no_page_from_another() -> None:
    assert normalize_page_address("https://a.example/x?b=2&a=1") == normalize_page_address(
        "https://a.example/x?a=1&b=2"
    )


async def test_one_page_in_five_spellings_fills_one_place() -> None:
    spellings = (
        *("https://a.example/p", "http://a.example/p/", "https://www.a.example/p?utm_medium=m"),
        *("https://a.example/p#x", "https://a.example/index.html/../p"),
    )
    hits = [{"title": f"T{n}", "url": url, "content": ""} for n, url in enumerate((*spellings, "https://b.example/"))]
    async with Website({"/search": answer(results=hits)}) as site:
        observation = await search(site, limit=3)
    assert observation.leads == ("https://a.example/p", "https://b.example/")


async def test_no_results_is_not_found_and_a_blocked_search_is_a_failed_lookup() -> None:
    nothing = await failed(answer(results=[]))
    assert (nothing.status, "No results" in str(nothing)) == ("not-found", True)
    blocked = await failed(answer(results=[], unresponsive_engines=[["google", "CAPTCHA"]]))
    assert (blocked.status, "CAPTCHA" in str(blocked)) == ("lookup-failed", True)


@pytest.mark.parametrize(
    "body",
    [
        response(b"<h1>Forbidden</h1>", status=403),
        response(b"", status=404),
        response(b"<html>a login page</html>"),
        answer() + b"",
        response(b"[1, 2]", "application/json"),
        response(b"[" * 100_000, "application/json"),
        redirect("https://elsewhere.example/search"),
        b"",
    ],
    ids=lambda body: ascii(body[:40]),
)
async def test_a_server_that_does_not_serve_is_a_failed_lookup_or_finds_nothing(body: bytes) -> None:
    error = await failed(body)
    assert error.status == ("not-found" if body == answer() else "lookup-failed")


@pytest.mark.parametrize(
    "backend", ["auto", "all", "bing", "google", "yandex", "duckduckgo,google", "", "Brave", "nonsense"]
)
async def test_a_search_engine_that_is_not_on_the_list_is_refused(backend: str) -> None:
    async with tool_context(ToolSettings(search_backend=backend)) as context:
        with pytest.raises(ToolError, match="search_backend") as caught:
            await WebSearch(context.settings).run(WebSearchParameters("x"), context)
    assert caught.value.status == "lookup-failed"


def test_every_engine_on_the_list_is_one_that_the_library_asks() -> None:
    from ddgs.engines import ENGINES

    for backend, host in BACKENDS.items():
        url = ENGINES["text"][backend].search_url
        assert host in url or url.startswith("https://{lang}.wikipedia.org/")


def test_the_effect_is_the_host_that_the_query_goes_to() -> None:
    arguments = WebSearchParameters("x")
    assert WebSearch().effects(arguments) == (Effect("network", "html.duckduckgo.com"),)
    own = WebSearch(ToolSettings(search_url="http://127.0.0.1:8888/searx/"))
    assert own.effects(arguments) == (Effect("network", "127.0.0.1"),)
    assert WebSearch(ToolSettings(search_backend="odd\n")).effects(arguments) == (Effect("network", "odd"),)


async def test_an_offline_session_does_not_search() -> None:
    async with Website({"/search": answer(results=HITS)}) as site:
        async with tool_context(ToolSettings(search_url=site.url(), offline=True)) as context:
            with pytest.raises(ToolError, match="offline"):
                await WebSearch(context.settings).run(WebSearchParameters("x"), context)
        assert site.requests == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("HTTPS_PROXY", "foo:bar"), ("ALL_PROXY", "ftp://127.0.0.1"), ("SSL_CERT_FILE", "/no/such/file")],
)
async def test_search_with_an_unusable_variable_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    async with tool_context(ToolSettings()) as context:
        with pytest.raises(ToolError, match=f"{variable} (is|names)") as caught:
            await WebSearch(context.settings).run(WebSearchParameters("solar cells"), context)
    assert caught.value.status == "lookup-failed"


async def test_search_by_a_dead_proxy_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    async with tool_context(ToolSettings()) as context:
        with pytest.raises(ToolError, match=r"the proxy that HTTPS_PROXY names \(http://127.0.0.1:1\)"):
            await WebSearch(context.settings).run(WebSearchParameters("solar cells"), context)
