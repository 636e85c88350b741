"""The source distribution: it is built without a warning, and nothing of the project is missing from it."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools.dev import ROOT

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.pyc", "*.egg-info", "build", "dist", "htmlcov", "snapshot_report.html", "*.sqlite-*"
)
"""What a clone does not have; the folders and files of the project that begin with a dot are copied one by one."""
DOT_FILES = (".gitignore", ".gitattributes", ".pre-commit-config.yaml")
BUILD = "import setuptools.build_meta as build; print(build.build_sdist('dist'))"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a clone has it, with its source distribution in `dist`."""
    copy = tmp_path_factory.mktemp("package") / "project"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for name in DOT_FILES:
        shutil.copy2(ROOT / name, copy / name)
    return copy


def test_source_distribution_of_a_clone_is_complete_and_without_warnings(project: Path) -> None:
    expected = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BUILD],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    with tarfile.open(next((project / "dist").glob("*.tar.gz"))) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert not expected - packed
    assert {"kimi_tui/DECISIONS.md", "CONTRIBUTING.md", "tools/drill/shim.c", "tools/locked.txt"} <= packed
    assert not [name for name in packed if name.endswith(".pyc")]
