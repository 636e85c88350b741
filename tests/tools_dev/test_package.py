"""Distributions: the sdist and the wheel are built without a warning, and nothing is missing."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.dev import ROOT

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.pyc", "*.egg-info", "build", "dist", "htmlcov", "snapshot_report.html", "*.sqlite-*"
)
"""What a clone does not have; the folders and files of the project that begin with a dot are copied one by one."""
DOT_FILES = (".gitignore", ".gitattributes", ".pre-commit-config.yaml")
DATA = (".tcss", ".toml", ".typed", ".pdf", ".html", ".csv", ".sqlite")
"""Endings of what the program reads beside its code."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project as a clone has it."""
    copy = tmp_path / "project"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    for name in DOT_FILES:
        shutil.copy2(ROOT / name, copy / name)
    return copy


def build(project: Path, kind: str) -> Path:
    """Build a distribution of the copy into `dist` and return its path; what it says may hold no warning."""
    program = f"import setuptools.build_meta as build; build.build_{kind}('dist')"
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = set(project.glob("dist/*"))
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", program],
        cwd=project,
        env=variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not [line for line in said.splitlines() if "warning" in line.lower()]
    (made,) = set(project.glob("dist/*")) - before
    return made


def test_source_distribution_of_a_clone_is_complete_and_without_warnings(project: Path) -> None:
    expected = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    with tarfile.open(build(project, "sdist")) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert not expected - packed
    assert {"kimi_tui/DECISIONS.md", "CONTRIBUTING.md", "tools/drill/shim.c", "tools/locked.txt"} <= packed
    assert not [name for name in packed if name.endswith(".pyc")]


def test_wheel_holds_code_and_data_of_the_package_alone_and_without_warnings(project: Path) -> None:
    files = [path for path in (project / "kimi_tui").rglob("*") if path.is_file()]
    expected = {path.relative_to(project).as_posix() for path in files if path.suffix in (".py", *DATA)}
    assert {Path(name).suffix for name in expected} == {".py", *DATA}
    with zipfile.ZipFile(build(project, "wheel")) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert not expected - packed
    assert packed - expected <= {"kimi_tui/sample_desk/README.md", "kimi_tui/egress/common_words.txt"}
    assert "kimi_tui/egress/common_words.txt" in packed
