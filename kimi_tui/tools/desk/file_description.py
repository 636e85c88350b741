"""Read and describe files of the desk for the index; runs only in worker processes."""

import msgspec

from kimi_tui.tools.desk.document_identity import DocumentIdentity, identify_document
from kimi_tui.tools.desk.part_signals import PartSignals, compute_part_signals
from kimi_tui.tools.text.parts import FileReading
from kimi_tui.tools.workers.child import RefusalError


class FileToRead(msgspec.Struct, frozen=True):
    """A file for the index to read."""

    name: str
    """Its path inside the desk."""
    media_type: str
    known: str = ""
    """The digest that the index has of it; its text is not read again when it is still the same."""


class DescribedFile(msgspec.Struct, frozen=True):
    """The text of a file, with its signals for search."""

    reading: FileReading
    """Its digest and text."""
    signals: tuple[PartSignals, ...] = ()
    """One for each part."""
    identity: DocumentIdentity = DocumentIdentity()
    """Whom it is about, and when."""


def describe_file(
    descriptors: list[int], name: str, media_type: str, known: str = "", second: bool = False
) -> DescribedFile:
    """One open file, read and described; raises `RefusalError` when it cannot even be read."""
    from kimi_tui.tools.text.readers import read_file  # only workers read: others are spared all readers

    return describe_reading(name, read_file(descriptors[0], media_type, known, second))


def describe_files(descriptors: list[int], files: list[FileToRead]) -> list[DescribedFile]:
    """Several small open files at once; one that is unreadable says so in its reading."""
    asked = msgspec.convert(files, list[FileToRead])
    return [_described(descriptor, file) for descriptor, file in zip(descriptors, asked, strict=True)]


def describe_reading(name: str, reading: FileReading) -> DescribedFile:
    """Return a reading with what a search weighs."""
    if reading.extraction is None:
        return DescribedFile(reading)
    return DescribedFile(reading, compute_part_signals(reading.extraction), identify_document(name, reading.extraction))


def _described(descriptor: int, file: FileToRead) -> DescribedFile:
    try:
        return describe_file([descriptor], file.name, file.media_type, file.known)
    except RefusalError as refusal:
        return DescribedFile(FileReading("", 0, None, str(refusal)))
