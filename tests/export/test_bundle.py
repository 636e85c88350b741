"""Evidence bundles: the same bytes each time, verified by themselves, and no changed byte unseen."""

import hashlib
import io
import json
import os
import random
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from kimi_tui.cells import digest_cells
from kimi_tui.export.bundle import verify_bundle
from kimi_tui.export.file_writer import export_content, write_export
from kimi_tui.journal.chain import canonical_json
from kimi_tui.journal.reader import JournalReader
from kimi_tui.journal.writer import JournalWriter
from kimi_tui.session import SessionError, VerificationCheck
from kimi_tui.sources import Part
from tests.story import PAGE, keep_cells

ALL_HOLD = ["manifest", "chain", "context", "sources", "citations", "judge", "decisions", "memo file"]


def failing(checks: list[VerificationCheck]) -> list[str]:
    return [one.name for one in checks if not one.passed]


@pytest.fixture
def bundle(reader: JournalReader, tmp_path: Path) -> Path:
    """The story's bundle."""
    return write_export(reader, "bundle", tmp_path / "story.zip")


def test_bundle_verifies_and_is_reproducible(bundle: Path, reader: JournalReader) -> None:
    assert [(one.name, one.passed) for one in verify_bundle(bundle)] == [(name, True) for name in ALL_HOLD]
    assert export_content(reader, "bundle") == bundle.read_bytes()
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        assert names == ["memo.md", "memo.html", "journal.jsonl", "sources/S1.pdf", "sources/S1.json", "manifest.json"]
        assert archive.read("sources/S1.pdf") == PAGE
        assert archive.testzip() is None


def found_in(path: Path, content: bytes) -> bool:
    """Return whether a changed bundle is refused or fails a check."""
    path.write_bytes(content)
    try:
        return bool(failing(verify_bundle(path)))
    except SessionError:
        return True


def test_any_changed_byte_of_a_bundle_is_found(bundle: Path, tmp_path: Path) -> None:
    whole = bundle.read_bytes()
    chance = random.Random(3)
    places = {*chance.sample(range(len(whole)), 300), *range(60), *range(len(whole) - 300, len(whole))}
    for at in places:
        changed = bytearray(whole)
        changed[at] ^= 1 << chance.randrange(8)
        assert found_in(tmp_path / "changed.zip", bytes(changed)), at
    for cut in (1, 100, len(whole) // 2, len(whole) - 1):
        assert found_in(tmp_path / "changed.zip", whole[:cut])
    assert found_in(tmp_path / "changed.zip", whole + b"\0")
    assert found_in(tmp_path / "changed.zip", b"\0" + whole)


def packed(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive as an attacker would make it, its manifest made to fit."""
    files["manifest.json"] = json.dumps(
        {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items()) if name != "manifest.json"},
        indent=2,
    ).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            archive.writestr(info, data, compression)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "old", "new", "failed"),
    [
        ("memo.md", b"512.7", b"999.9", ["memo file"]),
        ("memo.html", b"512.7", b"999.9", ["memo file"]),
        ("sources/S1.pdf", b"annual", b"Annual", ["sources"]),
        ("sources/S1.json", b"512.7", b"999.9", ["sources", "citations"]),
        ("sources/S1.json", b'"p.2"', b'"p.3"', ["sources", "citations"]),
        ("sources/S1.json", b"Annual report", b"Monthly report", ["sources"]),
        ("sources/S1.json", b"{", b"[", ["sources", "citations"]),
        ("journal.jsonl", b"kimi-k2", b"kimi-k3", ["chain"]),
        ("journal.jsonl", b"\n", b"", ["chain"]),
    ],
)
def test_a_forged_file_is_found_even_when_the_manifest_fits(
    bundle: Path, tmp_path: Path, name: str, old: bytes, new: bytes, failed: list[str]
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    assert failing(_verified(tmp_path, packed(dict(files)))) == []
    files[name] = files[name].replace(old, new, 1)
    assert failing(_verified(tmp_path, packed(files))) == failed


def _verified(folder: Path, content: bytes) -> list[VerificationCheck]:
    (folder / "forged.zip").write_bytes(content)
    return verify_bundle(folder / "forged.zip")


def test_a_missing_an_added_and_a_repeated_file_are_found(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    for name in files:
        if name != "manifest.json":
            rest = {other: data for other, data in files.items() if other != name}
            assert failing(_verified(tmp_path, packed(rest))), name
    manifest = files["manifest.json"]
    added = packed(files | {"extra.txt": b"x"})
    assert found_in(tmp_path / "a.zip", added.replace(json.loads(manifest)["memo.md"].encode(), b"0" * 64))
    with zipfile.ZipFile(bundle, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("memo.md", files["memo.md"])
    assert failing(verify_bundle(bundle)) == ["manifest"]


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"garbage" * 99])
def test_verify_bundle_other_file_fails(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "no.zip").write_bytes(content)
    with pytest.raises(SessionError, match="is not an evidence bundle that can be read"):
        verify_bundle(tmp_path / "no.zip")
    with pytest.raises(SessionError, match="is not an evidence bundle that can be read"):
        verify_bundle(tmp_path / "none.zip")


def test_a_compressed_archive_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = packed({"memo.md": bytes(10_000_000)}, zipfile.ZIP_DEFLATED)
    with pytest.raises(SessionError, match="compressed"):
        _verified(tmp_path, bomb)


@pytest.mark.parametrize("manifest", [b"[]", b"{", b'{"memo.md":1}', b"[" * 100_000, b"\xff"])
def test_a_manifest_that_is_none_is_found(bundle: Path, tmp_path: Path, manifest: bytes) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    whole = packed(files)
    assert found_in(tmp_path / "forged.zip", whole.replace(files["manifest.json"], manifest))


def test_sources_of_every_kind_have_harmless_names(journal: JournalWriter, reader: JournalReader) -> None:
    for number, media_type in enumerate(("text/html", "text/csv", "text/markdown", "text/x-evil", "../../etc/passwd")):
        journal.sources.add(
            kind="page", title="../../x", address="/etc/passwd", media_type=media_type, data=b"%d" % number,
            parts=(Part("p.1", "x"),),
        )  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(export_content(reader, "bundle"))) as archive:
        suffixes = [Path(name).suffix for name in archive.namelist() if name.startswith("sources/")]
    assert suffixes == [
        ".pdf",
        ".json",
        ".html",
        ".json",
        ".csv",
        ".json",
        ".md",
        ".json",
        ".txt",
        ".json",
        ".bin",
        ".json",
    ]


def test_cells_are_packed_as_json_lines_and_verified(journal: JournalWriter, tmp_path: Path) -> None:
    ref = keep_cells(journal)
    with closing(JournalReader(journal.path)) as reader:
        path = write_export(reader, "bundle", tmp_path / "cells.zip")
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(f"sources/{ref.id}.cells.jsonl")
    assert (lines.count(b"\n"), digest_cells(lines)) == (1, ref.cells_digest)
    assert failing(verify_bundle(path)) == []


def test_a_session_without_the_bytes_of_a_source_is_not_packed(journal: JournalWriter, reader: JournalReader) -> None:
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as connection:
        connection.execute("delete from blobs")
    with pytest.raises(SessionError, match="source S1 is not in the store"):
        export_content(reader, "bundle")


def test_an_archive_beyond_all_measure_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.zip").open("wb") as file:
        file.truncate(2 << 30)  # a hole: it takes no room
    with pytest.raises(SessionError, match="more than 1024 MB; it is not read"):
        verify_bundle(tmp_path / "huge.zip")


@pytest.mark.parametrize(
    ("event", "body", "failed"),
    [
        ("NoSuchEvent", {}, ["chain"]),
        ("TurnFinished", {"reason": "answered", "memo": {"title": 3}}, ["citations", "memo file"]),
        ("TurnFinished", {"reason": "bored"}, ["chain"]),
    ],
)
def test_a_journal_that_no_session_records_is_found_though_its_chain_holds(
    bundle: Path, tmp_path: Path, event: str, body: dict[str, object], failed: list[str]
) -> None:
    with zipfile.ZipFile(bundle) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    last = json.loads(files["journal.jsonl"].splitlines()[-1])
    row = last | {"seq": last["seq"] + 1, "type": event, "body": body}
    fields = [row[name] for name in ("session", "seq", "at", "trajectory", "turn", "step", "type", "body")]
    row["digest"] = hashlib.sha256(canonical_json([last["digest"], *fields]).encode()).hexdigest()
    files["journal.jsonl"] += json.dumps(row, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    assert failing(_verified(tmp_path, packed(files))) == failed


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_export_is_readable_by_its_owner_alone_whatever_the_umask(
    reader: JournalReader, tmp_path: Path, mask: int
) -> None:
    target, planted = tmp_path / "story.zip", tmp_path / "planted"
    target.with_name(".story.zip.partial").symlink_to(planted)  # of somebody else's
    before = os.umask(mask)
    try:
        write_export(reader, "bundle", target)
    finally:
        os.umask(before)
    assert target.stat().st_mode & 0o777 == 0o600
    assert not planted.exists()
