"""`read`: the text of any source by page, section or rows."""

import re
from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.text import one_line
from kimi_tui.tools.base import Observation, ToolContext
from kimi_tui.tools.desk.documents import open_source
from kimi_tui.tools.text.display import shown

_NAMED = re.compile(r"\[?(S\d{1,9})\b\s*([^\]]*)\]?")


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model may pass."""

    source: Annotated[
        str, msgspec.Meta(description="Id of a source, as in S3, or the path of a document on the desk.", min_length=1)
    ]
    parts: Annotated[
        str, msgspec.Meta(description='What to read: "4" or "p.4-6", "§3", "rows 1-50". Empty begins at the beginning.')
    ] = ""


class Read:
    """Shows parts of a source."""

    name: ClassVar[str] = "read"
    description: ClassVar[str] = (
        "Read a source: a document of the desk, a web page that was opened, or the result of a query. Give its id "
        "(S3) or its path on the desk, and optionally pages, sections or rows. About 12,000 characters are shown at "
        "a time, each part under the label that a citation names, as in [S3 p.4]; the last line says how to go on."
    )
    parameters: ClassVar[type[msgspec.Struct]] = Parameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 180.0

    def effects(self, arguments: Parameters) -> tuple[Effect, ...]:
        """The source that is read."""
        return (Effect("read", source_name(arguments.source)[0]),)

    def label(self, arguments: Parameters) -> str:
        """What is read."""
        source, parts = source_name(arguments.source)
        parts = arguments.parts.strip() or parts
        return f"Read {one_line(source, 100)}" + (f", {one_line(parts, 60)}" if parts else "")

    async def run(self, arguments: Parameters, context: ToolContext) -> Observation:
        """The parts; raises `ToolError`."""
        name, parts = source_name(arguments.source)
        opened = await open_source(context, name)
        text = shown(opened.ref, opened.parts, arguments.parts.strip() or parts, opened.notes)
        return Observation(text, (opened.ref,), notes=opened.notes)


def source_name(source: str) -> tuple[str, str]:
    """The id or path of a source, and the parts when they are given along with an id, as in `[S3 p.4]`."""
    source = source.strip()
    if match := _NAMED.fullmatch(source):
        return match.group(1), match.group(2).strip()
    return source, ""
