"""The evidence bundle: one ZIP archive with the memo, the journal, every source, and a manifest of their digests.

It can be verified by itself, without the library that it came from.
"""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import msgspec

from kimi_tui.export.memo import memo_markdown, memo_page
from kimi_tui.export.recording import Recording
from kimi_tui.export.verify import Check, check_memo, verify_lines
from kimi_tui.journal.chain import line_of
from kimi_tui.session import SessionError
from kimi_tui.sources import Source

MANIFEST = "manifest.json"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the archive, so that the same session gives the same bytes."""
_LARGEST = 512 << 20
"""Bytes of one unpacked file: a larger one is not read."""


def journal_lines(recording: Recording) -> bytes:
    """The journal as JSON Lines."""
    return "".join(line_of(entry) + "\n" for entry in recording.entries).encode()


def pack(recording: Recording) -> bytes:
    """The archive's bytes; raises `SessionError` when there is no memo, or a source is missing."""
    files: dict[str, bytes] = {
        "memo.md": memo_markdown(recording).encode(),
        "memo.html": memo_page(recording).encode(),
        "journal.jsonl": journal_lines(recording),
    }
    for ref in recording.reader.sources.refs():
        source = recording.reader.sources.get(ref.id)
        data = recording.reader.sources.data(ref.digest)
        if source is None or data is None:
            raise SessionError(f"source {ref.id} is not in the store; `kimi-tui verify` says more")
        files[f"sources/{ref.id}{_suffix(ref.media_type)}"] = data
        files[f"sources/{ref.id}.json"] = msgspec.json.format(msgspec.json.encode(source), indent=1)
    manifest = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    files[MANIFEST] = json.dumps(manifest, indent=2).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EARLIEST), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def verify_bundle(path: Path) -> list[Check]:
    """All checks of an archive: its manifest, its journal's chain, its sources' bytes, its memo's citations."""
    try:
        with zipfile.ZipFile(path) as archive:
            if any(info.file_size > _LARGEST for info in archive.infolist()):
                raise SessionError(f"{path} holds a file of more than {_LARGEST >> 20} MB; it is not read")
            files = {info.filename: archive.read(info) for info in archive.infolist()}
        manifest: dict[str, str] = json.loads(files.pop(MANIFEST))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SessionError(f"{path} is not an evidence bundle that can be read: {error}") from None
    listed = Check("manifest", True, f"{len(files)} files")
    changed = [name for name, data in files.items() if manifest.get(name) != hashlib.sha256(data).hexdigest()]
    missing = [name for name in manifest if name not in files]
    if changed or missing:
        listed = Check("manifest", False, f"{(changed + missing)[0]} is not the file that was packed")
    lines = files.get("journal.jsonl", b"").decode("utf-8", "replace")
    return [listed, *verify_lines(lines), _sources(files), _citations(lines, files)]


def _sources(files: dict[str, bytes]) -> Check:
    """Each source's bytes against the digest in its description."""
    described = [name for name in files if name.startswith("sources/") and name.endswith(".json")]
    for name in described:
        source = _source(files, Path(name).stem)
        data = next((files[other] for other in files if Path(other).stem == Path(name).stem and other != name), None)
        if source is None or data is None or hashlib.sha256(data).hexdigest() != source.ref.digest:
            return Check("sources", False, f"{name} does not describe the bytes beside it")
    return Check("sources", True, f"{len(described)} sources")


def _citations(lines: str, files: dict[str, bytes]) -> Check:
    """The last memo of the journal, checked from the text in the archive."""
    memo: dict[str, Any] | None = None
    for line in lines.splitlines():
        try:
            row = json.loads(line)
            if row["type"] == "TurnFinished" and row["body"].get("memo"):
                memo = row["body"]["memo"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return Check("citations", False, "the journal cannot be read")
    return check_memo(memo, lambda source_id: _source(files, source_id))


def _source(files: dict[str, bytes], source_id: str) -> Source | None:
    try:
        return msgspec.json.decode(files[f"sources/{source_id}.json"], type=Source)
    except (KeyError, msgspec.MsgspecError):
        return None


def _suffix(media_type: str) -> str:
    """A harmless file ending: nothing of an outside name reaches a path."""
    known = {"application/pdf": ".pdf", "text/html": ".html", "text/csv": ".csv", "text/markdown": ".md"}
    return known.get(media_type, ".txt" if media_type.startswith("text/") else ".bin")
