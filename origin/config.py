"""Read the settings, and set the environment; nothing else in the service touches either.

A setting is looked up on the command line, then in the environment (`SIGNET_PORT`), then in one
TOML file (`port = 8081`), then here. Everything wrong is reported at once, each fault with the
name under which the value was given, the value itself (secrets masked) and what is allowed.

Everything in `data_dir` may be lost at any time: that costs renders, never links.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib.metadata import entry_points
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from origin.errors import SettingsRefused
from origin.refusals import Variables, refusals, strangers

PREFIX = "SIGNET_"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
DEFAULT_FILE = Path("signet.toml")
METRICS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
FONT_GROUPS = ("fonts_ttf", "fonts_otf")
SYSTEM_FONTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError
    return value.rstrip("/")


def _redis(value: str) -> str:
    if value and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
        raise ValueError
    return value


Port = Annotated[int, Field(ge=1, le=65535)]
Place = Annotated[Path, AfterValidator(_absolute)]
Places = Annotated[tuple[Place, ...], NoDecode, BeforeValidator(_split)]
Ports = Annotated[tuple[Port, ...], NoDecode, BeforeValidator(_split)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split)]

A_PATH = "a path; relative ones start at the working directory"
A_SIZE = "bytes, or a number with KB, MB, GB, KiB, MiB, GiB"


def _setting(default: Any, allowed: str, meaning: str, **bounds: Any) -> Any:
    """Declare a setting with what the operator reads about it, in faults and in the docs."""
    return Field(
        default,
        description=meaning,
        validate_default=True,
        json_schema_extra={"allowed": allowed},
        **bounds,
    )


class Settings(BaseSettings):
    """Everything that an operator may decide; frozen once read."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = _setting("127.0.0.1", "an address of this machine", "address to listen on")
    port: Port = _setting(8081, "1 to 65535", "port to listen on, behind nginx")
    workers: int = _setting(
        len(os.sched_getaffinity(0)), "1 to 256", "web workers, each with a painter", ge=1, le=256
    )
    templates: Place = _setting("templates", A_PATH, "directory of template documents and versions")
    data_dir: Place = _setting("data", A_PATH, "directory for what may be lost: caches, fallbacks")
    keys_file: Place = _setting("signet-keys.json", A_PATH, "the key ring that signs and verifies")
    public_url: Annotated[str, AfterValidator(_address)] = _setting(
        "http://127.0.0.1:8080",
        "http:// or https://, a host, no query",
        "what signed URLs begin with: the address of nginx",
    )
    cache_redis: Annotated[str, AfterValidator(_redis)] = _setting(
        "",
        "empty, or redis://, rediss:// or unix://",
        "Redis shared by several machines as a cache; not needed",
        repr=False,
    )
    metrics_host: str = _setting(
        "127.0.0.1", "an address of this machine", "address of the metrics page"
    )
    metrics_port: int = _setting(
        9109, "0 to 65535", "port of the metrics page; 0 for none", ge=0, le=65535
    )
    memory_cache_bytes: ByteSize = _setting("64MB", A_SIZE, "memory tier of each worker")
    disk_cache_bytes: ByteSize = _setting("10GB", A_SIZE, "disk tier; 0 for none")
    disk_cache_files: int = _setting(500_000, "0 or more", "files in the disk tier", ge=0)
    disk_min_free_bytes: ByteSize = _setting(
        "512MB", A_SIZE, "free space that the disk tier leaves alone"
    )
    deadline_s: float = _setting(
        2.5, "more than 0, at most 60", "seconds until an open is answered", gt=0, le=60
    )
    assets_deadline_s: float = _setting(
        1.5,
        "more than 0, less than deadline_s",
        "seconds of these in which remote pictures may arrive",
        gt=0,
        le=60,
    )
    assets_allow: Networks = _setting(
        (),
        "networks such as 10.1.0.0/16, separated by commas",
        "private networks that remote pictures may come from",
    )
    assets_ports: Ports = _setting(
        (80, 443), "ports separated by commas", "ports that remote pictures may come from"
    )
    painter_memory_bytes: ByteSize = _setting(
        "3GiB", f"{A_SIZE}; at least 256MB", "address space of a painter", ge=256_000_000
    )
    decoder_memory_bytes: ByteSize = _setting(
        "1GiB", f"{A_SIZE}; at least 256MB", "address space of a decoder", ge=256_000_000
    )
    max_requests: int = _setting(
        20_000, "0 or more", "requests after which a worker is replaced; 0 for never", ge=0
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "debug, info, warning or error", "least level of a log line"
    )
    drafts: bool = _setting(
        False, "true or false", "`latest` draws the draft document; for designing, not for sending"
    )
    fonts: Places = _setting((), "paths separated by commas", "more directories of fonts")

    @field_validator("assets_deadline_s")
    @classmethod
    def _before_the_deadline(cls, value: float, info: ValidationInfo) -> float:
        if value >= info.data.get("deadline_s", float("inf")):
            raise ValueError
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is handed in: `load` asks the sources, since it names them in faults."""
        return (init_settings,)

    @classmethod
    def load(
        cls,
        overrides: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        toml_path: Path | None = None,
    ) -> Self:
        """Read all sources and check them together.

        Args:
            overrides: settings from the command line by field name; `None` means not given.
            env: the environment; that of the process unless given.
            toml_path: the file; else `SIGNET_CONFIG`, else `signet.toml` where there is one.

        Raises:
            SettingsRefused: with every fault of every source.
        """
        env = os.environ if env is None else env
        flags = {name: value for name, value in (overrides or {}).items() if value is not None}
        named = toml_path or (Path(env[CONFIG_VARIABLE]) if env.get(CONFIG_VARIABLE) else None)
        path = named or DEFAULT_FILE
        faults: list[str] = []
        if named and not named.is_file():
            faults.append(f"{named}: no such file; give a TOML file by --config or SIGNET_CONFIG")
        in_file: dict[str, Any] = {}
        try:
            in_file = TomlConfigSettingsSource(cls, path).toml_data
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            faults.append(f"{path}: {error}")
        variables = Variables(cls, env)
        faults += strangers(cls, env, in_file, path, also=CONFIG_VARIABLE)
        known = {name: value for name, value in in_file.items() if name in cls.model_fields}
        settings: Self | None = None
        try:
            settings = cls(**{**known, **variables(), **flags})
        except ValidationError as error:
            faults += refusals(cls, error, flags, variables(), in_file, path)
        if settings is None or faults:
            raise SettingsRefused(tuple(faults))
        return settings

    @property
    def cache_dir(self) -> Path:
        """Where the disk tier lives."""
        return self.data_dir / "cache"

    @property
    def fallback_dir(self) -> Path:
        """Where nginx finds a default picture per template."""
        return self.data_dir / "fallback"

    @property
    def unpacked_fonts_dir(self) -> Path:
        """Where fonts are unpacked that come compressed."""
        return self.data_dir / "fonts"

    @property
    def metrics_dir(self) -> Path:
        """Where workers count, so that one page can add them up."""
        return self.data_dir / "metrics"

    @property
    def locks_dir(self) -> Path:
        """Where workers lock what only one of them may do."""
        return self.data_dir / "locks"

    @property
    def epochs_file(self) -> Path:
        """The purge counters of templates."""
        return self.data_dir / "epochs.json"


def font_dirs(settings: Settings) -> tuple[Path, ...]:
    """Return every directory that has fonts for us: of wheels, of the system, of the operator.

    Font wheels announce their files by an entry point whose value maps names to paths.
    """
    wheels = {
        Path(file).parent
        for group in FONT_GROUPS
        for announced in entry_points(group=group)
        for file in announced.load().values()
    }
    system = [path for path in SYSTEM_FONTS if path.is_dir()]
    return tuple(dict.fromkeys([*sorted(wheels), *system, *settings.fonts]))


def child_environment() -> dict[str, str]:
    """Return the whole environment of a child that draws or decodes: nothing of ours leaks in.

    Two malloc arenas: measured, they take a third off the memory of a busy libvips process for
    6-9 % of its speed. One libvips thread, since pictures are drawn side by side in processes, and
    one of numpy's linear algebra, which nothing here asks for: its others wait in busy loops. Large
    pages where the kernel gives them when asked (madvise): canvases span thousands of small ones,
    and a picture of many parts takes 4 % less time. Where malloc is not glibc's it means nothing.
    """
    return {
        "MALLOC_ARENA_MAX": "2",
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
        "OPENBLAS_NUM_THREADS": "1",
        "VIPS_CONCURRENCY": "1",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
    }


def make_data_dir(settings: Settings) -> None:
    """Make the data directory and its rooms where they are missing.

    Raises:
        SettingsRefused: it cannot be made or written.
    """
    rooms = (
        settings.cache_dir,
        settings.fallback_dir,
        settings.unpacked_fonts_dir,
        settings.metrics_dir,
        settings.locks_dir,
    )
    try:
        for room in rooms:
            room.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsRefused((f"data_dir: {error.filename}: {error.strerror}",)) from error


def count_in(directory: Path | None) -> None:
    """Let this process and those that it forks count together in `directory`; None: each alone."""
    os.environ.pop(METRICS_VARIABLE, None)
    if directory is not None:
        os.environ[METRICS_VARIABLE] = str(directory)


def metrics_directory() -> Path | None:
    """Return where the workers of this machine count together; None outside `serve`."""
    directory = os.environ.get(METRICS_VARIABLE)
    return Path(directory) if directory else None
