"""Open the person's editor, as VISUAL or EDITOR names it, on a file or on a text that exists nowhere else."""

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kimi_tui.secret_variables import OWN_SECRETS
from kimi_tui.text import one_line

EDITOR_VARIABLES = ("VISUAL", "EDITOR")
"""Variables that name the person's editor, the first that is set wins."""
MAX_TEXT_BYTES = 4 << 20
"""The largest text that is taken back from an editor."""
FILE_NAME = "question.md"
"""The file that a text is edited in; editors know by its ending that it is prose."""


class EditorError(Exception):
    """The editor could not be used; the text says what, why and what to do."""


class EditorNotStarted(EditorError):
    """There is no editor, or it could not be started."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """Return the command of the person's editor with its arguments; raises `EditorError` when none is named."""
    named = next(((name, value) for name in EDITOR_VARIABLES if (value := environment.get(name, "").strip())), None)
    if named is None:
        raise EditorError("no editor is known: set VISUAL or EDITOR, for example EDITOR=nano")
    try:
        command = shlex.split(named[1])
    except ValueError as error:
        raise EditorError(f"{named[0]} is no command line ({error}): {one_line(named[1], 200)}") from None
    if not command[:1] or not command[0]:
        raise EditorError(f"{named[0]} names no program: {one_line(named[1], 200)}")
    return command


def open_editor(command: list[str], path: Path, environment: Mapping[str, str]) -> None:
    """Edit a file and wait until the editor has ended; it is given no secret. Raises `EditorError`."""
    kept = {name: value for name, value in environment.items() if name not in OWN_SECRETS}
    shown = one_line(command[0], 200)
    try:
        ended = subprocess.run([*command, str(path)], env=kept, check=False)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise EditorNotStarted(
            f"the editor {shown!r} cannot be started ({why}); set VISUAL or EDITOR to another one"
        ) from None
    if ended.returncode:
        raise EditorError(f"the editor {shown!r} ended with code {ended.returncode}")


def edit_text(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return a text as the person's editor left it; raises `EditorError`.

    The text is in a file that only its owner can read, in a folder of its own that is removed in the end.
    """
    command = editor_command(environment)
    try:
        folder = Path(tempfile.mkdtemp(prefix="kimi-tui-"))
    except OSError as error:
        raise EditorError(f"there is no place for the text ({error.strerror}): {tempfile.gettempdir()}") from None
    try:
        path = folder / FILE_NAME
        _write_private(path, text)
        open_editor(command, path, environment)
        edited = _read_edited(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return edited if text.endswith("\n") else edited.removesuffix("\n")


def _write_private(path: Path, text: str) -> None:
    try:
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise EditorError(f"the text cannot be written for the editor ({error.strerror}): {path}") from None


def _read_edited(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise EditorError(f"the edited text cannot be read ({error.strerror})") from None
    if len(data) > MAX_TEXT_BYTES:
        raise EditorError(f"the edited text is longer than {MAX_TEXT_BYTES >> 20} MB")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise EditorError("the edited text is not UTF-8; save it as UTF-8") from None
