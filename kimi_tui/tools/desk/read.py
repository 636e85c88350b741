"""`read`: the text of any source by page, section or rows."""

from typing import Annotated, ClassVar

import msgspec

from kimi_tui.events import Effect
from kimi_tui.text import one_line
from kimi_tui.tools.base import Observation, Tool, ToolContext, ToolError
from kimi_tui.tools.desk.documents import open_named, parse_source_name
from kimi_tui.tools.text.source_display import format_parts


class ReadToolParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of `read`."""

    source: Annotated[
        str, msgspec.Meta(description="Id of a source, as in S3, or the path of a document on the desk.", min_length=1)
    ]
    parts: Annotated[
        str, msgspec.Meta(description='What to read: "4" or "p.4-6", "§3", "rows 1-50". Empty begins at the beginning.')
    ] = ""


class Read(Tool):
    """Shows parts of a source."""

    name: ClassVar[str] = "read"
    description: ClassVar[str] = (
        "Read a source: a document of the desk, a web page that was opened, or the result of a query. Give its id "
        "(S3) or its path on the desk, and optionally pages, sections or rows. About 12,000 characters are shown at "
        "a time, each part under the label that a citation names, as in [S3 p.4]; the last line says how to go on."
    )
    parameters: ClassVar[type[msgspec.Struct]] = ReadToolParameters
    read_only: ClassVar[bool] = True
    timeout: ClassVar[float] = 180.0

    def effects(self, arguments: ReadToolParameters) -> tuple[Effect, ...]:
        """Return the source that is read."""
        return (Effect("read", parse_source_name(arguments.source)[0]),)

    def label(self, arguments: ReadToolParameters) -> str:
        """Return the source and parts to read, in one line."""
        source, parts = parse_source_name(arguments.source)
        parts = arguments.parts.strip() or parts
        return f"Read {one_line(source, 100)}" + (f", {one_line(parts, 60)}" if parts else "")

    async def run(self, arguments: ReadToolParameters, context: ToolContext) -> Observation:
        """Return the parts; raises `ToolError`."""
        opened, parts = await open_named(context, arguments.source)
        try:
            text = format_parts(opened.ref, opened.parts, arguments.parts.strip() or parts, opened.notes)
        except ToolError as error:
            notes = "".join(f" Note: {one_line(note)}" for note in opened.notes)
            raise ToolError(f"{error}{notes}", error.status) from None
        return Observation(text, (opened.ref,), notes=opened.notes)
