"""Run `python -m origin` as `signet`."""

from __future__ import annotations

from origin.cli import main

if __name__ == "__main__":
    main()
