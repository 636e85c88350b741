"""Put the completion of a screen's line together."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial

from textual.screen import Screen

from kimi_tui.session import Library
from kimi_tui.sources import SourceRef
from kimi_tui.tui.actions import Place, display_key, is_available
from kimi_tui.tui.bridge import SessionBridge
from kimi_tui.tui.completion.candidates import Candidate
from kimi_tui.tui.completion.document_matcher import DocumentMatcher
from kimi_tui.tui.completion.line_completer import LineCompleter
from kimi_tui.tui.completion.popup import CompletionPopup
from kimi_tui.tui.slash_commands import SIGN, SlashCommand, commands_in, matching_commands


class SessionDocuments:
    """The documents that a text in a session may name."""

    def __init__(self, bridge: SessionBridge, library: Library) -> None:
        self._bridge = bridge
        self._library = library

    async def list_desk(self) -> tuple[str, ...]:
        """Return the paths of the documents on the session's desk."""
        opened = self._bridge.state.run.opened
        return await self._library.desk_paths(str(opened.settings.get("desk", "")) if opened else "")

    def list_sources(self) -> list[SourceRef]:
        """Return the sources of the session, the latest first."""
        return list(reversed(self._bridge.state.sources.by_id.values()))


def make_completer(
    screen: Screen[None],
    places: Sequence[Place],
    keys: Mapping[str, str],
    list_paths: Callable[[], Awaitable[Sequence[str]]],
    list_sources: Callable[[], Iterable[SourceRef]] = tuple,
) -> LineCompleter:
    """Return the completion of a screen's line; `list_paths` and `list_sources` return what `@` may complete to."""
    commands = partial(command_candidates, screen, places, keys)
    return LineCompleter(CompletionPopup(), commands, DocumentMatcher(list_paths, list_sources))


def command_candidates(
    screen: Screen[None], places: Sequence[Place], keys: Mapping[str, str], typed: str
) -> list[Candidate]:
    """Return the commands that are available now and begin with what was typed, or have it inside."""
    available = [one for one in commands_in(places) if is_available(one.action, screen, one.run)]
    return [_candidate(command, keys) for command in matching_commands(typed, available)]


def _candidate(command: SlashCommand, keys: Mapping[str, str]) -> Candidate:
    key = display_key(keys.get(command.action.id, command.action.key))
    label = f"{SIGN}{command.name} {command.words_hint}".rstrip()
    words = f"{command.help}  {key}" if key else command.help
    return Candidate(SIGN + command.name, label, words, is_whole=not command.words_hint)
