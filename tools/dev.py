#!/usr/bin/env python3
"""Run every development task with one command; needs only Python itself.

Each verb may be run again at any time: what is done already is not done twice, and every program that is run
is shown first. Packages come from the locked versions beside this file and are checked against their hashes.
"""

import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

if sys.version_info < (3, 11):
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"kimi-tui needs Python 3.11 or newer, and this is {found}: run it with a newer python3.")

ROOT = Path(__file__).resolve().parent.parent
MEMORY_FOLDER = Path("/dev/shm")
MIN_MEMORY_BYTES = 4 << 30
"""Free room in memory with which the tests' files are kept there."""
LOCKED = {"run": ROOT / "tools" / "locked.txt", "develop": ROOT / "tools" / "locked-dev.txt"}
"""What to install for which purpose; `develop` holds all that `run` holds, in the same versions."""

USAGE = """\
usage: python3 tools/dev.py VERB [ARGUMENT ...]

  demo         set up what the app needs, and open it on the sample desk
  test         set up everything, run every check and every test (arguments go to pytest)
  check        format, lint, types, import contracts, bounds, glossary (arguments pick by name)
  setup        set up everything and stop
  bench        run the benchmarks of tools/bench_*.py (an argument picks by name)
  screenshots  make the pictures of screenshots/ again
  lock         resolve the newest allowed versions again (needs uv)

test, check and setup take --python VERSION (3.12, 3.13): another Python, in an environment of its own (.venv-3.12).
"""

CHECKS = {
    "format": ["ruff", "format", "--check", "--quiet"],
    "lint": ["ruff", "check", "--quiet"],
    "types": ["mypy", "--no-error-summary"],
    "imports": ["lint-imports", "--no-logo"],
    "bounds": ["python", "-m", "tools.bounds"],
    "glossary": ["python", "-m", "tools.glossary"],
}
"""The programs of an environment that look at the code, in the order in which they run."""


class VerbFailure(Exception):
    """Something that ends the verb; its text says what, why and what to do."""


class VirtualEnvironment(NamedTuple):
    """A folder with the locked packages, for one version of Python."""

    version: str = ""
    """As `3.12`; empty for the Python that runs this file."""

    @property
    def folder(self) -> Path:
        """`.venv`, or `.venv-3.12` for a version that was named."""
        return ROOT / (f".venv-{self.version}" if self.version else ".venv")

    def program(self, name: str) -> Path:
        """Return the path of one of its programs."""
        return self.folder / "bin" / name

    @property
    def works(self) -> bool:
        """Return whether its Python starts, is of the right version and has pip."""
        wanted = (
            f"sys.version_info[:2] == {_version_tuple(self.version)}" if self.version else "sys.version_info >= (3, 11)"
        )
        command = [str(self.program("python")), "-c", f"import pip, sys; sys.exit(not {wanted})"]
        return self.program("python").exists() and subprocess.call(command, stderr=subprocess.DEVNULL) == 0


MAIN_ENVIRONMENT = VirtualEnvironment()
"""The environment of the Python that runs this file: `.venv`."""


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
    """Return the digest of what an environment for `purpose` depends on: locked versions and the project's settings."""
    digest = hashlib.sha256()
    for path in (LOCKED[purpose], ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_ready(purpose: str, target: VirtualEnvironment) -> bool:
    """Return whether the environment holds what `purpose` needs; one made to develop is good to run as well."""
    marks = {name: target.folder / f"kimi-tui-{name}.digest" for name in LOCKED}
    wanted = {"run", "develop"} if purpose == "run" else {"develop"}
    return target.program("python").exists() and any(
        marks[name].exists() and marks[name].read_text() == installed_digest(name) for name in wanted
    )


def find_python(version: str) -> str:
    """Return a Python of this version: the running one, or the first on PATH that starts and is of it.

    Raises `VerbFailure` when there is none; a launcher that starts nothing, as pyenv leaves one for each version
    that is installed and not chosen, is none.
    """
    if not version or _version_tuple(version) == sys.version_info[:2]:
        return sys.executable
    failed = []
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for candidate in (Path(folder) / f"python{version}", Path(folder) / "python3"):
            if folder and os.access(candidate, os.X_OK):
                if _python_version(candidate) == version:
                    return str(candidate)
                failed += [str(candidate)] if candidate.name != "python3" else []
    tried = f" ({', '.join(failed)} does not start as {version})" if failed else ""
    raise VerbFailure(
        f"There is no Python {version} on PATH{tried}. Install it (for example: uv python install {version}, or "
        f"pyenv install {version} and pyenv shell {version}) and run this again."
    )


def _python_version(program: Path) -> str:
    """Return the version of a Python as `3.12`; empty when it does not start."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([program, "-I", "-c", code], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _version_tuple(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def choose_environment(arguments: list[str]) -> tuple[VirtualEnvironment, list[str]]:
    """Return the environment that `--python VERSION` asks for, and the other arguments.

    Raises `VerbFailure` for what is no version, and for one that the project does not support.
    """
    rest = list(arguments)
    version = ""
    for place, word in enumerate(rest):
        if word == "--python" or word.startswith("--python="):
            version = word.partition("=")[2] if "=" in word else "".join(rest[place + 1 : place + 2])
            del rest[place : place + (1 if "=" in word else 2)]
            if not re.fullmatch(r"[0-9]{1,2}\.[0-9]{1,3}", version):
                raise VerbFailure(f"--python takes a version such as 3.12; {version or 'nothing'!r} was given.")
            if _version_tuple(version) < (3, 11):
                raise VerbFailure(f"kimi-tui needs Python 3.11 or newer; {version} was given.")
            break
    return VirtualEnvironment(version), rest


def make_environment(target: VirtualEnvironment) -> None:
    """Create the environment, or complete a partial one; a complete one is left unchanged."""
    if target.works:
        return
    python = find_python(target.version)
    if python == sys.executable and not all(map(importlib.util.find_spec, ("ensurepip", "venv"))):
        raise VerbFailure(
            "This Python cannot make environments: its venv module is missing. "
            "Install it (on Debian and Ubuntu: apt install python3-venv) and run this again."
        )
    run_or_fail(f"Making {target.folder.name}", python, "-m", "venv", "--clear", target.folder)


def prepare(purpose: str, target: VirtualEnvironment = MAIN_ENVIRONMENT) -> None:
    """Bring an environment to the locked versions for `purpose`, with the project itself in it."""
    if is_ready(purpose, target):
        return
    began = time.monotonic()
    make_environment(target)
    print(
        f"Installing the locked versions into {target.folder.name}; the first time takes a minute or two.", flush=True
    )
    python = target.program("python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--quiet", "--no-deps"]
    run_or_fail("Installing", *pip, "--require-hashes", "--only-binary", ":all:", "--requirement", LOCKED[purpose])
    run_or_fail("Installing the project", *pip, "--no-build-isolation", "--editable", ROOT)
    # Some packages hold files that are no Python on purpose, so the status says nothing.
    run(python, "-m", "compileall", "-q", "-q", "-j", "0", target.folder / "lib", ROOT / "kimi_tui")
    (target.folder / f"kimi-tui-{purpose}.digest").write_text(installed_digest(purpose))
    print(f"Ready after {time.monotonic() - began:.0f} s.", flush=True)


def setup(arguments: list[str]) -> int:
    """Bring an environment to everything that developing needs, or say that it is there."""
    target, _ = choose_environment(arguments)
    prepare("develop", target)
    print(f"Everything is in {target.folder.name}.")
    return 0


def demo(arguments: list[str]) -> int:
    """Open the app on the embedded researcher and the sample desk; this process becomes the app."""
    prepare("run")
    python = MAIN_ENVIRONMENT.program("python")
    command = [str(python), "-I", "-m", "kimi_tui", "--desk", str(ROOT / "kimi_tui" / "sample_desk"), *arguments]
    sys.stdout.flush()
    os.execve(python, command, environment())


def check(arguments: list[str]) -> int:
    """Run every check, or those named, to its end; 1 if one of them found something."""
    target, names = choose_environment(arguments)
    return run_checks(target, names)


def run_checks(target: VirtualEnvironment, names: list[str]) -> int:
    """Run the named checks, or all, with the programs of an environment; 1 if one of them found something."""
    prepare("develop", target)
    failed = []
    for name, (program, *options) in CHECKS.items():
        if names and name not in names:
            continue
        began = time.monotonic()
        found = run(target.program(program), *options) != 0
        print(f"{name}: {'FAILED' if found else 'ok'} ({time.monotonic() - began:.1f} s)", flush=True)
        failed += [name] if found else []
    print(f"check: {'failed: ' + ', '.join(failed) if failed else 'ok'}", flush=True)
    return 1 if failed else 0


def has_memory_folder() -> bool:
    """Return whether the tests can keep their files in memory: most of what they wait for is a disk that syncs."""
    try:
        return os.access(MEMORY_FOLDER, os.W_OK) and shutil.disk_usage(MEMORY_FOLDER).free >= MIN_MEMORY_BYTES
    except OSError:
        return False


def test(arguments: list[str]) -> int:
    """Run every check and every test, whatever the checks find; 1 if anything failed.

    Arguments pick tests; coverage is then not measured, because a part of the tests covers a part of the code.
    """
    target, chosen = choose_environment(arguments)
    found = run_checks(target, [])
    options = chosen or ["--cov", "--cov-report", "term-missing:skip-covered"]
    workers = str(2 * (os.cpu_count() or 1))  # many tests wait for a server or a terminal
    if has_memory_folder():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_FOLDER))
    python = target.program("python")
    failed = run(python, "-m", "pytest", "-n", workers, "--dist", "worksteal", *options) != 0
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
    return max([run(MAIN_ENVIRONMENT.program("python"), program) for program in chosen])


def screenshots(arguments: list[str]) -> int:
    """Make the pictures from recorded sessions."""
    prepare("develop")
    return run(MAIN_ENVIRONMENT.program("python"), ROOT / "tools" / "screenshots.py", *arguments)


def lock(arguments: list[str]) -> int:
    """Write the locked versions again; arguments such as `--upgrade` go to the resolver."""
    resolver = shutil.which("uv", path=f"{MAIN_ENVIRONMENT.folder / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")
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
