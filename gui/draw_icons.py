"""Draws the program's icon, a paw under a lens, in all sizes: `python -m gui.draw_icons` writes resources/icons."""

from __future__ import annotations

from PIL import Image, ImageDraw

from core.folders import resources_dir
from gui.icons import SIZES

_FINE = 4  # drawn larger and shrunk, for smooth edges
_BLUE, _DARK, _WHITE = "#0b6bcb", "#08427d", "#ffffff"
_PAD = ((33, 45, 59, 67), (38, 41, 54, 54))
_TOES = ((22.5, 36, 32.5, 50), (33, 24, 43.5, 40), (49.5, 24, 60, 40), (60.5, 36, 70.5, 50))


def drawn(size: int) -> Image.Image:
    """The icon, (size, size) RGBA."""
    scale = size * _FINE / 100
    image = Image.new("RGBA", (size * _FINE, size * _FINE))
    pen = ImageDraw.Draw(image)

    def scaled(box: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(edge * scale for edge in box)

    pen.line(scaled((70, 70, 90, 90)), _DARK, round(15 * scale))
    for end in ((70, 70), (90, 90)):
        pen.ellipse(scaled((end[0] - 7.5, end[1] - 7.5, end[0] + 7.5, end[1] + 7.5)), _DARK)
    pen.ellipse(scaled((4, 4, 88, 88)), _DARK)
    pen.ellipse(scaled((10, 10, 82, 82)), _BLUE)
    for oval in (*_PAD, *_TOES):
        pen.ellipse(scaled(oval), _WHITE)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every size as PNG, and all together as .ico for Windows."""
    folder = resources_dir() / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    for size in SIZES:
        drawn(size).save(folder / f"shelterlens-{size}.png", optimize=True)
    largest = drawn(SIZES[-1])
    largest.save(folder / "shelterlens.ico", sizes=[(size, size) for size in SIZES])


if __name__ == "__main__":
    main()
