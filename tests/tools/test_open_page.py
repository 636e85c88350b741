"""Pages of the web as sources: kept as they arrived, shown as `read` shows them, refused when they cannot be text."""

import gzip
from pathlib import Path

import pytest

from kimi_tui.events import Effect
from kimi_tui.tools.base import Observation, ToolContext, ToolError, ToolSettings
from kimi_tui.tools.web.open_page import OpenPage, OpenPageParameters
from tests.tools.kit import MemoryStore, Website, redirect, response, source_of, tool_context

PAGE = b"""<!doctype html><html><head><title>Cells &amp; modules</title></head><body><article><h1>Cells</h1>
<p>The record for a tandem cell stood at 34.6 percent in the year that this page describes, says the institute.</p>
<h2>Modules</h2><p>Modules reach 24 percent in the field, which is the figure that a buyer should look at first.</p>
</article></body></html>"""


async def opened(body: bytes, path: str = "/page") -> tuple[Observation, ToolContext, str]:
    async with Website({path: body}) as site, tool_context(ToolSettings(allow_hosts=("127.0.0.1",))) as context:
        return await OpenPage().run(OpenPageParameters(site.url(path)), context), context, site.url(path)


async def refused(body: bytes) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await opened(body)
    return caught.value


async def test_a_page_becomes_a_source_and_its_beginning_is_shown() -> None:
    observation, context, url = await opened(response(PAGE, headers=["X-Other: y"]))
    assert observation.text.startswith("[S1] Cells")
    assert url in observation.text.split("\n")[0]
    assert "--- [S1 §1]" in observation.text
    assert "34.6 percent" in observation.text
    source = source_of(context, "S1")
    assert (source.ref.kind, source.ref.address, source.ref.media_type) == ("page", url, "text/html")
    assert observation.sources == (source.ref,)
    store = context.sources
    assert isinstance(store, MemoryStore)
    assert store.data["S1"] == PAGE


async def test_the_address_is_the_one_after_redirects() -> None:
    async with (
        Website({"/old": redirect("/new"), "/new": response(PAGE)}) as site,
        tool_context(ToolSettings(allow_hosts=("127.0.0.1",))) as context,
    ):
        observation = await OpenPage().run(OpenPageParameters(site.url("/old")), context)
        again = await OpenPage().run(OpenPageParameters(site.url("/new")), context)
        assert observation.sources[0].address == site.url("/new")
        assert again.sources == observation.sources


async def test_a_long_page_says_how_to_read_on() -> None:
    paragraphs = b"".join(b"<h2>Part %d</h2><p>%s</p>" % (n, b"Plain words of the report. " * 40) for n in range(60))
    observation, _, _ = await opened(response(b"<html><body>" + paragraphs + b"</body></html>"))
    assert len(observation.text) < 14_000
    assert 'Go on with read(source="S1", parts="' in observation.text.split("\n")[-1]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (response("Größe".encode("latin-1"), "text/plain; charset=iso-8859-1"), "Größe"),
        (response("Größe".encode(), "text/plain"), "Größe"),
        (response(b"a,b\n1,2\n", "text/csv"), "row 1: 1 | 2"),
        (response(b'{"rate": 4.25}', "application/problem+json"), "4.25"),
        (response(b"<feed><title>News</title></feed>", "application/atom+xml"), "News"),
        (response(b"<html><body><p>Untyped page with words.</p></body></html>", ""), "Untyped page"),
        (response(gzip.compress(b"packed words"), "text/plain", headers=["Content-Encoding: gzip"]), "packed words"),
    ],
    ids=["latin-1", "utf-8", "csv", "json", "xml", "untyped", "gzip"],
)
async def test_other_kinds_of_text_are_read_too(body: bytes, words: str) -> None:
    assert words in (await opened(body))[0].text


async def test_a_pdf_is_known_by_its_first_bytes() -> None:
    from fpdf import FPDF

    document = FPDF()
    document.add_page()
    document.set_font("Helvetica")
    document.cell(text="Revenue was 412 million.")
    observation, context, _ = await opened(response(bytes(document.output()), "application/octet-stream"))
    assert "--- [S1 p.1]" in observation.text
    assert "Revenue was 412 million." in observation.text
    assert source_of(context, "S1").ref.media_type == "application/pdf"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (response(b"\x89PNG\r\n", "image/png"), "image/png, which cannot be read"),
        (response(b"PK\x03\x04", "application/zip"), "application/zip"),
        (response(b"<svg/>", "image/svg+xml"), "image/svg"),
        (response(b"x", "application/octet-stream"), "octet-stream"),
        (response(b"x", "text\x7f/[2J"), "cannot be read|could not be reached"),
        (response(b"%PDF-1.7 and then nothing", "application/pdf"), "gave no text"),
        (response(b"", "text/html"), "gave no text"),
    ],
    ids=["png", "zip", "svg", "bytes", "odd", "pdf", "empty"],
)
async def test_open_page_binary_content_raises_lookup_failed(body: bytes, words: str) -> None:
    error = await refused(body)
    assert error.status == "lookup-failed"
    assert any(word in str(error) for word in words.split("|"))


async def test_a_hostile_page_is_plain_text() -> None:
    title = "\x1b[2J[@click=app.approve]x[/]"
    page = f"<html><head><title>{title}</title></head><body><p>\x1b]52;c;x\x07Words \u202eback.</p></body></html>"
    observation, _, _ = await opened(response(page.encode()))
    assert all(line.isprintable() for line in observation.text.split("\n"))
    assert "Words" in observation.text


async def test_an_offline_session_opens_nothing(tmp_path: Path) -> None:
    async with Website({"/": response(PAGE)}) as site:
        async with tool_context(ToolSettings(offline=True, allow_hosts=("127.0.0.1",))) as context:
            with pytest.raises(ToolError, match="offline"):
                await OpenPage().run(OpenPageParameters(site.url()), context)
        assert site.requests == []


def test_the_effect_is_the_host() -> None:
    assert OpenPage().effects(OpenPageParameters("https://Docs.Example.org/a?b=c")) == (
        Effect("network", "docs.example.org"),
    )
