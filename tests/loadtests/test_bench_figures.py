from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from loadtests.bench import page, plot
from loadtests.bench.contract import timed_run, warm
from loadtests.bench.growth import CANVASES, PERSONAL, SHAPES, document
from loadtests.bench.peers import STAGES, median_cells, tables
from tests.docs.pages import ROOT
from vips_render.limits import Limits
from vips_render.scene.geometry import to_pixel
from vips_render.template.layers import TextLayer
from vips_render.template.parse import parse_template

SVG = "{http://www.w3.org/2000/svg}"


def closing(peer: str, p50: float, size_bytes: int) -> dict[str, object]:
    times = {"p50": p50, "p95": 2 * p50, "cpu_ms_mean": p50, "rps": 1000 / p50}
    return {
        "card": "banner", "format": "png", "peer": peer,
        **times, "bytes_mean": size_bytes, "peak_rss_mb": 50.0,
        "stages_ms": dict.fromkeys(STAGES, p50 / 4),
    }  # fmt: skip


def test_only_what_stands_between_markers_is_replaced(tmp_path: Path) -> None:
    """Figures come and go; every word of prose stays as it was."""
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- one -->\nold\n<!-- /one -->\nbetween <!-- two --><!-- /two -->\n")
    page.put("one", "new", file)
    page.put("one", "newer", file)
    assert file.read_text() == (
        "before\n<!-- one -->\n\nnewer\n\n<!-- /one -->\nbetween <!-- two --><!-- /two -->\n"
    )


@pytest.mark.parametrize("text", ["", "<!-- one -->", "<!-- one --><!-- /one --><!-- one -->"])
def test_a_page_without_its_markers_is_not_touched(tmp_path: Path, text: str) -> None:
    """A block that has no single place is refused, and the page stays as it was."""
    file = tmp_path / "page.md"
    file.write_text(text)
    with pytest.raises(page.MarkerMissing):
        page.put("one", "new", file)
    assert file.read_text() == text


@pytest.mark.parametrize(
    "name",
    [
        "engine",
        "peers",
        "growth-canvas",
        "growth-shape",
        "growth-personal",
        "cold",
        "first",
        "memory",
    ],
)
def test_the_page_has_a_place_for_every_block(name: str) -> None:
    """Whatever is measured has its markers in the page, once."""
    text = page.PAGE.read_text()
    assert text.count(f"<!-- {name} -->") == text.count(f"<!-- /{name} -->") == 1


def test_a_busy_machine_is_said() -> None:
    """Figures that other work has spoilt say so themselves."""
    assert "under load" in page.circumstances(0.8)
    assert "under load" not in page.circumstances(0.01)


def test_the_work_of_others_is_noticed() -> None:
    """Whoever keeps a core busy beside a run shows in it."""
    spin = "import time\nwhile time.process_time() < 5: pass"
    with subprocess.Popen([sys.executable, "-c", spin]) as other:
        watch = page.Watch()
        time.sleep(0.4)
        others = watch.others()
        other.kill()
    assert others > 0.1


def test_the_median_of_rounds_is_told() -> None:
    """One slow round changes nothing, and ratios are between medians of Signet and the fastest."""
    runs = [closing("Signet", p50, 400) for p50 in (2.0, 90.0, 1.0)]
    runs += [closing("Pillow", p50, 500) for p50 in (8.0, 7.0, 300.0)]
    runs += [closing("takumi", p50, 800) for p50 in (6.0, 6.0, 6.0)]
    cells = median_cells(runs)
    assert {peer: of["p50"] for peer, of in cells["banner", "png"].items()} == {
        "Signet": 2.0, "Pillow": 8.0, "takumi": 6.0,
    }  # fmt: skip
    ratio = next(line for line in tables(cells).splitlines() if "| takumi |" in line)
    assert ratio == "| banner 600 x 200, PNG | takumi | 3.00 | 3.00 | 0.50 | 2.00 |"
    stages = next(line for line in tables(cells).splitlines() if line.count("0.50") == 4)
    assert stages.startswith("| banner 600 x 200, PNG |")


def test_warming_up_and_timing_ask_for_different_guests() -> None:
    """Nobody who is timed was seen before; the first guest follows from the offset."""
    asked: list[int] = []

    def render(number: int) -> bytes:
        asked.append(number)
        return b"four"

    warm(render, 5, 0)
    timed = timed_run(render, 4, offset=7)
    assert asked == [-1, -2, -3, -4, -5, 7, 8, 9, 10]
    assert timed.figures()["n"] == 4
    assert timed.figures()["bytes_mean"] == 4


def test_a_run_out_of_time_still_has_its_least_pictures() -> None:
    """Time may be over at once; the median of fewer than `least` would say nothing."""
    assert len(timed_run(lambda _: b"x", 100, max_seconds=1e-9, least=6).ms) == 6


@pytest.mark.parametrize("size", {*CANVASES, *SHAPES, *PERSONAL})
def test_growth_puts_all_lines_on_the_canvas(size: tuple[int, int, int]) -> None:
    """Personal text that falls off the canvas would make larger pictures look cheap."""
    width, height, lines = size
    template = parse_template(document(*size), Limits())
    texts = [layer for layer in template.layers if isinstance(layer, TextLayer)]
    assert len(texts) == lines
    for layer in texts:
        box = layer.box
        assert to_pixel(float(str(box.x))) + float(str(box.width)) <= width
        assert to_pixel(float(str(box.y))) + float(str(box.height)) <= height


def test_bars_are_as_long_as_their_values_say() -> None:
    """On a logarithmic scale equal ratios are equal steps."""
    svg = ElementTree.fromstring(plot.bars("t", {"g": {"a": 1, "b": 10, "c": 100}}, "ms"))
    wide = [float(bar.attrib["width"]) for bar in svg.iter(f"{SVG}rect")][-3:]
    assert wide[2] == pytest.approx(2 * wide[1], abs=0.2)


def test_lines_rise_with_their_values() -> None:
    """A larger value is drawn higher, and every series has its name beside its colour."""
    svg = ElementTree.fromstring(plot.lines("t", ["1", "2"], {"a <b>": [1, 3]}, "steps"))
    first, second = (float(dot.attrib["cy"]) for dot in svg.iter(f"{SVG}circle"))
    assert second < first
    assert "a <b>" in [text.text for text in svg.iter(f"{SVG}text")]


def test_plots_of_the_page_are_in_the_repository() -> None:
    """The page shows what the runners draw."""
    text = page.PAGE.read_text()
    for name in ("peers-png", "peers-jpeg", "engine", "canvas", "personal", "cold", "memory"):
        assert f"images/performance-{name}.svg" in text
        assert (ROOT / "docs" / "images" / f"performance-{name}.svg").exists()
