"""The evidence bundle: one ZIP archive with memo, journal, sources, and a manifest of their digests.

It can be verified by itself, without the library that it came from. Nothing in it is compressed and no file has a
date, so that the same session gives the same bytes everywhere and any changed byte shows.
"""

import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path

import msgspec

from kimi_tui.cells import Cell, decode_cells
from kimi_tui.export.memo_files import format_memo_markdown, format_memo_page
from kimi_tui.export.recording import Recording, fold_recording
from kimi_tui.export.verify import EvidenceStore, verify_lines, verify_record
from kimi_tui.journal.chain import parse_line
from kimi_tui.journal.reader import JournalReader
from kimi_tui.session import SessionError, VerificationCheck
from kimi_tui.sources import Source, SourceRef
from kimi_tui.text import count_noun

MANIFEST = "manifest.json"
"""The file that lists the digests of all others."""
_JOURNAL = "journal.jsonl"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MAX_FILE_BYTES = 1 << 30
"""Bytes: a larger archive is not read."""
_ARCHIVE_ERRORS = (OSError, zipfile.BadZipFile, struct.error, KeyError, ValueError, TypeError, EOFError, RuntimeError)
"""What reading a damaged archive raises."""


def journal_lines(reader: JournalReader) -> bytes:
    """Return the journal as JSON Lines; raises `SessionError` for a damaged one."""
    return "".join(f"{line}\n" for line in reader.lines()).encode()


def pack_bundle(recording: Recording, reader: JournalReader) -> bytes:
    """Return the archive's bytes; raises `SessionError` when there is no memo, or a source is missing."""
    files: dict[str, bytes] = {
        "memo.md": format_memo_markdown(recording).encode(),
        "memo.html": format_memo_page(recording).encode(),
        _JOURNAL: journal_lines(reader),
    }
    for ref in reader.sources.refs():
        source = reader.sources.get(ref.id)
        data = reader.sources.data(ref.digest)
        if source is None or data is None:
            raise SessionError(f"source {ref.id} is not in the store; `kimi-tui verify` says more")
        files[f"sources/{ref.id}{_suffix(ref.media_type)}"] = data
        if ref.cells_digest:
            cells = reader.sources.data(ref.cells_digest)
            if cells is None:
                raise SessionError(f"the cells of source {ref.id} are not in the store; `kimi-tui verify` says more")
            files[f"sources/{ref.id}.cells.jsonl"] = cells
        files[f"sources/{ref.id}.json"] = msgspec.json.format(msgspec.json.encode(source), indent=1)
    files[MANIFEST] = _manifest(files)
    return _archive(files)


def verify_bundle(path: Path) -> list[VerificationCheck]:
    """All checks of an archive: its bytes, its journal's chain, what follows from it, and its memo."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise SessionError(f"{path} has more than {_MAX_FILE_BYTES >> 20} MB; it is not read")
        content = path.read_bytes()
        files = _unpack(content)
        listed = _manifest_check(files, content)
    except _ARCHIVE_ERRORS as error:
        raise SessionError(f"{path} is not an evidence bundle that can be read: {error}") from None
    lines = files.get(_JOURNAL, b"").decode("utf-8", "replace")
    chain = verify_lines(lines)
    if not chain[0].passed:
        return [listed, *chain]
    try:
        recording = fold_recording(parse_line(line) for line in lines.split("\n") if line)
    except (msgspec.MsgspecError, ValueError) as error:
        return [listed, VerificationCheck("chain", False, f"the journal holds what no session records: {error}")]
    return [listed, *chain, *verify_record(recording, _ArchivedSources(files)), _memo_files(recording, files)]


def archived(path: Path) -> EvidenceStore:
    """Return the sources in an archive that was verified; raises `SessionError` when it cannot be read."""
    try:
        return _ArchivedSources(_unpack(path.read_bytes()))
    except _ARCHIVE_ERRORS as error:
        raise SessionError(f"{path} is not an evidence bundle that can be read: {error}") from None


class _ArchivedSources:
    """The sources in an archive."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files
        raw = (data for name, data in files.items() if name.startswith("sources/"))
        self._by_digest = {hashlib.sha256(data).hexdigest(): data for data in raw}

    def refs(self) -> tuple[SourceRef, ...]:
        """All sources; raises `SessionError` when one is damaged."""
        names = [Path(name) for name in self._files if name.startswith("sources/") and name.endswith(".json")]
        found = [self.get(name.stem) for name in names]
        return tuple(source.ref for source in found if source is not None)

    def get(self, source_id: str) -> Source | None:
        """Return a source with its text; raises `SessionError` when it is damaged."""
        described = self._files.get(f"sources/{source_id}.json")
        try:
            return None if described is None else msgspec.json.decode(described, type=Source)
        except msgspec.MsgspecError as error:
            raise SessionError(f"sources/{source_id}.json does not describe a source: {error}") from None

    def cells(self, source_id: str, label: str = "") -> tuple[Cell, ...]:
        """Return the figures that were read from a source; raises `SessionError` when they are damaged."""
        lines = self._files.get(f"sources/{source_id}.cells.jsonl", b"")
        try:
            return tuple(cell for cell in decode_cells(lines) if label in ("", cell.part))
        except ValueError as error:
            raise SessionError(f"the cells of {source_id} cannot be read: {error}") from None

    def data(self, digest: str) -> bytes | None:
        """Return the bytes under a digest."""
        return self._by_digest.get(digest)


def _manifest(files: dict[str, bytes]) -> bytes:
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    return json.dumps(digests, indent=2).encode()


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.create_system = _UNIX
            archive.writestr(info, data)
    return buffer.getvalue()


def _unpack(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = archive.infolist()
        if any(info.compress_type != zipfile.ZIP_STORED or info.file_size > len(content) for info in infos):
            raise SessionError("the archive was not packed by kimi-tui: a file in it is compressed")
        return {info.filename: archive.read(info) for info in infos}


def _manifest_check(files: dict[str, bytes], content: bytes) -> VerificationCheck:
    """Every file against the manifest, and the archive against what packing these files gives."""
    manifest = json.loads(files[MANIFEST])
    others = {name: data for name, data in files.items() if name != MANIFEST}
    changed = [name for name, data in others.items() if manifest.get(name) != hashlib.sha256(data).hexdigest()]
    missing = [name for name in manifest if name not in others]
    if changed or missing:
        return VerificationCheck("manifest", False, f"{(changed + missing)[0]} is not the file that was packed")
    if files[MANIFEST] != _manifest(others) or content != _archive(files):
        return VerificationCheck("manifest", False, "the archive is not byte for byte as it was packed")
    return VerificationCheck("manifest", True, count_noun(len(others), "file"))


def _memo_files(recording: Recording, files: dict[str, bytes]) -> VerificationCheck:
    """Return the memo's two forms against what the journal prints."""
    try:
        same = files.get("memo.md") == format_memo_markdown(recording).encode()
        same = same and files.get("memo.html") == format_memo_page(recording).encode()
    except SessionError as error:
        return VerificationCheck("memo file", False, str(error))
    detail = "word for word what the journal prints" if same else "it is not what the journal prints: it was changed"
    return VerificationCheck("memo file", same, detail)


def _suffix(media_type: str) -> str:
    """Return a harmless file ending: nothing of an outside name reaches a path."""
    known = {"application/pdf": ".pdf", "text/html": ".html", "text/csv": ".csv", "text/markdown": ".md"}
    return known.get(media_type, ".txt" if media_type.startswith("text/") else ".bin")
