from __future__ import annotations

import subprocess
import sys

import vips_render


def test_every_public_name_can_be_had() -> None:
    """What the package says it offers, it offers."""
    for name in vips_render.__all__:
        assert getattr(vips_render, name) is not None


def test_a_scene_can_be_read_without_the_document_model() -> None:
    """A painter starts without pydantic: neither the package nor the wire form loads it."""
    script = (
        "import sys, vips_render, vips_render.scene.wire, vips_render.scene.assets;"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
