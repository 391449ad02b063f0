"""Hold one child process: start it, ask it, and replace it when it dies or is late.

Work that cannot be interrupted from within (libvips) runs in a process that can be killed from
without. The child is asked one thing at a time; its environment is what is passed in and nothing
else. What it writes to standard error is kept, last words only, for the log of its death.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from origin.children.errors import ChildCrashed, ChildTimeout
from origin.children.frames import Frame, FrameError, pack, receive
from origin.children.tray import Tray, memory_file

_log = logging.getLogger(__name__)

Reply = Callable[[Frame], tuple[Mapping[str, Any], Sequence[bytes]] | None]
"""Answers what the child asks before it can finish; None when its frame is the result."""

_READ_BYTES = 1024 * 1024
_LAST_WORDS_BYTES = 4_096
_FAREWELL_S = 0.5
_KILL_S = 0.05
"""What a caller waits beyond its deadline for the killing to be done and known."""
_BACKOFF_S = (0.0, 0.1, 0.5, 2.0, 5.0)
"""Wait after so many failed starts in a row, or a child that cannot start burns a core trying."""


def python_argv(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `module` here, deaf to environment and working directory."""
    return [sys.executable, "-I", "-m", module, *arguments]


class Child:
    """One process behind a pipe, started on first use.

    Args:
        argv: the command; see `python_argv`.
        env: the whole environment of the process.
        name: how the log calls it.
        start_s: seconds until its first frame, the hello.
        least_work_s: a child is not killed earlier than this after it began on a call, however
            long the call had waited: starting another costs more, above all when all are late.
        tray_bytes: memory to share with the process, which finds its descriptor behind `--tray`;
            where blobs do not fit in, or it cannot be had, they go through the pipe.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        name: str,
        start_s: float = 15.0,
        least_work_s: float = 0.5,
        tray_bytes: int = 0,
    ) -> None:
        self.name = name
        self.hello: dict[str, Any] = {}
        self.waiting = 0
        self.starts = 0
        self._argv = tuple(argv)
        self._env = dict(env)
        self._start_s = start_s
        self._least_work_s = least_work_s
        self._tray_bytes = tray_bytes
        self._tray: Tray | None = None
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._last_words = b""
        self._failed_starts = 0
        self._retry_at = 0.0
        self._closed = False
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def process_id(self) -> int | None:
        """The id of the living process, None when there is none."""
        return self._process.pid if self._process and is_alive(self._process) else None

    async def warm(self) -> dict[str, Any]:
        """Start the process unless it lives, and return its hello.

        Raises:
            ChildCrashed: it did not come up.
        """
        async with self._lock:
            await self._living()
        return self.hello

    async def call(
        self,
        header: Mapping[str, Any],
        blobs: Sequence[bytes] = (),
        *,
        timeout_s: float,
        reply: Reply | None = None,
    ) -> Frame:
        """Send one frame and return the answer.

        A caller who hangs up, or whose time runs out in the queue, leaves the child in peace; a
        child still at work when `timeout_s` is over is killed and replaced.

        Raises:
            ChildTimeout: no answer within `timeout_s`.
            ChildCrashed: the process died; a new one is on its way.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        self.waiting += 1
        try:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._lock.acquire()
            except TimeoutError:
                raise ChildTimeout(f"{self.name} was busy for {timeout_s:.3f} s") from None
            # Its own task: a caller's cancellation must not leave half a frame in the pipe.
            turn = asyncio.create_task(
                self._turn(Frame(dict(header), list(blobs)), deadline, reply)
            )
            self._keep(turn)
            await asyncio.wait({turn}, timeout=max(0.0, deadline - _now()) + _KILL_S)
            if not turn.done():
                raise ChildTimeout(f"{self.name} was not ready within {timeout_s:.3f} s")
            return turn.result()
        finally:
            self.waiting -= 1

    async def close(self, grace_s: float = 2.0) -> None:
        """Let the call at work finish, then end the process; kill it after `grace_s`."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                # Taken even when no process is known: one may be about to start.
                async with self._lock:
                    await self._dismiss()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._bury(0.0)

    async def _dismiss(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Mark the outcome as seen: the caller may have gone, and what failed is already logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _turn(self, frame: Frame, deadline: float, reply: Reply | None) -> Frame:
        """Own the lock that `call` took; start the process if need be, and talk to it."""
        try:
            process = await self._living()
            if _now() >= deadline:
                raise ChildTimeout(f"{self.name} was not ready in time")
            try:
                async with asyncio.timeout_at(max(deadline, _now() + self._least_work_s)):
                    return await self._exchange(process, frame, reply)
            except TimeoutError:
                await self._replace("is killed: its deadline passed", 0.0)
                raise ChildTimeout(f"{self.name} did not answer in time") from None
            except (asyncio.IncompleteReadError, ConnectionError):
                status = await self._replace("died", _FAREWELL_S)
                raise ChildCrashed(self.name, status) from None
            except FrameError:
                status = await self._replace("is killed: it spoke nonsense", 0.0)
                raise ChildCrashed(self.name, status) from None
            except BaseException:
                # The talk broke off in the middle, so the next answer would be this call's.
                await self._bury(0.0)
                raise
        finally:
            self._lock.release()

    async def _exchange(
        self, process: asyncio.subprocess.Process, frame: Frame, reply: Reply | None
    ) -> Frame:
        while True:
            if process.stdin is None:  # pragma: no cover - the process was started with a pipe
                raise FrameError("no pipe to the child")
            process.stdin.writelines(pack(frame.header, frame.blobs, self._tray))
            await process.stdin.drain()
            answer = await receive(_reader(process), self._tray)
            more = reply(answer) if reply else None
            if more is None:
                return answer
            frame = Frame(dict(more[0]), list(more[1]))

    async def _replace(self, what: str, patience_s: float) -> int | None:
        status = await self._bury(patience_s)
        self._mourn(what, status)
        if not self._closed:
            self._keep(asyncio.create_task(self.warm()))
        return status

    def _mourn(self, what: str, status: int | None) -> None:
        words = self._last_words.decode(errors="replace").strip() or "none"
        _log.error("%s %s (exit status %s); last words: %s", self.name, what, status, words)

    async def _living(self) -> asyncio.subprocess.Process:
        """Return the running process; the caller holds the lock."""
        if self._process is not None and is_alive(self._process):
            return self._process
        if self._process is not None:
            self._mourn("was found dead", await self._bury(_FAREWELL_S))
        if self._closed or _now() < self._retry_at:
            raise ChildCrashed(self.name, None)
        try:
            return await self._start()
        except (TimeoutError, asyncio.IncompleteReadError, OSError, FrameError) as error:
            self._failed_starts = min(self._failed_starts + 1, len(_BACKOFF_S) - 1)
            self._retry_at = _now() + _BACKOFF_S[self._failed_starts]
            status = await self._bury(_FAREWELL_S)
            self._mourn("does not start", status)
            raise ChildCrashed(self.name, status) from error

    async def _start(self) -> asyncio.subprocess.Process:
        self._last_words = b""
        self.starts += 1
        # A new one for each process: the one before might still write into its own.
        shared = memory_file(self._tray_bytes) if self._tray_bytes else None
        given = () if shared is None else (shared,)
        try:
            self._tray = None if shared is None else Tray(shared)
            self._process = process = await asyncio.create_subprocess_exec(
                *self._argv,
                *(f"--tray={descriptor}" for descriptor in given),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._env,
                limit=_READ_BYTES,
                # Its own session: a Ctrl-C in the terminal is the parent's to handle, in order.
                start_new_session=True,
                pass_fds=given,
            )
        finally:
            if shared is not None:
                os.close(shared)
        self._keep(asyncio.create_task(self._listen(process)))
        try:
            async with asyncio.timeout(self._start_s):
                self.hello = (await receive(_reader(process))).header
        except asyncio.CancelledError:
            await self._bury(0.0)
            raise
        self._failed_starts = 0
        return process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keep the tail of standard error; also keeps the child from blocking on a full pipe."""
        while process.stderr is not None and (
            heard := await process.stderr.read(_LAST_WORDS_BYTES)
        ):
            self._last_words = (self._last_words + heard)[-_LAST_WORDS_BYTES:]

    async def _bury(self, patience_s: float) -> int | None:
        """Wait `patience_s` for the process to end by itself, kill it, and return its status."""
        process, self._process = self._process, None
        if process is None:
            return None
        try:
            if patience_s > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(patience_s):
                        await process.wait()
        finally:
            # Also when the waiting is cancelled: nobody else knows of the process any more.
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        return await process.wait()


def is_alive(process: asyncio.subprocess.Process) -> bool:
    """Say whether the process runs and has not closed its end of the pipe."""
    return process.returncode is None and not _reader(process).at_eof()


def _reader(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if process.stdout is None:  # pragma: no cover - the process was started with a pipe
        raise FrameError("no pipe from the child")
    return process.stdout


def _now() -> float:
    return asyncio.get_running_loop().time()
