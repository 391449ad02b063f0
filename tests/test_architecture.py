"""Hold the house to its shape: who may import whom, and what no file may do."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("vips_render", "cache", "origin")


@dataclass(frozen=True)
class Source:
    """One file: its dotted module, the modules it imports, the dotted names it reads and calls."""

    path: str
    module: str
    imports: frozenset[str]
    names: frozenset[str]
    calls: frozenset[str]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ""


def _imports(tree: ast.Module, module: str, *, package: bool) -> Iterator[str]:
    parts = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parts[: len(parts) - node.level + 1] if node.level else []
            target = ".".join([*above, *([node.module] if node.module else [])])
            yield target
            yield from (f"{target}.{alias.name}" for alias in node.names)


@cache
def sources() -> tuple[Source, ...]:
    """Read every file of the three packages once."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            is_package = path.name == "__init__.py"
            parts = relative.parent.parts if is_package else relative.with_suffix("").parts
            module = ".".join(parts)
            tree = ast.parse(path.read_text(), filename=str(relative))
            names = {_dotted(node) for node in ast.walk(tree) if isinstance(node, ast.expr)}
            calls = {_dotted(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
            found.append(
                Source(
                    path=str(relative),
                    module=module,
                    imports=frozenset(_imports(tree, module, package=is_package)),
                    names=frozenset(names),
                    calls=frozenset(calls),
                )
            )
    return tuple(found)


def within(module: str, *roots: str) -> bool:
    """Say whether `module` is one of `roots` or inside one."""
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def never(where: Callable[[str], bool], *forbidden: str, unless: tuple[str, ...] = ()) -> list[str]:
    """List each import of `forbidden` in the modules that `where` picks."""
    return [
        f"{source.path} imports {name}"
        for source in sources()
        if where(source.module) and not within(source.module, *unless)
        for name in sorted(source.imports)
        if within(name, *forbidden)
    ]


def inside(*roots: str) -> Callable[[str], bool]:
    """Pick the modules inside `roots`."""
    return lambda module: within(module, *roots)


# Highest first; names on one line are strangers to each other.
ORIGIN_LAYERS = (
    ("__main__",),
    ("cli",),
    ("demo",),
    ("serve",),
    ("app",),
    ("config",),
    ("delivery",),
    ("web",),
    ("pipeline",),
    ("catalog", "fetch"),
    ("children", "epochs", "nginx", "cachecounts"),
    ("urls", "metrics", "errors", "logs", "refusals"),
    ("countfiles",),
)

STDLIB = frozenset(sys.stdlib_module_names)
NETWORK = ("asyncio", "socket", "http", "urllib.request", "ssl", "aiohttp", "redis")
EVERYWHERE = inside(*PACKAGES)

RULES: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "engine-is-a-function": (
        "the engine takes documents and bytes and gives bytes; it knows no network and no service",
        lambda: never(inside("vips_render"), "origin", "cache", *NETWORK),
    ),
    "cache-stores-bytes": (
        "the cache keeps bytes under keys; it knows no pictures and no HTTP",
        lambda: never(inside("cache"), "origin", "vips_render", "pyvips", "aiohttp", "http"),
    ),
    "pyvips-in-three-places": (
        "half the engine is tested in milliseconds because only these files need libvips",
        lambda: never(
            EVERYWHERE,
            "pyvips",
            unless=("vips_render.pixels", "vips_render.encode", "vips_render.runtime"),
        ),
    ),
    "engine-flows-one-way-expr": (
        "expressions know no document",
        lambda: never(
            inside("vips_render.expr"),
            *(f"vips_render.{name}" for name in ("template", "scene", "pixels", "encode")),
        ),
    ),
    "engine-flows-one-way-template": (
        "a document knows nothing of what is resolved or drawn from it",
        lambda: never(
            inside("vips_render.template"),
            *(f"vips_render.{name}" for name in ("scene", "pixels", "encode")),
        ),
    ),
    "engine-flows-one-way-scene": (
        "a scene is literals; it knows no pixels",
        lambda: never(inside("vips_render.scene"), "vips_render.pixels", "vips_render.encode"),
    ),
    "pixels-and-encode-are-strangers": (
        "only render.py sees both, so either can be replaced",
        lambda: (
            never(inside("vips_render.pixels"), "vips_render.encode")
            + never(inside("vips_render.encode"), "vips_render.pixels")
        ),
    ),
    "redis-in-one-tier": (
        "Redis is optional, so one file knows it",
        lambda: never(EVERYWHERE, "redis", unless=("cache.redis_tier",)),
    ),
    "signing-is-standard-library": (
        "a sender signs with origin.urls and nothing else installed",
        lambda: [
            f"{source.path} imports {name}"
            for source in sources()
            if within(source.module, "origin.urls") or source.module == "origin"
            for name in sorted(source.imports)
            if name.split(".")[0] not in STDLIB and not within(name, "origin.urls")
        ],
    ),
    "http-stays-at-the-edge": (
        "rules are testable without a server",
        lambda: never(
            inside(
                "origin.urls",
                "origin.catalog",
                "origin.pipeline",
                "origin.metrics",
                "origin.errors",
                "origin.fetch.addresses",
            ),
            "aiohttp",
        ),
    ),
    "one-root": (
        "everything is built in one place; only it and what starts it read settings",
        lambda: never(
            inside("origin"),
            "origin.app",
            "origin.config",
            unless=("origin.app", "origin.config", "origin.serve", "origin.cli", "origin.demo"),
        ),
    ),
    "no-hostile-deserialisers": (
        "inputs are hostile: nothing that runs what it reads",
        lambda: (
            never(EVERYWHERE, "pickle", "marshal", "shelve", "subprocess")
            + [
                f"{source.path} calls {name}"
                for source in sources()
                for name in sorted(source.calls & {"eval", "exec", "compile", "__import__"})
            ]
        ),
    ),
    "no-tests-in-the-house": (
        "production code never asks whether it is under test",
        lambda: never(EVERYWHERE, "unittest", "tests", "loadtests", "pytest", "hypothesis"),
    ),
    "one-reader-of-the-environment": (
        "a setting that two places read is two settings",
        lambda: [
            f"{source.path} reads {name}"
            for source in sources()
            if source.module != "origin.config"
            for name in sorted(source.names)
            if name in {"os.environ", "os.getenv", "os.environb", "environ", "getenv"}
        ],
    ),
    "time-is-passed-in": (
        "same input, same bytes: neither the clock nor chance decides a picture or a signature",
        lambda: [
            f"{source.path} reads {name}"
            for source in sources()
            if within(source.module, "vips_render", "origin.urls", "cache.keys")
            for name in sorted(source.calls)
            if name.startswith(("random.", "uuid."))
            or name in {"time.time", "time.time_ns", "datetime.now", "datetime.datetime.now"}
        ],
    ),
}


def _layer_faults() -> list[str]:
    level = {name: depth for depth, names in enumerate(ORIGIN_LAYERS) for name in names}
    faults = []
    for source in sources():
        parts = source.module.split(".")
        if parts[0] != "origin" or len(parts) < 2:
            continue
        own = parts[1]
        for name in sorted(source.imports):
            target = name.split(".")
            if target[0] != "origin" or len(target) < 2 or target[1] == own:
                continue
            if target[1] not in level:
                faults.append(f"{source.path} imports {name}, which has no place in the layers")
            elif level[target[1]] <= level[own]:
                faults.append(f"{source.path} imports {name}, which does not stand below it")
    return faults


RULES["origin-layers"] = (
    "in origin a file imports its own package and anything lower; what two share moves down",
    _layer_faults,
)


@pytest.mark.parametrize("rule", RULES)
def test_imports_follow(rule: str) -> None:
    """Each import rule of the house holds in every file."""
    reason, find = RULES[rule]
    faults = find()
    assert not faults, f"{reason}:\n" + "\n".join(faults)


def test_every_layer_is_named() -> None:
    """A new room in `origin` takes its place in the layers before it takes visitors."""
    named = {name for names in ORIGIN_LAYERS for name in names}
    rooms = {
        source.module.split(".")[1] for source in sources() if source.module.startswith("origin.")
    }
    assert rooms <= named


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_import_alone(package: str) -> None:
    """Each module imports by itself in a fresh interpreter, with warnings as errors."""
    modules = [source.module for source in sources() if within(source.module, package)]
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    for loaded in [m for m in sys.modules if m.split('.')[0] in "
        f"{PACKAGES!r}]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *modules],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
