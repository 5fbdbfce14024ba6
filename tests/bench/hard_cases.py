"""What the manual says of hard photographs, tried: each kind is made or chosen, and the real program answers it.

    python -m tests.bench.hard_cases [--data DATA] [--model NAME] [--keep FOLDER]

DATA (../shared/data) has dogs_independent (250 photographs of ten breeds that no network has seen), shelter_unlabelled
and not_dogs. Puppies and pictures with several dogs were picked by eye. Nothing of it leaves the temporary folder, but
for --keep, where the made pictures can be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from core.inference import Classifier
from core.models import find_model
from core.photos import open_photo

ROOT = Path(__file__).resolve().parent.parent.parent
Picture = Image.Image
Change = Callable[[Picture], Picture]


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split())


# Picked by eye. The ends of their names: ILSVRC2012_val_0000….JPEG and dog.….jpg.
PUPPIES = _numbers(
    "2701 10550 22799 3837 33731 11719 20762 29932 42258 6815 33633 37826 4186 11385 12605 31172 34737 38167 40130 "
    "10298 12100 20868 30385 33790 13007 29610 49242"
)
SEVERAL = _numbers(
    "14050 26911 44224 45970 1651 4992 5364 10057 34616 47173 20762 7850 18202 40130 10298 12100 19590 20224 28411 "
    "49855 8774 13007 29610 49242 21318"
)
CUT_SHORT = _numbers("9144 22259 30240 30831 41865 3841 5898 14174 17268 18392 21998 22091 33199 36888 44661 45970")
LONG_COAT = _numbers("5390 6393 8774 10378 12930 17560 17997 18762 30876 43393 49064 4557 7958 26911 49405")
SHELTER_PUPPIES = _numbers(
    "4002 4033 4067 4071 4092 4138 4144 4174 4187 4219 4229 4238 4278 4299 4319 4320 4357 4388 4421 4456 4459 4495"
)


@dataclass(frozen=True)
class Answer:
    """One row of the program's table; `truth` is the breed in English, empty where nobody knows it."""

    status: str
    breeds: tuple[str, ...]
    truth: str = ""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--model", default="dogs")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    dogs = sorted(path for path in (asked.data / "dogs_independent").rglob("*.*") if path.is_file())
    with tempfile.TemporaryDirectory() as home:
        os.environ["SHELTERLENS_HOME"] = home
        made = asked.keep or Path(home) / "made"
        print(
            f"model {asked.model}\n\n{'':44} {'n':>4} {'sure':>6} {'right':>6} {'first':>6} {'three':>6} {'no dog':>6}"
        )
        plain = _chosen(dogs, asked.model)
        for change in CHANGES:
            name = str(change.__doc__).rstrip(".")
            _show(name, _answers(_changed(dogs, change, made / change.__name__), asked.model))
        _show("two dogs of two breeds side by side", _answers(_pairs(dogs, made / "pairs"), asked.model))
        _others(asked.data, asked.model)
        print(f"\nits own breed unknown to the model: {_unknown_breeds(dogs, asked.model)} of {len(plain)} are sure")


def _chosen(dogs: Sequence[Path], model: str) -> Sequence[Answer]:
    """All as they are, then those picked by eye and the others."""
    answers = dict(zip(dogs, _answers(dogs, model), strict=True))
    _show("as they are", list(answers.values()))
    for name, chosen in (("puppies (by eye)", PUPPIES), ("several dogs in the picture (by eye)", SEVERAL)):
        _show(name, [answer for path, answer in answers.items() if _number(path) in chosen])
        _show("  the others", [answer for path, answer in answers.items() if _number(path) not in chosen])
    for name, chosen in (("long-haired dogs cut short (by eye)", CUT_SHORT), ("  with long coats", LONG_COAT)):
        _show(name, [answer for path, answer in answers.items() if _number(path) in chosen])
    return list(answers.values())


def _others(data: Path, model: str) -> None:
    shelter = sorted((data / "shelter_unlabelled").glob("*.jpg"))
    answers = dict(zip(shelter, _answers(shelter, model), strict=True))
    _show("everyday shelter dogs (no breed known)", list(answers.values()))
    _show(
        "  the puppies among them (by eye)", [one for path, one in answers.items() if _number(path) in SHELTER_PUPPIES]
    )
    for folder in sorted((data / "not_dogs").iterdir()):
        files = sorted(path for path in folder.iterdir() if path.is_file())
        found = _answers(files, model)
        _show(folder.name, found)
        for path, one in zip(files, found, strict=True):
            if one.status in ("sure", "unsure"):
                print(f"    {path.name}: {one.status}, {', '.join(one.breeds[:2])}")


def _show(name: str, answers: Sequence[Answer]) -> None:
    """How many, the share that is sure, of these the share that is right; right at first, among three; refused."""
    sure = [one for one in answers if one.status == "sure"]
    known = [one for one in answers if one.truth]
    cells = (
        _share(len(sure), len(answers)),
        _share(sum(one.breeds[0] in one.truth.split("|") for one in sure if one.truth), len(sure) if known else 0),
        _share(sum(one.truth.split("|").count(one.breeds[0]) if one.breeds else 0 for one in known), len(known)),
        _share(sum(bool(set(one.truth.split("|")) & set(one.breeds[:3])) for one in known), len(known)),
        _share(sum(one.status == "not_a_dog" for one in answers), len(answers)),
    )
    print(f"{name:44} {len(answers):4} " + " ".join(f"{cell:>6}" for cell in cells), flush=True)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _number(path: Path) -> int:
    return int(path.stem.replace(".", "_").rpartition("_")[2])


def _truth(path: Path) -> str:
    """The breed that the folder names, in small letters."""
    return path.parent.name.partition("-")[2].replace("_", " ").casefold() if path.parent.name.startswith("n02") else ""


def _answers(files: Sequence[Path], model: str) -> list[Answer]:
    """What `main.py classify` says of each."""
    command = [sys.executable, "main.py", "classify", *map(str, files), "--format", "json", "--fresh", "--model", model]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = {row["path"]: row for row in json.loads(done.stdout)}
    return [_answer(rows[str(path)], path) for path in files]


def _answer(row: dict[str, str], path: Path) -> Answer:
    breeds = tuple(row[name].casefold() for name in ("breed", "breed_2", "breed_3") if row[name])
    truth = (path.parent / "truths.json") if path.parent.name == "pairs" else None
    known = json.loads(truth.read_text(encoding="utf-8"))[path.name] if truth else _truth(path)
    return Answer(row["status"], breeds, known)


def _changed(dogs: Sequence[Path], change: Change, folder: Path) -> list[Path]:
    """The photographs after a change, in folders that are called as before."""
    written = []
    for path in dogs:
        target = folder / path.parent.name / f"{path.stem}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        change(_opened(path)).convert("RGB").save(target, quality=88)
        written.append(target)
    return written


def _opened(path: Path) -> Picture:
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def _pairs(dogs: Sequence[Path], folder: Path) -> list[Path]:
    """Every second photograph beside one of another breed, as high as it."""
    folder.mkdir(parents=True, exist_ok=True)
    truths, written = {}, []
    for place in range(0, len(dogs), 2):
        left, right = dogs[place], dogs[(place + 127) % len(dogs)]
        pictures = [ImageOps.fit(_opened(path), (300, 400)) for path in (left, right)]
        sheet = Image.new("RGB", (600, 400))
        for number, picture in enumerate(pictures):
            sheet.paste(picture, (300 * number, 0))
        target = folder / f"{place:03d}.jpg"
        sheet.save(target, quality=88)
        truths[target.name] = f"{_truth(left)}|{_truth(right)}"
        written.append(target)
    (folder / "truths.json").write_text(json.dumps(truths), encoding="utf-8")
    return written


def _unknown_breeds(dogs: Sequence[Path], model: str) -> int:
    """How many would be sure if the model had never heard of their breed: its probability is shared out to the others.

    The heads are linear with a softmax, so leaving a label out is dividing the others by what is left.
    """
    bundle = find_model(model)
    classifier, sure = Classifier(bundle), 0
    labels = {label.en.casefold(): number for number, label in enumerate(bundle.info.labels)}
    for path in dogs:
        probabilities = classifier.predict(open_photo(path, classifier.least_px)).probabilities.copy()
        own = labels[_truth(path)]
        left = 1 - float(probabilities[own])
        probabilities[own] = 0
        sure += float(probabilities.max()) / max(left, 1e-9) >= bundle.info.calibration.sure.threshold
    return sure


def _black_and_white(picture: Picture) -> Picture:
    """Black and white."""
    return ImageOps.grayscale(picture)


def _dark(picture: Picture) -> Picture:
    """Dark: a quarter of the light."""
    return ImageEnhance.Brightness(picture).enhance(0.25)


def _very_dark(picture: Picture) -> Picture:
    """Very dark: a twelfth of the light."""
    return ImageEnhance.Brightness(picture).enhance(1 / 12)


def _blurred(picture: Picture) -> Picture:
    """Blurred: by a fiftieth of the side."""
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 50))


def _sideways(picture: Picture) -> Picture:
    """Lying on its side."""
    return picture.transpose(Image.Transpose.ROTATE_90)


def _upside_down(picture: Picture) -> Picture:
    """Upside down."""
    return picture.transpose(Image.Transpose.ROTATE_180)


def _middle(picture: Picture) -> Picture:
    """Cropped: only the middle half of each side."""
    width, height = picture.size
    return picture.crop((width // 4, height // 4, width - width // 4, height - height // 4))


def _edge(picture: Picture) -> Picture:
    """Cropped: only the left half."""
    return picture.crop((0, 0, picture.width // 2, picture.height))


def _far_away(picture: Picture) -> Picture:
    """Small: a fifth of the side, on a lawn."""
    small = ImageOps.contain(picture, (200, 200))
    lawn = Image.effect_noise((1000, 750), 60).convert("RGB")
    lawn = Image.blend(lawn, Image.new("RGB", lawn.size, (96, 140, 70)), 0.7)
    lawn.paste(small, (400, 400))
    return lawn


def _in_a_frame(picture: Picture) -> Picture:
    """In a picture frame: askew, with a reflection."""
    shown = ImageOps.contain(picture, (460, 460))
    framed = ImageOps.expand(ImageOps.expand(shown, 40, (244, 240, 230)), 26, (92, 62, 38))
    wall = Image.new("RGB", (900, 900), (203, 196, 184))
    turned = framed.rotate(5, Image.Resampling.BICUBIC, expand=True, fillcolor=(203, 196, 184))
    wall.paste(turned, ((900 - turned.width) // 2, (900 - turned.height) // 2))
    shine = Image.new("L", wall.size, 0)
    ImageDraw.Draw(shine).polygon([(300, 150), (470, 150), (330, 780), (160, 780)], fill=95)
    wall.paste((255, 255, 255), mask=shine.filter(ImageFilter.GaussianBlur(30)))
    return ImageEnhance.Color(wall.filter(ImageFilter.GaussianBlur(1.5))).enhance(0.8)


def _on_a_screen(picture: Picture) -> Picture:
    """On a screen: a page around it, lines across it."""
    shown = ImageOps.contain(picture, (420, 420))
    page = Image.new("RGB", (900, 620), (246, 246, 248))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 900, 54), fill=(58, 76, 110))
    for line in range(8):
        draw.rectangle((520, 120 + 40 * line, 860 - 37 * (line % 3), 134 + 40 * line), fill=(190, 190, 196))
    page.paste(shown, (60, 100))
    for line in range(0, 620, 3):
        ImageDraw.Draw(page).line((0, line, 900, line + 6), fill=(120, 130, 150))
    page = page.filter(ImageFilter.GaussianBlur(1.2))
    return ImageOps.expand(page.rotate(-3, Image.Resampling.BICUBIC, fillcolor=(16, 16, 18)), 40, (16, 16, 18))


CHANGES: tuple[Change, ...] = (
    *(_black_and_white, _dark, _very_dark, _blurred, _sideways, _upside_down, _middle, _edge, _far_away),
    *(_in_a_frame, _on_a_screen),
)


if __name__ == "__main__":
    main()
