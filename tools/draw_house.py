"""Draw the house of the program for contributors: who may call whom, what is data; for light and dark pages."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import matplotlib
from PIL import Image, ImageDraw, ImageFont

# Drawn at twice its size and made smaller: smooth lines.
_FINER = 2
# matplotlib brings it along: the same letters on every computer, with accents.
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_SIZE = (1000, 560)
_BACK, _INK, _FAINT = (250, 250, 250), (28, 28, 28), (90, 90, 90)
_CODE, _DATA, _ENTRANCE = (226, 238, 250), (243, 236, 220), (232, 232, 232)
_EDGE = (0, 95, 184)
Box = tuple[int, int, int, int]
_BOXES: dict[str, tuple[Box, tuple[int, int, int]]] = {
    "main.py": ((380, 24, 620, 92), _ENTRANCE),
    "gui": ((30, 170, 300, 300), _CODE),
    "core": ((365, 170, 635, 300), _CODE),
    "training": ((700, 170, 970, 300), _CODE),
    "resources": ((30, 400, 300, 510), _DATA),
    "models": ((365, 400, 635, 510), _DATA),
    "library": ((700, 400, 970, 510), _DATA),
}
_WORDS = {
    "en": {
        "main.py": "the one entrance",
        "gui": "what you see: Tkinter,\nno computing",
        "core": "what it knows: photographs,\nmodels, answers, library,\nexports, commands",
        "training": "how models are made:\nKeras lives here,\nin a process of its own",
        "resources": "icons, French, breed names,\nstudies",
        "models": "networks, heads,\nthresholds, cards",
        "library": "the user's own folder:\nanswers, words, settings",
        "uses": "uses",
        "starts": "starts as a process",
        "reads": "reads",
        "both": "reads and writes",
    },
    "fr": {
        "main.py": "l’unique entrée",
        "gui": "ce que l’on voit : Tkinter,\naucun calcul",
        "core": "ce qu’il sait : photos,\nmodèles, réponses, bibliothèque,\nexports, commandes",
        "training": "comment naissent les modèles :\nKeras vit ici,\ndans son propre processus",
        "resources": "icônes, français, noms de races,\nétudes",
        "models": "réseaux, têtes,\nseuils, fiches",
        "library": "le dossier de l’utilisateur :\nréponses, avis, réglages",
        "uses": "utilise",
        "starts": "lance comme processus",
        "reads": "lit",
        "both": "lit et écrit",
    },
}
_TITLES = {"gui": "gui/", "core": "core/", "training": "training/", "resources": "resources/", "models": "models/"}


def draw_house(language: Literal["en", "fr"]) -> Image.Image:
    """The drawing, 1000 x 560, on a ground of its own."""
    words = _WORDS[language]
    picture = Image.new("RGB", (_SIZE[0] * _FINER, _SIZE[1] * _FINER), _BACK)
    draw = ImageDraw.Draw(picture)
    for name, (box, fill) in _BOXES.items():
        _draw_box(draw, box, fill, _TITLES.get(name, "main.py" if name == "main.py" else "library.sqlite"), words[name])
    _draw_arrow(draw, (500, 92), (500, 168), words["uses"], (512, 122))
    _draw_arrow(draw, (430, 92), (240, 168), "", (0, 0))
    _draw_arrow(draw, (302, 235), (363, 235), words["uses"], (310, 212))
    _draw_arrow(draw, (698, 235), (637, 235), words["uses"], (645, 212))
    _draw_arrow(draw, (400, 302), (240, 398), words["reads"], (262, 334))
    _draw_arrow(draw, (500, 302), (500, 398), words["reads"], (512, 340))
    _draw_arrow(draw, (600, 302), (760, 398), words["both"], (702, 334))
    _draw_round(draw, words["starts"])
    return picture.resize(_SIZE, Image.Resampling.LANCZOS)


def _draw_box(draw: ImageDraw.ImageDraw, box: Box, fill: tuple[int, int, int], title: str, text: str) -> None:
    scaled = tuple(_FINER * side for side in box)
    draw.rounded_rectangle(scaled, 12 * _FINER, fill=fill, outline=_EDGE, width=2 * _FINER)
    middle, top = (box[0] + box[2]) // 2, box[1]
    _write(draw, (middle, top + 22), title, 20, _INK, "mm")
    lines = text.split("\n")
    for number, line in enumerate(lines):
        _write(draw, (middle, top + 50 + 22 * number), line, 15, _FAINT, "mm")


def _draw_arrow(
    draw: ImageDraw.ImageDraw, start: tuple[int, int], end: tuple[int, int], text: str, place: tuple[int, int]
) -> None:
    points = [_FINER * value for value in (*start, *end)]
    draw.line(points, fill=_EDGE, width=3 * _FINER)
    _draw_head(draw, start, end)
    if text:
        _write(draw, place, text, 15, _FAINT, "la")


def _draw_head(draw: ImageDraw.ImageDraw, start: tuple[int, int], end: tuple[int, int]) -> None:
    long = max(1.0, ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5)
    ahead = ((end[0] - start[0]) / long, (end[1] - start[1]) / long)
    corners = [end]
    for side in (-1, 1):
        corners.append(
            (
                round(end[0] - 13 * ahead[0] + side * 6 * -ahead[1]),
                round(end[1] - 13 * ahead[1] + side * 6 * ahead[0]),
            )
        )
    draw.polygon([(_FINER * x, _FINER * y) for x, y in corners], fill=_EDGE)


def _draw_round(draw: ImageDraw.ImageDraw, text: str) -> None:
    """From core over the roof to training: started as a process, never imported."""
    dashes = [(620, 168, 620, 128), (620, 128, 835, 128), (835, 128, 835, 166)]
    for x1, y1, x2, y2 in dashes:
        steps = max(abs(x2 - x1), abs(y2 - y1)) // 10
        for step in range(0, steps, 2):
            part = [x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps]
            part += [x1 + (x2 - x1) * (step + 1) / steps, y1 + (y2 - y1) * (step + 1) / steps]
            draw.line([_FINER * value for value in part], fill=_EDGE, width=2 * _FINER)
    _draw_head(draw, (835, 128), (835, 168))
    _write(draw, (640, 104), text, 15, _FAINT, "la")


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, ink: tuple[int, int, int], anchor: str
) -> None:
    font = ImageFont.truetype(_FONT, size * _FINER)
    draw.text((_FINER * place[0], _FINER * place[1]), text, fill=ink, font=font, anchor=anchor)
