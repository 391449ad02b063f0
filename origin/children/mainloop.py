"""Live as a child: settle in, then answer frames until the parent goes.

Standard output belongs to nobody here: libraries print to it, so the pipe moves to another
descriptor and prints go to standard error.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import socket
import stat
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from origin.children.frames import Frame, read, write
from origin.children.tray import Tray
from vips_render.errors import AssetError, LimitExceeded, PaintError, RenderError

Answer = tuple[Mapping[str, Any], Sequence[bytes]]

OUT_OF_MEMORY_STATUS = 70
_PR_SET_PDEATHSIG = 1  # linux/prctl.h

_SENT_BYTES = 1024 * 1024
"""What is on its way to the parent: in the kernel's usual 200 kB pixels are many pieces, and
each wakes the parent. The kernel caps it (net.core.wmem_max)."""


class Pipes(NamedTuple):
    """The two ends that lead to the parent, and the tray that both hold, if there is one."""

    reader: BinaryIO
    writer: BinaryIO
    tray: Tray | None = None

    def read(self) -> Frame | None:
        """Wait for a frame; None when the parent is gone."""
        return read(self.reader, self.tray)

    def write(self, header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> None:
        """Send a frame on its way."""
        write(self.writer, header, blobs, self.tray)


def claim_pipes(tray: int = -1) -> Pipes:
    """Take standard input and output for frames and leave harmless ones in their place.

    Args:
        tray: the descriptor of the tray; none when it is negative.
    """
    shared = None
    if tray >= 0:
        shared = Tray(tray)
        os.close(tray)
    pipes = Pipes(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb"), shared)
    _widen(pipes.writer)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return pipes


def _widen(writer: BinaryIO) -> None:
    """Give a socket a larger buffer; a true pipe has none to give."""
    if stat.S_ISSOCK(os.fstat(writer.fileno()).st_mode):
        with socket.socket(fileno=os.dup(writer.fileno())) as end, contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SENT_BYTES)


def settle(memory_bytes: int) -> None:
    """Bound the address space, die with the parent, and be the first to go when memory is short."""
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # A core file would hold recipients' pictures.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable()
    # What not every system or container has is done without, the rest is the child's own.
    with contextlib.suppress(AttributeError, OSError):
        # The end of standard input says the same, but only to a child that is reading.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        # A child is replaced at once, a web worker takes its requests along.
        Path("/proc/self/oom_score_adj").write_text("500")


def serve(
    pipes: Pipes,
    hello: Mapping[str, Any],
    answer: Callable[[Frame], Answer],
    tidy: Callable[[], None] = lambda: None,
) -> None:
    """Say hello, then answer one frame after the other until the parent closes the pipe.

    After each answer is sent, `tidy` may do what nobody should wait for.

    What the engine refuses becomes an answer with `error`. So does a fault in our own code, whose
    traceback goes to standard error without the exception's text, which may quote a recipient. Out
    of memory ends the process, since nothing in it can be trusted to work afterwards.
    """
    pipes.write(hello)
    while (frame := pipes.read()) is not None:
        blobs: Sequence[bytes] = ()
        try:
            header, blobs = answer(frame)
        except RenderError as error:
            header = refusal(error)
        except MemoryError:
            os._exit(OUT_OF_MEMORY_STATUS)
        except Exception as error:  # a fault in one picture must not cost the next
            _tell(error)
            header = {"error": "internal", "message": type(error).__name__}
        pipes.write(header, blobs)
        # Not kept until the next answer is there.
        del frame, header, blobs
        tidy()


def give_back_memory() -> None:
    """Return what was freed to the system, where the C library can (glibc); takes milliseconds."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def refusal(error: RenderError) -> dict[str, Any]:
    """Write an error of the engine as an answer; `origin.children.calls` raises it again."""
    match error:
        case PaintError():
            message = str(error).removeprefix(f"layer {error.layer!r}: ")
            return {"error": "paint", "layer": error.layer, "message": message}
        case AssetError():
            return {"error": error.reason, "message": str(error)}
        case LimitExceeded():
            return {"error": "limit", "message": str(error)}
        case _:
            return {"error": "render", "message": str(error)}


def _tell(error: Exception) -> None:
    frames = "".join(traceback.format_tb(error.__traceback__))
    sys.stderr.write(f"{type(error).__name__} at\n{frames}")
    sys.stderr.flush()
