"""Files of the desk read and described for the index; runs in worker processes only."""

import msgspec

from kimi_tui.tools.desk.identity import Identity, identity
from kimi_tui.tools.desk.signals import Signals, part_signals
from kimi_tui.tools.text.parts import FileReading
from kimi_tui.tools.text.readers import read_file
from kimi_tui.tools.workers.child import RefusalError


class FileToRead(msgspec.Struct, frozen=True):
    """A file that the index wants to know."""

    path: str
    """Where it is."""
    name: str
    """Its path inside the desk."""
    media_type: str
    known: str = ""
    """The digest that the index has of it; its text is not read again when it is still the same."""


class DescribedFile(msgspec.Struct, frozen=True):
    """What reading a file gave, with what a search weighs."""

    reading: FileReading
    signals: tuple[Signals, ...] = ()
    """One for each part."""
    identity: Identity = Identity()
    """Whom it is about, and when."""


def describe_file(path: str, name: str, media_type: str, known: str = "", second: bool = False) -> DescribedFile:
    """One file, read and described; raises `RefusalError` when it cannot even be opened."""
    return described(name, read_file(path, media_type, known, second))


def describe_files(files: list[FileToRead]) -> list[DescribedFile]:
    """Several small files at once; one that is unreadable says so in its reading."""
    return [_described(msgspec.convert(file, FileToRead)) for file in files]


def described(name: str, reading: FileReading) -> DescribedFile:
    """A reading with what a search weighs."""
    if reading.extraction is None:
        return DescribedFile(reading)
    return DescribedFile(reading, part_signals(reading.extraction), identity(name, reading.extraction))


def _described(file: FileToRead) -> DescribedFile:
    try:
        return describe_file(file.path, file.name, file.media_type, file.known)
    except RefusalError as refusal:
        return DescribedFile(FileReading("", 0, None, str(refusal)))
