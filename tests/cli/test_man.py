"""The manual page has every command, option, setting, variable and key, and roff prints it without complaint."""

import shutil
import subprocess

import pytest

from kimi_tui.cli.completion import list_verbs
from kimi_tui.cli.man import make_manual
from kimi_tui.cli.parser import COMMANDS, build_parser
from kimi_tui.config import Settings
from kimi_tui.config.declaration import declared_settings
from kimi_tui.tui.actions import ACTIONS
from tests.cli.kit import kimi

GROFF = shutil.which("groff")


@pytest.fixture(scope="module")
def page() -> str:
    return make_manual(build_parser())


def test_man_prints_the_source_where_the_output_is_no_terminal() -> None:
    done = kimi("man")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(".TH KIMI-TUI 1 ")


def test_page_has_every_command_and_each_of_its_options(page: str) -> None:
    listed = {line.removeprefix(".SS ").replace("\\-", "-") for line in page.splitlines() if line.startswith(".SS ")}
    assert set(COMMANDS) <= listed
    for command in list_verbs(build_parser()).choices.values():
        for action in command._actions:
            for flag in {*action.option_strings} - {"-h", "--help"}:
                assert flag.replace("-", "\\-") in page, flag


def test_page_has_every_setting_variable_and_key(page: str) -> None:
    for one in declared_settings(Settings):
        assert f"\\fB{one.name}\\fR" in page
        assert one.setting.variable in page
    for action in ACTIONS:
        assert f"[{action.id}]".replace("-", "\\-") in page


def test_no_option_lacks_its_meaning(page: str) -> None:
    lines = page.splitlines()
    assert not [lines[at - 1] for at, line in enumerate(lines) if line == "\\&"]


def test_text_of_the_page_is_ascii_and_no_request(page: str) -> None:
    assert page.isascii()
    known = (".TH ", ".SH ", ".SS ", ".TP", ".P", ".B ")
    assert all(line.startswith(known) for line in page.splitlines() if line.startswith((".", "'")))


@pytest.mark.skipif(GROFF is None, reason="groff is not installed")
def test_roff_prints_the_page_without_a_warning(page: str) -> None:
    assert GROFF is not None
    done = subprocess.run([GROFF, "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "`kimi-tui config --path` prints" in " ".join(done.stdout.split())
