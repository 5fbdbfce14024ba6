"""Draw a dog, for pictures of the window: no photograph of anybody's dog may be shown without asking.

python -m tools.draw_dog OUT.jpg
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1200, 900
WHITE, BROWN, DARK, BLACK = (238, 230, 220), (168, 104, 58), (96, 58, 34), (28, 22, 20)


def draw_dog() -> Image.Image:
    """A hound with hanging ears in a meadow, 1200 x 900, soft: sharp edges look like paper, and paper is no dog."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (176, 200, 222))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 520, WIDTH, HEIGHT), fill=(112, 146, 78))
    _body(draw)
    _head(draw)
    picture = picture.filter(ImageFilter.GaussianBlur(5))
    _face(ImageDraw.Draw(picture))
    return picture.filter(ImageFilter.GaussianBlur(8))


def _body(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((330, 560, 870, 1240), fill=WHITE)
    draw.ellipse((300, 640, 480, 1200), fill=BROWN)
    draw.ellipse((720, 640, 900, 1200), fill=BROWN)
    draw.ellipse((430, 600, 770, 1100), fill=WHITE)


def _head(draw: ImageDraw.ImageDraw) -> None:
    draw.ellipse((385, 130, 815, 600), fill=BROWN)
    draw.polygon([(560, 130), (640, 130), (665, 420), (535, 420)], fill=WHITE)
    draw.ellipse((455, 370, 745, 680), fill=WHITE)
    for side in (-1, 1):
        middle = 600 + side * 232
        draw.ellipse((middle - 88, 190, middle + 88, 600), fill=DARK)
        draw.ellipse((middle - side * 60 - 60, 180, middle - side * 60 + 60, 330), fill=DARK)


def _face(draw: ImageDraw.ImageDraw) -> None:
    for middle in (505, 695):
        draw.ellipse((middle - 44, 300, middle + 44, 382), fill=DARK)
        draw.ellipse((middle - 32, 306, middle + 32, 374), fill=(62, 34, 16))
        draw.ellipse((middle - 20, 318, middle + 20, 362), fill=BLACK)
        draw.ellipse((middle + 2, 322, middle + 16, 336), fill=(250, 250, 250))
    draw.ellipse((535, 430, 665, 520), fill=BLACK)
    draw.ellipse((560, 440, 610, 462), fill=(90, 84, 82))
    draw.line((600, 515, 600, 585), fill=BLACK, width=6)
    draw.arc((500, 520, 600, 620), 0, 120, fill=BLACK, width=6)
    draw.arc((600, 520, 700, 620), 60, 180, fill=BLACK, width=6)
    draw.ellipse((570, 590, 630, 660), fill=(206, 110, 110))


if __name__ == "__main__":
    draw_dog().save(Path(sys.argv[1]), quality=92)
