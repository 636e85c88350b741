"""`web_search`: search the web through the desk's own SearXNG server or one named engine.

A query goes to exactly one host, the one that the call declares; there is no fallback to another. Results are leads,
not sources: what they say counts only after `open_page` has read it.
"""

import asyncio
import posixpath
import re
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec

from kimi_tui.events import Effect
from kimi_tui.network_settings import NetworkSettingError, ProxyRoute, configured_authorities, proxy_route
from kimi_tui.text import count_noun, one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.call_digests import COUNTS_AS_MANNER, COUNTS_AS_WORDS
from kimi_tui.tools.web.address_guard import host_of
from kimi_tui.tools.web.network import FetchOptions, fetch

BACKENDS = {
    "brave": "search.brave.com",
    "duckduckgo": "html.duckduckgo.com",
    "mojeek": "www.mojeek.com",
    "startpage": "www.startpage.com",
    "wikipedia": "en.wikipedia.org",
    "yahoo": "search.yahoo.com",
}
"""The search engines that may be named in the settings, with the host that a query goes to.

An engine that the library does not know or has switched off would make it ask all others instead.
"""
MAX_SECONDS = 15.0
"""The longest a search may take."""


class WebSearchParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `web_search`."""

    query: Annotated[
        str, msgspec.Meta(description="What to search for.", min_length=1, max_length=400, extra=COUNTS_AS_WORDS)
    ]
    limit: Annotated[int, msgspec.Meta(description="The most results to return.", ge=1, le=30)] = 8
    fresh: Annotated[
        bool,
        msgspec.Meta(
            description="Ask again even if this was asked a short while ago and the answer was kept.",
            extra=COUNTS_AS_MANNER,
        ),
    ] = False
    """True when an earlier answer will not do."""


class WebHit(msgspec.Struct, frozen=True):
    """One result, each field on one line; untrusted."""

    title: str
    url: str
    snippet: str


class WebSearch(Tool):
    """Searches the web through one host."""

    name: ClassVar[str] = "web_search"
    description: ClassVar[str] = (
        "Search the web. Returns titles, addresses and snippets. They are leads, not sources: open a result with "
        "open_page before you rely on it. Never put private figures or names from the desk into a query."
    )
    parameters: ClassVar[type[msgspec.Struct]] = WebSearchParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 30.0

    def __init__(self, settings: ToolSettings | None = None) -> None:
        """`settings` say which host a query would go to; without them the default one is declared."""
        self._settings = settings or ToolSettings()

    def effects(self, arguments: WebSearchParameters) -> tuple[Effect, ...]:
        """Return the host that the query goes to."""
        settings = self._settings
        host = host_of(settings.search_url) if settings.search_url else BACKENDS.get(settings.search_backend, "")
        return (Effect("network", host or one_line(settings.search_backend, 60)),)

    def label(self, arguments: WebSearchParameters) -> str:
        """Return the query, in one line."""
        return f"Search the web for {one_line(arguments.query, 150)}"

    async def run(self, arguments: WebSearchParameters, context: ToolContext) -> Observation:
        """Return the results; raises `ToolError` (`not-found` without results, `lookup-failed` on errors)."""
        query = one_line(arguments.query)
        if context.settings.offline:
            raise ToolError("This session is offline; use the documents of the desk.")
        if context.settings.search_url:
            hits = await search_searxng(context.settings.search_url, query)
        else:
            hits = await _search_with_ddgs(context.settings.search_backend, query)
        hits = _unique_pages(hits)[: arguments.limit]
        if not hits:
            raise ToolError(f'No results for "{query}". Try other or fewer words.', "not-found")
        lines = [f'{count_noun(len(hits), "result")} for "{query}".']
        for number, hit in enumerate(hits, 1):
            lines += [f"{number}. {hit.title or '(no title)'}", f"   {hit.url}", f"   {hit.snippet}".rstrip()]
        text = "\n".join(line for line in lines if line.strip())
        leads = tuple(hit.url for hit in hits)
        return Observation(text, fetched=len(text.encode("utf-8", "replace")), leads=leads)


def _unique_pages(hits: list[WebHit]) -> list[WebHit]:
    """Return the hits that are pages, of several spellings of one address the first."""
    pages: dict[str, WebHit] = {}
    for hit in hits:
        if hit.url.startswith(("http://", "https://")):
            pages.setdefault(normalize_page_address(hit.url), hit)
    return list(pages.values())


async def search_searxng(search_url: str, query: str) -> list[WebHit]:
    """Search with a SearXNG server; raises `ToolError` (`lookup-failed`)."""
    base = search_url.rstrip("/").removesuffix("/search")
    url = f"{base}/search?{urlencode({'q': query, 'format': 'json'})}"
    door = FetchOptions(allow_hosts=(host_of(search_url),), seconds=MAX_SECONDS, max_bytes=4 << 20)
    try:
        fetched = await fetch(url, door, "application/json")
        answer = msgspec.json.decode(fetched.data)
        results, silent = answer.get("results") or [], answer.get("unresponsive_engines") or []
    except ToolError as error:
        raise _failed(
            f"{error} The server at {one_line(search_url, 200)} must be running and allow the json format "
            "(search.formats in its settings)"
        ) from None
    except (msgspec.DecodeError, AttributeError, RecursionError):
        raise _failed(
            f"{one_line(search_url, 200)} did not answer with JSON. Check search_url in the settings"
        ) from None
    hits = [_hit(one.get("title"), one.get("url"), one.get("content")) for one in results if isinstance(one, dict)]
    if not hits and silent:
        raise _failed(f"None of the engines behind the search server answered: {one_line(str(silent), 300)}")
    return hits


async def _search_with_ddgs(backend: str, query: str) -> list[WebHit]:
    """Search with one engine; raises `ToolError` (`lookup-failed`)."""
    if backend not in BACKENDS:
        raise ToolError(
            f"The search engine {one_line(backend, 60)} in the settings is not one of {', '.join(BACKENDS)}. "
            "A person must correct search_backend or set search_url.",
            "lookup-failed",
        )
    try:
        configured_authorities()  # the library asks on without them, and writes that to the terminal
        route = proxy_route(f"https://{BACKENDS[backend]}")
        async with asyncio.timeout(MAX_SECONDS):
            found = await asyncio.to_thread(_ask_engine, backend, query, route)
    except NetworkSettingError as error:
        raise _failed(f"{error.message} A person must correct it: {error.advice.rstrip('.')}") from None
    except TimeoutError:
        raise _failed(f"{BACKENDS[backend]} did not answer within {MAX_SECONDS:g} seconds") from None
    if found is None:
        raise _failed(f"{BACKENDS[backend]} refused the search, as search engines do with programs")
    return found


def _ask_engine(backend: str, query: str, route: ProxyRoute) -> list[WebHit] | None:
    """Return one engine's results, None when it refused; no other engine can replace it."""
    from ddgs.engines import ENGINES
    from ddgs.exceptions import DDGSException

    engine = ENGINES["text"].get(backend)
    if engine is None:
        raise _failed(f"The search library no longer offers {backend}")
    try:
        found = engine(proxy=route.proxy or None, timeout=int(MAX_SECONDS) - 3).search(query)
    except (DDGSException, ValueError) as error:  # a page that cannot be parsed is a ValueError
        way = f" by way of the proxy that {route.variable} names ({route.shown_proxy})" if route.proxy else ""
        raise _failed(f"{BACKENDS[backend]} could not be asked{way}: {one_line(str(error), 200)}") from None
    return None if found is None else [_hit(one.title, one.href, one.body) for one in found]


def _hit(title: Any, url: Any, snippet: Any) -> WebHit:
    return WebHit(one_line(str(title or ""), 200), one_line(str(url or ""), 1_000), one_line(str(snippet or ""), 400))


def _failed(why: str) -> ToolError:
    return ToolError(
        f"The search did not work: {why}. Nothing is known about whether results exist. "
        "Try once more, then go on with the documents and pages that you have.",
        "lookup-failed",
    )


_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"^(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)")
_MOBILE = re.compile(r"(?<=[^.])\.(?:m|mobile)\.(?=[^.]+\.[^.]+$)")
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_AMP = re.compile(r"/amp/?$|\.amp(?=\.html?$)")
_TRACKING = re.compile(
    r"(?i)^(?:utm_\w+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|twclid|igshid|li_fat_id|mc_[ce]id|_ga|_gl"
    r"|_hs\w+|hsa_\w+|ref_?src|ref_?url|referrer|cmpid|ocid|ncid|spm|pk_\w+|mtm_\w+|amp)$"
)
"""Names of parameters that say where a reader came from and not which page it is."""


def normalize_page_address(address: str) -> str:
    """Return the one spelling of a page's address; the text itself when it is no address.

    Scheme, `www.`, default port, case of the host, a slash at the end, `index.html`, fragments, tracking parameters
    and the order of the others tell no page from another, nor does the way in which characters are escaped.
    """
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if host and not host.isascii() else host
    except (ValueError, UnicodeError):
        return address
    if parts.scheme not in _PORTS or not host:
        return address
    host = _MOBILE.sub(".", _HOST.sub("", host))
    where = f":{port}" if port and port not in _PORTS.values() else ""
    path = _AMP.sub("", _INDEX.sub("/", posixpath.normpath(re.sub(r"/{2,}", "/", unquote(parts.path) or "/"))))
    query = _page_query(parts.query)
    fragment = parts.fragment if parts.fragment.startswith(("!", "/")) else ""  # pages that a script makes
    return f"{host}{where}{quote(path.rstrip('/'))}?{query}#{fragment}"


def _page_query(query: str) -> str:
    """Return the parameters of an address that tell pages apart, in one order."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(sorted(pair for pair in pairs if not _TRACKING.match(pair[0])))
