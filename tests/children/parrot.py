"""A child that obeys: it repeats, sleeps, dies and misbehaves on command."""

from __future__ import annotations

import argparse
import os
import resource
import signal
import sys
import time

from origin.children.frames import Frame
from origin.children.mainloop import Answer, claim_pipes, serve, settle
from vips_render.errors import LimitExceeded, PaintError


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("memory_bytes", type=int, nargs="?", default=0)
    parser.add_argument("manner", nargs="?")
    parser.add_argument("--tray", type=int, default=-1)
    arguments = parser.parse_args()
    pipes = claim_pipes(arguments.tray)
    settle(arguments.memory_bytes)
    sys.stdout.write("a library prints on standard output")
    sys.stdout.flush()
    if arguments.manner == "stillborn":
        sys.stderr.write("cannot find my fonts\n")
        sys.exit(3)

    def answer(frame: Frame) -> Answer:
        match frame.header["op"]:
            case "repeat":
                os.write(1, b"\x00\x00\x00\x02{}")
                return {"said": frame.header.get("say")}, frame.blobs
            case "environment":
                core, _ = resource.getrlimit(resource.RLIMIT_CORE)
                return {"names": sorted(os.environ), "core": core}, []
            case "sleep":
                time.sleep(frame.header["s"])
                return {"slept": True}, []
            case "die":
                sys.stderr.write("my last words\n")
                sys.stderr.flush()
                os.kill(os.getpid(), getattr(signal, frame.header["by"]))
            case "exit":
                os._exit(frame.header["status"])
            case "nonsense":
                pipes.writer.write(b"\xff" * 64)
                pipes.writer.flush()
            case "ask":
                pipes.write({"need": ["a", "b"]})
                more = pipes.read()
                return {"got": more.header["keys"] if more else None}, more.blobs if more else []
            case "eat":
                return {"ate": len(bytearray(frame.header["bytes"]))}, []
            case "paint":
                raise PaintError("headline", "no such font")
            case "limit":
                raise LimitExceeded("too many pixels")
            case "stumble":
                raise ValueError(frame.header["over"])
        return {}, []

    serve(pipes, {"hello": "parrot", "pid": os.getpid()}, answer)


if __name__ == "__main__":
    main()
