"""Run nginx: find it, start it as a child, tell it to read its files again, end it."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from origin.nginx.errors import NginxError

PID_FILE = "nginx.pid"

START_S = 10.0
"""nginx starts in 50 ms; a taken port is retried by it for 2.5 s before it gives up."""

STOP_S = 5.0


def running_pid(data_dir: Path) -> int | None:
    """Return the process id of the nginx that runs on this data directory."""
    try:
        pid = int((data_dir / PID_FILE).read_text())
        # The file may outlive its process, and its number may be another program's by now.
        is_nginx = Path(f"/proc/{pid}/comm").read_text().strip() == "nginx"
    except (OSError, ValueError):
        return None
    return pid if is_nginx else None


def reload(data_dir: Path) -> bool:
    """Tell the nginx of this data directory to read its files again; False if none runs.

    New requests see the new epochs within milliseconds; running ones end under the old.
    """
    pid = running_pid(data_dir)
    if pid is not None:
        os.kill(pid, signal.SIGHUP)
    return pid is not None


def find_nginx() -> Path | None:
    """Find the program, also where Debian keeps it off a user's PATH."""
    for directory in (None, "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"):
        found = shutil.which("nginx", path=directory)
        if found:
            return Path(found)
    return None


@dataclass(frozen=True, slots=True)
class Nginx:
    """A running nginx that is a child of this process."""

    process: asyncio.subprocess.Process
    data_dir: Path

    @classmethod
    async def start(cls, binary: Path, data_dir: Path, config: str) -> Self:
        """Start nginx on `data_dir` and wait until it accepts connections.

        Raises:
            NginxError: it gave up, with its own last words, or one runs here already.
            TimeoutError: it is not ready after `START_S`.
        """
        prefix = _prepare(data_dir, config)
        process = await asyncio.create_subprocess_exec(
            *(str(binary), "-p", prefix, "-c", "nginx.conf"),
            *("-g", f"daemon off; {_user_directive(data_dir)}"),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        nginx = cls(process, data_dir)
        try:
            async with asyncio.timeout(START_S):
                await nginx._until_ready()
        except BaseException:
            await nginx.stop()
            raise
        return nginx

    async def stop(self) -> None:
        """End nginx; kill it if it does not end in `STOP_S`."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def _until_ready(self) -> None:
        # nginx writes its pid once the configuration is good and all its ports are its own.
        while not _is_written(self.data_dir / PID_FILE, self.process.pid):
            if self.process.returncode is not None:
                words = await self.process.stderr.read() if self.process.stderr else b""
                raise NginxError(f"nginx did not start: {words.decode(errors='replace').strip()}")
            await asyncio.sleep(0.01)


def _prepare(data_dir: Path, config: str) -> str:
    pid = running_pid(data_dir)
    if pid is not None:
        raise NginxError(f"nginx {pid} runs on {data_dir} already: stop it, or choose another")
    data_dir.mkdir(parents=True, exist_ok=True)
    (data_dir / PID_FILE).unlink(missing_ok=True)
    (data_dir / "nginx.conf").write_text(config)
    return str(data_dir.resolve())


def _is_written(pid_file: Path, pid: int) -> bool:
    return pid_file.exists() and pid_file.read_text().strip() == str(pid)


def _user_directive(data_dir: Path) -> str:
    # As root nginx would switch to `nobody`, who cannot read a private data directory.
    if os.geteuid() != 0:
        return ""
    return f"user {pwd.getpwuid(data_dir.stat().st_uid).pw_name};"
