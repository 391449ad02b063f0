"""Say what is wrong with settings: where each was given, what, and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource


class Variables(EnvSettingsSource):
    """The library's reading of the environment, over the mapping that it is given."""

    def __init__(self, settings_cls: type[BaseSettings], env: Mapping[str, str]) -> None:
        self._env = env
        super().__init__(settings_cls)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        # An empty variable is one that a compose file passes on without a value.
        return {name.lower(): value for name, value in self._env.items() if value}


def strangers(
    cls: type[BaseSettings],
    env: Mapping[str, str],
    in_file: Mapping[str, object],
    path: Path,
    *,
    also: str,
) -> list[str]:
    """Say which names nobody knows, and which one was probably meant.

    Args:
        in_file: what the file at `path` gives.
        also: a variable of ours that is no setting.
    """
    prefix = _prefix(cls)
    variables = {prefix + name.upper() for name in cls.model_fields} | {also}
    found = [
        (name, name, variables)
        for name in env
        if name.upper().startswith(prefix) and name.upper() not in variables
    ]
    keys = set(cls.model_fields)
    found += [(f"{name} in {path}", name, keys) for name in in_file if name not in keys]
    faults = []
    for shown, name, known in found:
        meant = difflib.get_close_matches(name, sorted(known), n=1)
        faults.append(
            f"{shown}: no such setting" + (f"; did you mean {meant[0]}?" if meant else "")
        )
    return faults


def refusals(
    cls: type[BaseSettings],
    error: ValidationError,
    flags: Mapping[str, object],
    variables: Mapping[str, object],
    in_file: Mapping[str, object],
    path: Path,
) -> list[str]:
    """Say for each refused setting where it was given, what, and what is allowed."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        name = str(fault["loc"][0])
        if name not in cls.model_fields:
            faults[name] = f"--{name.replace('_', '-')}: no such setting"
            continue
        if name in flags:
            shown = f"--{name.replace('_', '-')}"
        elif name in variables:
            shown = _prefix(cls) + name.upper()
        elif name in in_file:
            shown = f"{name} in {path}"
        else:
            shown = f"{name} (as nothing else was given)"
        field = cls.model_fields[name]
        given = repr(fault["input"]) if field.repr else "the value"
        extra = field.json_schema_extra
        allowed = extra["allowed"] if isinstance(extra, dict) else ""
        faults[name] = f"{shown}: {given} is not allowed; give {allowed}"
    return list(faults.values())


def _prefix(cls: type[BaseSettings]) -> str:
    return cls.model_config.get("env_prefix", "")
