from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from origin.config import (
    Settings,
    child_environment,
    font_dirs,
    make_data_dir,
)
from origin.errors import SettingsRefused

ROOT = Path(__file__).resolve().parents[2]


def faults(
    overrides: dict[str, object] | None = None,
    env: dict[str, str] | None = None,
    toml_path: Path | None = None,
) -> tuple[str, ...]:
    with pytest.raises(SettingsRefused) as refused:
        Settings.load(overrides, env or {}, toml_path)
    return refused.value.faults


def test_flags_win_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    """Each source is asked in its turn, and a flag that was not given is none."""
    file = tmp_path / "signet.toml"
    file.write_text('port = 1001\nhost = "::1"\nworkers = 7\n')
    env = {"SIGNET_PORT": "1002", "SIGNET_WORKERS": "8", "SIGNET_DATA_DIR": ""}
    settings = Settings.load({"port": 1003, "workers": None}, env, file)
    assert (settings.port, settings.workers, settings.host) == (1003, 8, "::1")
    assert settings.data_dir == Path("data").absolute()


def test_file_is_found_by_flag_variable_or_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--config` wins over `SIGNET_CONFIG`, which wins over signet.toml where one starts."""
    for port, name in enumerate(("flag.toml", "variable.toml", "signet.toml"), start=1001):
        (tmp_path / name).write_text(f"port = {port}\n")
    monkeypatch.chdir(tmp_path)
    env = {"SIGNET_CONFIG": str(tmp_path / "variable.toml")}
    assert Settings.load({}, env, tmp_path / "flag.toml").port == 1001
    assert Settings.load({}, env).port == 1002
    assert Settings.load({}, {}).port == 1003


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    """Every source's every fault is named with its origin, what was given and what is allowed."""
    file = tmp_path / "signet.toml"
    file.write_text('prot = 1\nlog_level = "loud"\n')
    env = {
        "SIGNET_PORT": "70000",
        "SIGNET_WORKRES": "2",
        "SIGNET_MEMORY_CACHE_BYTES": "lots",
        "SIGNET_ASSETS_ALLOW": "10.0.0.0/8, 10.0.0.1/8",
        "SIGNET_ASSETS_PORTS": "80,x",
        "SIGNET_PUBLIC_URL": "ftp://pictures",
    }
    found = faults({"deadline_s": 99}, env, file)
    assert len(found) == 9
    text = "\n".join(found)
    assert f"prot in {file}: no such setting; did you mean port?" in text
    assert "SIGNET_WORKRES: no such setting; did you mean SIGNET_WORKERS?" in text
    assert "SIGNET_PORT: '70000' is not allowed; give 1 to 65535" in text
    assert f"log_level in {file}: 'loud' is not allowed; give debug, info" in text
    assert "--deadline-s: 99 is not allowed; give more than 0, at most 60" in text
    assert "SIGNET_ASSETS_ALLOW: '10.0.0.1/8' is not allowed" in text
    for name in ("SIGNET_MEMORY_CACHE_BYTES", "SIGNET_ASSETS_PORTS", "SIGNET_PUBLIC_URL"):
        assert f"{name}: " in text


@pytest.mark.parametrize("value", ["hunter2", "http://:hunter2@cache"])
def test_secrets_are_masked(value: str) -> None:
    """The address of Redis may hold a password, so neither faults nor a dump show it."""
    assert "hunter2" not in "\n".join(faults(env={"SIGNET_CACHE_REDIS": value}))
    settings = Settings.load({}, {"SIGNET_CACHE_REDIS": "redis://:hunter2@cache"})
    assert settings.cache_redis == "redis://:hunter2@cache"
    assert "hunter2" not in f"{settings!r} {settings}"


@pytest.mark.parametrize(
    ("content", "told"), [("port = x", "at line 1"), ("port = 1\nport = 2\n", "at line 2")]
)
def test_broken_file_is_a_fault_with_its_place(tmp_path: Path, content: str, told: str) -> None:
    """TOML that cannot be read is named with its file and place, next to other faults."""
    file = tmp_path / "signet.toml"
    file.write_text(content)
    found = faults({"workers": 0}, {}, file)
    assert any(str(file) in fault and told in fault for fault in found)
    assert any(fault.startswith("--workers: 0 ") for fault in found)


def test_named_file_must_exist(tmp_path: Path) -> None:
    """A file that was asked for and is not there is a fault, not an empty file."""
    assert "no such file" in faults(env={"SIGNET_CONFIG": str(tmp_path / "gone.toml")})[0]
    assert "no such file" in faults(toml_path=tmp_path / "gone.toml")[0]


def test_assets_must_arrive_before_the_deadline() -> None:
    """Fetching may not take the whole time of an answer."""
    found = faults({"deadline_s": 1.5})
    assert found == (
        "assets_deadline_s (as nothing else was given): 1.5 is not allowed; "
        "give more than 0, less than deadline_s",
    )


def test_values_arrive_as_what_they_mean(tmp_path: Path) -> None:
    """Sizes take units, lists take commas in a variable and arrays in the file."""
    file = tmp_path / "signet.toml"
    file.write_text('assets_ports = [80, 8443]\nfonts = ["/f/a", "/f/b"]\n')
    env = {
        "SIGNET_MEMORY_CACHE_BYTES": "512MB",
        "SIGNET_DISK_CACHE_BYTES": "1.5GiB",
        "SIGNET_ASSETS_ALLOW": "10.1.0.0/16, fd00::/8",
        "SIGNET_PUBLIC_URL": "https://img.example.org/",
        "SIGNET_DRAFTS": "true",
    }
    settings = Settings.load({}, env, file)
    assert settings.memory_cache_bytes == 512_000_000
    assert settings.disk_cache_bytes == 3 * 2**29
    assert settings.assets_allow == (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))
    assert settings.assets_ports == (80, 8443)
    assert settings.fonts == (Path("/f/a"), Path("/f/b"))
    assert settings.public_url == "https://img.example.org"
    assert settings.drafts is True


def test_child_environment_is_all_that_a_child_gets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the parent's environment reaches a child, least of all a secret."""
    monkeypatch.setenv("SECRET", "hunter2")
    memory = {"GLIBC_TUNABLES", "MALLOC_ARENA_MAX"}
    threads = {"OPENBLAS_NUM_THREADS", "VIPS_CONCURRENCY"}
    assert set(child_environment()) == memory | threads | {"PATH", "LANG"}


def test_font_dirs_have_the_wheels_and_the_operators(tmp_path: Path) -> None:
    """Installed font wheels are found without being named, extra directories come last."""
    found = font_dirs(Settings.load({"fonts": (tmp_path,)}, {}))
    assert found[-1] == tmp_path
    assert any(list(path.glob("SourceSansPro-*.ttf")) for path in found)
    assert any(list(path.glob("HankenGrotesk-*.otf")) for path in found)
    assert len(found) == len(set(found))


def test_data_dir_that_cannot_be_made_is_a_fault(tmp_path: Path) -> None:
    """A file where the directory should be is named, before anything is started."""
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsRefused, match=r"data_dir: .*/data"):
        make_data_dir(Settings.load({"data_dir": tmp_path / "data"}, {}))


def settings_table() -> str:
    """Write the operator's table of settings from the settings themselves."""
    rows = ["| Environment | TOML | Default | Allowed | Meaning |", "|---|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(map(str, default))
        shown = "number of cores" if name == "workers" else str(default) or "empty"
        if isinstance(default, bool):
            shown = shown.lower()
        assert isinstance(field.json_schema_extra, dict)
        rows.append(
            f"| `SIGNET_{name.upper()}` | `{name}` | {shown} "
            f"| {field.json_schema_extra['allowed']} | {field.description} |"
        )
    return "\n".join(rows)


def test_operators_read_the_settings_as_they_are() -> None:
    """The table in the docs is the one that the settings give; this failure prints it."""
    assert settings_table() in (ROOT / "docs" / "operators.md").read_text()
