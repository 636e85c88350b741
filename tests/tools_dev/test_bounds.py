"""Each bound finds what breaks it and lets pass what does not."""

from pathlib import Path

import pytest

from tools import bounds


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty project."""
    for folder in bounds.FOLDERS:
        (tmp_path / folder).mkdir()
    return tmp_path


def problems(project: Path) -> list[str]:
    """Return the findings, but for the smallness of the test's own modules."""
    found = bounds.check(project, reasons={})
    return [f"{one.path}:{one.line}: {one.problem}" for one in found if "importers" not in one.problem]


def write(project: Path, path: str, text: str) -> None:
    (project / path).write_text(text, encoding="utf-8")


def test_a_clean_project_has_no_findings(project: Path) -> None:
    write(project, "kimi_tui/one.py", '"""One."""\n\nimport kimi_tui.two\n')
    write(project, "kimi_tui/two.py", '"""Two."""\n')
    assert problems(project) == []


@pytest.mark.parametrize("folder", bounds.FOLDERS)
def test_a_file_of_401_lines_is_too_long(project: Path, folder: str) -> None:
    write(project, f"{folder}/long.py", "x = 1\n" * 400)
    assert problems(project) == []
    write(project, f"{folder}/long.py", "x = 1\n" * 401)
    assert problems(project) == [f"{folder}/long.py:1: the file has 401 lines; 400 are allowed"]


def test_a_function_of_51_lines_is_too_long(project: Path) -> None:
    write(project, "kimi_tui/long.py", "async def work():\n" + "    x = 1\n" * 49)
    assert problems(project) == []
    write(project, "kimi_tui/long.py", "async def work():\n" + "    x = 1\n" * 50)
    assert problems(project) == ["kimi_tui/long.py:1: work has 51 lines; 50 are allowed"]


def test_a_test_may_be_as_long_as_it_reads_well(project: Path) -> None:
    write(project, "tests/test_long.py", "def test_work():\n" + "    x = 1\n" * 60)
    assert problems(project) == []


def test_a_class_of_41_methods_is_too_big(project: Path) -> None:
    methods = [f"    def step{number}(self): ...\n" for number in range(41)]
    write(project, "tools/big.py", "class Big:\n" + "".join(methods[:40]))
    assert problems(project) == []
    write(project, "tools/big.py", "class Big:\n" + "".join(methods))
    assert problems(project) == ["tools/big.py:1: Big has 41 methods; 40 are allowed"]


def class_of(name: str, methods: int, bases: str = "") -> str:
    """The text of a class."""
    body = "".join(f"    def {name.lower()}{number}(self): ...\n" for number in range(methods)) or "    pass\n"
    return f"class {name}{bases}:\n{body}"


def test_a_class_that_is_cut_into_bases_of_other_modules_is_too_big(project: Path) -> None:
    write(project, "kimi_tui/one.py", f'"""One."""\n\n{class_of("One", 20)}')
    write(project, "kimi_tui/pack.py", "from kimi_tui.one import One\n")
    two = f"from kimi_tui.pack import One as Base\n\n{class_of('Two', 20, '(Base[int])')}"
    write(project, "kimi_tui/two.py", two)
    write(project, "kimi_tui/three.py", f"from kimi_tui import two\n\n{class_of('Three', 0, '(two.Two)')}")
    assert [found for found in problems(project) if "methods" in found] == []
    write(project, "kimi_tui/two.py", two.replace("def two0", "def more(self): ...\n    def two0"))
    assert [found for found in problems(project) if "methods" in found] == [
        "kimi_tui/two.py:3: Two has 41 methods, with those of its own bases; 40 are allowed"
    ]


def test_methods_of_bases_from_elsewhere_and_of_the_same_name_are_not_counted(project: Path) -> None:
    write(project, "tools/mine.py", f"from textual.app import App\n\n{class_of('Screen', 40, '(App)')}")
    write(project, "tools/other.py", class_of("App", 40))
    assert problems(project) == []


def test_a_base_of_two_bases_is_counted_once(project: Path) -> None:
    bases = class_of("Top", 30) + class_of("Left", 3, "(Top)") + class_of("Right", 3, "(Top)")
    write(project, "tools/diamond.py", bases + class_of("Both", 4, "(Left, Right)"))
    assert problems(project) == []


def test_a_small_module_needs_two_importers_or_a_reason(project: Path) -> None:
    write(project, "kimi_tui/__init__.py", "")
    write(project, "kimi_tui/small.py", "x = 1\n" * 39)
    write(project, "kimi_tui/large.py", "from kimi_tui import small\n" + "x = 1\n" * 39)
    [found] = bounds.check(project, reasons={})
    assert found.path == Path("kimi_tui/small.py")
    assert found.problem.startswith("a module of 39 lines with fewer than 2 importers")
    assert bounds.check(project, reasons={"kimi_tui.small": "a reason"}) == []
    write(project, "tests/test_small.py", "from kimi_tui.small import x\n")
    assert bounds.check(project, reasons={}) == []
    [needless] = bounds.check(project, reasons={"kimi_tui.small": "a reason"})
    assert needless.problem == "SMALL_MODULES gives a reason that is not needed"


@pytest.mark.parametrize(
    "comment", ["noqa", "noqa: E501", "type: ignore[arg-type]", "pragma: no cover", "mypy: ignore-errors"]
)
@pytest.mark.parametrize("folder", bounds.FOLDERS)
def test_a_silenced_check_is_found(project: Path, folder: str, comment: str) -> None:
    write(project, f"{folder}/quiet.py", f"import os  # {comment}\n")
    assert [found.split("`")[0] for found in problems(project)] == [f"{folder}/quiet.py:1: "]


def test_a_string_that_speaks_of_silencing_silences_nothing(project: Path) -> None:
    write(project, "tools/speaks.py", 'text = "# noqa"\n')
    assert problems(project) == []


def test_allowed_silencer_is_accepted_in_its_file_alone(project: Path) -> None:
    write(project, "tools/quiet.py", "import os  # noqa\n")
    write(project, "tools/other.py", "import os  # noqa\n")
    found = bounds.check(project, {("tools/quiet.py", "noqa"): "a reason"})
    assert [finding.path for finding in found] == [Path("tools/other.py")]


def test_a_field_without_a_docstring_is_found(project: Path) -> None:
    write(project, "kimi_tui/bare.py", '"""A module."""\n\nclass Thing:\n    """Something."""\n\n    size: int\n')
    assert problems(project) == ["kimi_tui/bare.py:6: no docstring explains the field `size`"]


@pytest.mark.parametrize(
    "body",
    [
        '"""Something."""\n\n    size: int\n    """In bytes."""\n',
        '"""Something of a size in bytes."""\n\n    size: int\n',
        '"""Something."""\n\n    _size: int\n',
        '"""Something."""\n\n    size: ClassVar[int] = 1\n',
    ],
)
def test_a_field_that_is_explained_or_private_or_of_the_class_passes(project: Path, body: str) -> None:
    write(project, "kimi_tui/told.py", f'"""A module."""\n\nclass Thing:\n    {body}')
    assert problems(project) == []


def test_a_name_is_explained_once_for_the_whole_product(project: Path) -> None:
    write(project, "kimi_tui/one.py", 'class One:\n    """One."""\n\n    size: int\n    """In bytes."""\n')
    write(project, "kimi_tui/two.py", 'class Two:\n    """Two."""\n\n    size: int\n')
    assert problems(project) == []


def test_an_import_cycle_is_found_even_inside_a_function(project: Path) -> None:
    write(project, "kimi_tui/one.py", "from kimi_tui import two\n")
    write(project, "kimi_tui/two.py", "def work():\n    from kimi_tui.one import x\n")
    [found] = problems(project)
    assert "an import cycle: " in found
    assert "kimi_tui.one" in found
    assert "kimi_tui.two" in found


def test_a_finding_makes_the_check_fail_and_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bounds.main(project) == 0
    write(project, "tools/quiet.py", "import os  # noqa\n")
    assert bounds.main(project) == 1
    assert "tools/quiet.py:1: `noqa` silences a check" in capsys.readouterr().out
