"""Each measure counts what it names and nothing else."""

import json
from pathlib import Path

import pytest

from tools.measure_code import Measure, main, measure


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with one place for each measure."""
    folder = tmp_path / "product"
    folder.mkdir()
    (folder / "one.py").write_text(
        '"""One."""\n\nfrom product import two\n\n\nclass Shared:\n    """Shared."""\n\n    def a(self) -> None:\n'
        "        try:\n            two.run()\n        except Exception:\n            return\n"
    )
    (folder / "two.py").write_text(
        '"""Two."""\n\nimport product.one\n\n\nclass Shared:\n    def b(self, x):\n        return x\n\n\n'
        'class Child(Shared):\n    """Child."""\n\n'
        '    def c(self) -> int:\n        """Return one."""\n        return 1\n\n\n'
        "def run() -> None:\n    try:\n        pass\n    except BaseException:\n        raise\n"
    )
    (folder / "three.py").write_text('"""Three."""\n\nLIMIT = 1  # no' + "qa\n" + "# a line\n" * 50)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text("x = 1\n" * 10)
    return folder


def measured(package: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Measure]:
    monkeypatch.chdir(package.parent)
    return {one.name: one for one in measure(Path(package.name), Path("tests"))}


def test_measure_counts_places_of_each_kind(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(package, monkeypatch)
    assert found["lines of the longest file"].value == 53
    assert found["broad excepts that keep the error"].places == ("product/one.py:12 except Exception:",)
    assert found["public class names in more than one module"].places == ("Shared: product/one.py, product/two.py",)
    assert found["modules under 40 lines"].places == ("product/one.py", "product/two.py")
    assert found["comments that silence a check"].places == ("product/three.py",)
    assert found["modules with behaviour without a test module of their name"].places == ("product/two.py",)
    assert found["cycles of imports"].value == 1
    assert found["methods of a class with its bases of the package"].value == 2
    assert found["% of arguments and results with a type"].value == pytest.approx(100 * 3 / 5)
    assert found["lines of tests per line"].value == pytest.approx(10 / 88, abs=0.02)


def test_measure_counts_modules_without_a_test_module_in_their_folder(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "desk" / "inner").mkdir(parents=True)
    for name in ("one", "two", "inner/three"):
        (package / "desk" / f"{name}.py").write_text('"""It."""\n\n\ndef f() -> int:\n    return 1\n')
    (package / "desk" / "declared.py").write_text(
        '"""It."""\n\n\nclass Reader:\n    def read(self) -> int:\n        """Return it."""\n        ...\n'
    )
    tests = package.parent / "tests"
    (tests / "desk" / "deep").mkdir(parents=True)
    for name in ("test_two.py", "desk/test_two.py", "desk/deep/test_three.py"):
        (tests / name).write_text("")
    found = measured(package, monkeypatch)["modules with behaviour without a test module of their name"]
    assert found.places == ("product/desk/one.py",)


def test_measure_counts_complex_functions_as_ruff_does(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "functions of a complexity over 15"
    assert measured(package, monkeypatch)[name].value == 0
    branches = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(16))
    (package / "four.py").write_text(f'"""Four."""\n\n\ndef f(x: int) -> int:\n{branches}    return x\n')
    assert measured(package, monkeypatch)[name].value == 1


def test_main_prints_reach_or_one_object(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(package.parent)
    options = ["--package", "product", "--tests", "tests"]
    assert main([*options, "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "       1  cycles of imports (at most 0, not reached)" in lines
    assert "          product/one.py:12 except Exception:" in lines
    main([*options, "--json"])
    assert json.loads(capsys.readouterr().out)["broad excepts that keep the error"] == 1
