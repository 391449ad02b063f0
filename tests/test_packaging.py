from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parent.parent / "packaging"
SHELL = "/bin/sh"
TOOLS = ("sh", "cat", "dirname", "env", "mktemp", "rm", "tail", "touch", "chmod", "true")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# Names that no machine has, so that what is installed here does not matter.
LAMP, GHOST = "signet-test-lamp", "signet-test-ghost"

APT_GET = """
echo "apt-get $*" >>"$MACHINE/asked"
if [ "$1" = install ]; then
    for word in "$@"; do
        case $word in
            signet-test-ghost) exit 100 ;;
            signet-test-*|python*) touch "$MACHINE/has-$word" ;;
        esac
    done
fi
"""
APT_CACHE = "case $2 in signet-test-ghost|chromium) exit 100 ;; esac"
DPKG_QUERY = 'for last; do :; done; test -e "$MACHINE/has-$last" && echo installed'
SNAP_STUB = 'echo "please snap install chromium"; exit 1'

PYTHON = """
case $2 in
    *print*) echo python3.12-venv ;;
    *ensurepip*) test -e "$MACHINE/has-python3.12-venv" ;;
    venv)
        printf '#!/bin/sh\\necho pip "$@" >>"$MACHINE/asked"\\n' >"$3/bin/python"
        chmod +x "$3/bin/python"
        ;;
esac
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer that has nothing on its PATH but what a test puts there."""

    place: Path

    def put(self, name: str, script: str = "") -> None:
        """Install a program."""
        program = self.place / "bin" / name
        program.write_text(f"#!{SHELL}\n{script}\n")
        program.chmod(0o755)

    def put_apt(self, *, user: int = 0) -> None:
        """Install the package manager of Debian, and say who asks it."""
        programs = {"apt-get": APT_GET, "apt-cache": APT_CACHE, "dpkg-query": DPKG_QUERY}
        for name, script in {**programs, "id": f"echo {user}"}.items():
            self.put(name, script)

    def run(self, script: str, *words: str, **environment: str) -> tuple[int, str]:
        """Run one of our scripts; return its status and all that it says."""
        done = subprocess.run(
            [SHELL, str(PACKAGING / script), *words],
            env={"PATH": str(self.place / "bin"), "MACHINE": str(self.place), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    def asked(self) -> list[str]:
        """Return what apt-get and pip were asked for."""
        path = self.place / "asked"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A computer with a shell."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return Machine(tmp_path)


@pytest.mark.parametrize("script", sorted(path.name for path in PACKAGING.glob("*.sh")))
def test_scripts_are_plain_shell(script: str) -> None:
    """They run where there is no bash yet."""
    done = subprocess.run([SHELL, "-n", str(PACKAGING / script)], check=False)
    assert done.returncode == 0
    assert (PACKAGING / script).read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize(("need", "status"), [("required", 1), ("optional", 0)])
def test_missing_package_is_named(machine: Machine, need: str, status: int) -> None:
    """Without apt the reader learns what to install; only what is required stops anything."""
    found, said = machine.run("debian.sh", need, LAMP, GHOST)
    assert found == status
    assert f"Missing Debian packages: {LAMP} {GHOST}\n" in said
    assert f"sudo apt-get install {LAMP} {GHOST}\n" in said


def test_nobody_installs_without_leave(machine: Machine) -> None:
    """A user who is neither root nor in sudo is told, not asked."""
    machine.put_apt(user=1000)
    assert machine.run("debian.sh", "required", LAMP)[0] == 1
    machine.put("sudo", "exit 1")
    assert machine.run("debian.sh", "required", LAMP)[0] == 1
    assert not machine.asked()
    machine.put("sudo", 'shift; exec "$@"')
    assert machine.run("debian.sh", "required", LAMP)[0] == 0


def test_what_is_there_is_left_alone(machine: Machine) -> None:
    """Installed packages and programs from elsewhere cost nothing and say nothing."""
    machine.put_apt()
    machine.put("node")
    machine.put("signet-test-tool")
    assert machine.run("debian.sh", "required", LAMP, "nodejs", "signet-test-tool")[0] == 0
    assert machine.asked()[1].split()[-1] == LAMP
    asked = machine.asked()
    assert machine.run("debian.sh", "required", LAMP, "nodejs") == (0, "")
    assert machine.asked() == asked


@pytest.mark.parametrize(("need", "status"), [("required", 1), ("optional", 0)])
def test_unknown_package_spoils_no_other(machine: Machine, need: str, status: int) -> None:
    """What apt knows is installed; what it does not know is named, alone."""
    machine.put_apt()
    found, said = machine.run("debian.sh", need, GHOST, LAMP)
    assert found == status
    assert (machine.place / f"has-{LAMP}").exists()
    assert f"Missing Debian packages: {GHOST}\n" in said
    assert f"apt-get knows no: {GHOST}\n" in said


def test_update_may_fail(machine: Machine) -> None:
    """One broken source, or no network at all: the lists that are there may do."""
    machine.put_apt()
    machine.put("apt-get", f'[ "$1" = update ] && exit 100\n{APT_GET}')
    assert machine.run("debian.sh", "required", LAMP)[0] == 0


def test_failure_of_apt_is_shown(machine: Machine) -> None:
    """Its own words come before ours, and what is missing is still named."""
    machine.put_apt()
    machine.put("apt-get", 'echo "E: the disk is full"; exit 100')
    found, said = machine.run("debian.sh", "required", LAMP)
    assert found == 1
    assert "E: the disk is full\n" in said
    assert f"Missing Debian packages: {LAMP}\n" in said


@pytest.mark.parametrize("browser", BROWSERS)
def test_any_chromium_will_do(machine: Machine, browser: str) -> None:
    """Ubuntu has none as a package, so one from elsewhere counts, under any of its names."""
    assert machine.run("debian.sh", "required", "chromium")[0] == 1
    machine.put(browser, 'test "$1" = --version')
    assert machine.run("debian.sh", "required", "chromium") == (0, "")


def test_a_stub_is_no_chromium(machine: Machine) -> None:
    """A program that only tells where to get one is passed over, and the remedy is named."""
    machine.put_apt()
    machine.put("chromium", SNAP_STUB)
    found, said = machine.run("debian.sh", "required", "chromium", LAMP)
    assert found == 1
    assert "Missing Debian packages: chromium\n" in said
    assert "google-chrome" in said
    machine.put("google-chrome-stable")
    assert machine.run("debian.sh", "required", "chromium")[0] == 0


@pytest.fixture
def make_venv(machine: Machine) -> Callable[[], tuple[int, str]]:
    """Run `venv.sh` with a Python that lacks venv."""
    machine.put("python3.12", PYTHON)
    directory = machine.place / "venv"
    (directory / "bin").mkdir(parents=True)
    return lambda: machine.run("venv.sh", str(directory), PYTHON="python3.12")


def test_venv_is_asked_for_the_chosen_python(
    machine: Machine, make_venv: Callable[[], tuple[int, str]]
) -> None:
    """Debian has a package per Python; that of another one would not help."""
    machine.put_apt()
    assert make_venv()[0] == 0
    assert "python3.12-venv" in machine.asked()[1].split()
    assert machine.asked()[-1].startswith("pip -m pip install")


def test_python_without_venv_is_told(
    machine: Machine, make_venv: Callable[[], tuple[int, str]]
) -> None:
    """Where it cannot be had, or does not help, the reader learns both ways out."""
    found, said = make_venv()
    assert found == 1
    assert "python3.12-venv" in said
    assert "make PYTHON=" in said
    machine.put_apt()
    machine.put("python3.12", PYTHON.replace("has-python", "never-python"))
    found, said = make_venv()
    assert found == 1
    assert "make PYTHON=" in said


def test_no_suitable_python_is_told(machine: Machine) -> None:
    """An older Python than ours is no Python."""
    machine.put("python3", "exit 1")
    found, said = machine.run("venv.sh", str(machine.place / "venv"))
    assert found == 1
    assert "3.11" in said


def test_interrupted_venv_is_made_again(
    machine: Machine, make_venv: Callable[[], tuple[int, str]]
) -> None:
    """An environment that has a python but no pip is not taken for a whole one."""
    (machine.place / "has-python3.12-venv").touch()
    half = machine.place / "venv" / "bin" / "python"
    half.write_text(f"#!{SHELL}\nexit 1\n")
    half.chmod(0o755)
    assert make_venv()[0] == 0
    assert machine.asked()[-1].startswith("pip -m pip install")
