#!/usr/bin/env python3
"""Run every development task with one command; needs only Python itself.

Each verb may be run again at any time: what is done already is not done twice, and every program that is run
is shown first. Packages come from the locked versions beside this file and are checked against their hashes.
"""

import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"kimi-tui needs Python 3.11 or newer, and this is {found}: run it with a newer python3.")

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCKED = {"run": ROOT / "tools" / "locked.txt", "develop": ROOT / "tools" / "locked-dev.txt"}
"""What to install for which purpose; `develop` holds all that `run` holds, in the same versions."""

USAGE = """\
usage: python3 tools/dev.py VERB [ARGUMENT ...]

  demo         set up what the app needs, and open it on the sample desk
  test         set up everything, run every check and every test (arguments go to pytest)
  check        format, lint, types, import contracts, bounds, glossary
  setup        set up everything and stop
  bench        run the benchmarks of tools/bench_*.py (an argument picks by name)
  screenshots  make the pictures of screenshots/ again
  lock         resolve the newest allowed versions again (needs uv)
"""

CHECKS = {
    "format": [".venv/bin/ruff", "format", "--check", "--quiet"],
    "lint": [".venv/bin/ruff", "check", "--quiet"],
    "types": [".venv/bin/mypy", "--no-error-summary"],
    "imports": [".venv/bin/lint-imports", "--no-logo"],
    "bounds": [".venv/bin/python", "-m", "tools.bounds"],
    "glossary": [".venv/bin/python", "-m", "tools.glossary"],
}
"""The programs that look at the code, in the order in which they run."""


class VerbFailure(Exception):
    """Something that ends the verb; its text says what, why and what to do."""


def environment() -> dict[str, str]:
    """The variables for child programs: the caller's, without those that would change what they do."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LINES", "COLUMNS"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}


def run(*command: str | Path) -> int:
    """Show a command, run it in the project's folder and return its exit status."""
    words = [str(word) for word in command]
    print("$", shlex.join(words).replace(f"{ROOT}/", ""), flush=True)
    return subprocess.call(words, cwd=ROOT, env=environment())


def run_or_fail(what: str, *command: str | Path) -> None:
    """Run a command whose failure ends the verb; `what` says what it was for."""
    status = run(*command)
    if status:
        raise VerbFailure(f"{what} failed with status {status}: see the lines above, fix it and run this again.")


def installed_digest(purpose: str) -> str:
    """What an environment made for `purpose` depends on: the locked versions and the project's own settings."""
    digest = hashlib.sha256()
    for path in (LOCKED[purpose], ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(purpose: str) -> bool:
    """Whether the environment holds what `purpose` needs; one made to develop is good to run as well."""
    marks = {name: ENVIRONMENT / f"kimi-tui-{name}.digest" for name in LOCKED}
    wanted = {"run", "develop"} if purpose == "run" else {"develop"}
    return PYTHON.exists() and any(
        marks[name].exists() and marks[name].read_text() == installed_digest(name) for name in wanted
    )


def make_environment() -> None:
    """Create `.venv`, or complete a partial one; a complete one is left unchanged."""
    works = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.call(works, stderr=subprocess.DEVNULL) == 0:
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise VerbFailure(
            "This Python cannot make environments: its venv module is missing. "
            "Install it (on Debian and Ubuntu: apt install python3-venv) and run this again."
        )
    run_or_fail("Making .venv", sys.executable, "-m", "venv", "--clear", ENVIRONMENT)


def prepare(purpose: str) -> None:
    """Bring `.venv` to the locked versions for `purpose`, with the project itself in it."""
    if is_ready(purpose):
        return
    began = time.monotonic()
    make_environment()
    print(f"Installing the locked versions into {ENVIRONMENT.name}; the first time takes a minute or two.", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--quiet", "--no-deps"]
    run_or_fail("Installing", *pip, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCKED[purpose])
    run_or_fail("Installing the project", *pip, "--no-build-isolation", "--editable", ROOT)
    # Some packages hold files that are no Python on purpose, so the status says nothing.
    run(PYTHON, "-m", "compileall", "-q", "-q", "-j", "0", ENVIRONMENT / "lib", ROOT / "kimi_tui")
    (ENVIRONMENT / f"kimi-tui-{purpose}.digest").write_text(installed_digest(purpose))
    print(f"Ready after {time.monotonic() - began:.0f} s.", flush=True)


def setup(arguments: list[str]) -> int:
    """Bring `.venv` to everything that developing needs, or say that it is there."""
    prepare("develop")
    print(f"Everything is in {ENVIRONMENT.name}.")
    return 0


def demo(arguments: list[str]) -> int:
    """Open the app on the embedded researcher and the sample desk; this process becomes the app."""
    prepare("run")
    command = [str(PYTHON), "-I", "-m", "kimi_tui", "--desk", str(ROOT / "kimi_tui" / "sample_desk"), *arguments]
    sys.stdout.flush()
    os.execve(PYTHON, command, environment())


def check(arguments: list[str]) -> int:
    """Run every check, or those named, to its end; 1 if one of them found something."""
    prepare("develop")
    failed = []
    for name, command in CHECKS.items():
        if arguments and name not in arguments:
            continue
        began = time.monotonic()
        found = run(*command) != 0
        print(f"{name}: {'FAILED' if found else 'ok'} ({time.monotonic() - began:.1f} s)", flush=True)
        failed += [name] if found else []
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'ok'}", flush=True)
    return 1 if failed else 0


def test(arguments: list[str]) -> int:
    """Run every check and every test, whatever the checks find; 1 if anything failed.

    Arguments pick tests; coverage is then not measured, because a part of the tests covers a part of the code.
    """
    found = check([])
    options = arguments or ["--cov", "--cov-report", "term-missing:skip-covered"]
    workers = str(2 * (os.cpu_count() or 1))  # many tests wait for a server or a terminal
    failed = run(PYTHON, "-m", "pytest", "-n", workers, "--dist", "worksteal", *options) != 0
    print(f"test: {'failed' if failed or found else 'ok'}", flush=True)
    return 1 if failed or found else 0


def bench(arguments: list[str]) -> int:
    """Run the benchmarks whose file names hold one of the arguments, or all of them."""
    programs = sorted(ROOT.glob("tools/bench_*.py"))
    chosen = [program for program in programs if not arguments or any(word in program.stem for word in arguments)]
    if not chosen:
        raise VerbFailure(
            f"There is no such benchmark; there are: {', '.join(path.stem for path in programs) or 'none'}."
        )
    prepare("develop")
    return max([run(PYTHON, program) for program in chosen])


def screenshots(arguments: list[str]) -> int:
    """Make the pictures from recorded sessions."""
    prepare("develop")
    return run(PYTHON, ROOT / "tools" / "screenshots.py", *arguments)


def lock(arguments: list[str]) -> int:
    """Write the locked versions again; arguments such as `--upgrade` go to the resolver."""
    resolver = shutil.which("uv", path=f"{ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if resolver is None:
        raise VerbFailure(
            "There is no uv to resolve the versions with: install it (pip install uv) and run this again."
        )
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    bare = ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    groups = {"run": ["--group", "build"], "develop": ["--group", "build", "--group", "dev"]}
    for purpose, path in LOCKED.items():
        same = ["--constraint", str(LOCKED["run"])] if purpose == "develop" else []
        command = [resolver, "pip", "compile", "pyproject.toml", *options, *bare, *groups[purpose], *same]
        run_or_fail("Locking", *command, *arguments, "--output-file", path)
        if "://" in path.read_text():
            raise VerbFailure(
                f"{path.name} names an address: take it out of the resolver's settings and run this again."
            )
    return 0


VERBS = {
    "demo": demo,
    "test": test,
    "check": check,
    "setup": setup,
    "bench": bench,
    "screenshots": screenshots,
    "lock": lock,
}


def main(arguments: list[str]) -> int:
    """Do what the command line asks and return the exit status: 0 done, 1 something was found, 2 wrong usage."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE, end="")
        return 0
    if not arguments or arguments[0] not in VERBS:
        print(USAGE, end="", file=sys.stderr)
        return 2
    try:
        return VERBS[arguments[0]](arguments[1:])
    except VerbFailure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
