"""Which photographs show the same animal, by the names that people give to folders and files; and its one answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from pathlib import Path

import numpy as np

from core.bundle_info import BundleInfo
from core.export_files import encodable
from core.photos import PHOTO_SUFFIXES, find_photos
from core.records import Prediction

# A folder with more is a collection, not one animal.
MOST_OF_ONE = 40

# Words that cameras, phones, messengers and browsers write, or that say what a thing is and not who it is. In small
# letters without accents, as `_names` gives them.
_NOT_NAMES = frozenset(
    re.findall(
        r"\w+",
        """
    img imgs image images imagen imagem bild bilder foto fotos fotografie photo photos photograph photographs
    photographie photographies pic pics picture pictures pict snap snapshot snapshots shot camera camara appareil kamera
    cam webcam gopro dji dcim dsc dscf dscn dscx dcp dcs dsci imgp imga cimg gopr gp gx pxl mvimg pano panorama burst
    portrait hdr night raw original originals edited edit cover copy copie kopie copia duplicate
    vid video videos movie clip frame still
    whatsapp telegram signal messenger facebook fb instagram insta snapchat viber wechat received recu sent media
    attachment attachments mail email
    screenshot screenshots screen capture captures ecran bildschirmfoto schermata
    scan scans scanned numerisation numerise document documents doc docs file files fichier fichiers page
    untitled unnamed unbenannt sans titre nouveau nouvelle new neu dossier folder ordner album albums gallery galerie
    download downloads telechargement telechargements index thumbnail thumbnails thumb icon temp tmp test tests misc
    divers autre autres other others upload uploads import imports export exports backup sauvegarde archive archives
    desktop bureau
    dog dogs chien chiens chienne chiennes puppy puppies chiot chiots hund hunde cat cats chat chats chaton chatons
    kitten kittens animal animals animaux pet pets breed breeds race races shelter refuge spa adoption adoptions adopt
    adopted adopte adoptes arrival arrivals arrivee arrivees intake entree entrees sortie sorties male males female
    females femelle femelles unknown inconnu inconnue inconnus train valid validation
    box boxes cage cages kennel kennels chenil enclos pen room salle cell run parc row
    jpg jpeg png heic webp tiff gif bmp
    am pm at de le la les du des the of from and et un une with avec no nr num numero wa on in sur by par pour for
    front back side left right face profil profile dos cote gauche droite
    apple samsung huawei xiaomi sony nikon panasonic olympus fujifilm canon
    """,
    )
)
# Names of dogs, too: they count against a folder, and in the name of a file only beside a year.
_CALENDAR = frozenset(
    re.findall(
        r"\w+",
        """
    january february march april may june july august september october november december
    janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
    jan feb mar apr jun jul aug sep sept oct nov dec janv fevr avr juil
    monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche
    today yesterday week month year day semaine mois annee jour spring summer autumn winter printemps ete automne hiver
    """,
    )
)
_WORD = re.compile(r"[^\W\d_]+")
# A number at the end, apart from the name ("rex_1", "rex 0002", "Rex (4)") or short and close to it ("rex2").
_APART = re.compile(r"(?P<name>.+?)(?:[\s_.#-]+\d{1,4}|[\s_.#-]*\(\d{1,4}\))")
_CLOSE = re.compile(r"(?P<name>.*[^\W\d_])\d{1,3}")
_COPY = re.compile(r"[\s_-]*[-_\s(](copy|copie|kopie)\)?", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-_. ]?[01]\d[-_. ]?[0-3]\d|[0-3]?\d[-_. ][01]?\d[-_. ](?:19|20)\d\d)(?!\d)"
    r"(?:[\sT_-]*(?:at|à)?\s*[0-2]\d[.:hH_-]?[0-5]\d(?:[.:m_-]?[0-5]\d)?(?!\d))?"
)
# Files of cameras (DCF, JEITA CP-3461): four characters, four digits. Their folders: three digits, five characters.
_CAMERA_FILE = re.compile(r"[A-Z0-9_]{4}\d{4}")
_CAMERA_FOLDER = re.compile(r"\d{3}[A-Z0-9_]{5}", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"(?=.*\d)[0-9a-f]{8,}(?:-[0-9a-f]{4,})*", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{5,}")
# What shelters number animals by: "A1234", "D-2024-015", the 15 digits of a chip (ISO 11784).
_CODE = re.compile(r"(?P<kind>[a-z]{1,3})[-_ ]?\d{2,8}(?:[-_ /]\d{1,5})?|\d{15}", re.IGNORECASE)
_SPELLINGS = 64


def found_in(roots: Sequence[Path], walk: Callable[[Path], Iterable[Path]] = find_photos) -> Iterator[tuple[Path, str]]:
    """The photographs in these folders and files, each with the name of its animal (empty: nobody knows)."""
    for folder, group in groupby(roots, lambda root: root if _is_walked(root) else root.parent):
        if (members := list(group)) == [folder]:
            yield from animals_of(walk(folder), folder)
        else:  # files of one folder, named one by one
            yield from animals_of((path for root in members for path in walk(root)), folder)


def animals_of(paths: Iterable[Path], root: Path) -> Iterator[tuple[Path, str]]:
    """The photographs below a root, in the order of a walk, each with the name of its animal (empty: nobody knows).

    One animal are the photographs of a subfolder, if it bears a name and has no more than one animal's; else those in
    one folder with the same name before a number. Names are those below the root, with "/"; UTF-8 can hold them.
    """
    for folder, group in groupby(paths, lambda path: path.parent):
        is_below = folder != root and root in folder.parents
        below = encodable(folder.relative_to(root).as_posix()) if is_below else ""
        members = iter(group)
        if below and is_folder_of_one(folder.name):
            first = list(islice(members, MOST_OF_ONE + 1))
            if len(first) <= MOST_OF_ONE:
                yield from ((path, below) for path in first)
                continue
            members = chain(first, members)
        spellings: dict[str, str] = {}
        for path in members:
            name = encodable(name_in(path.stem))
            if name:
                name = _spelled(name, spellings)
            yield path, f"{below}/{name}" if below and name else name


def is_folder_of_one(name: str) -> bool:
    """Whether a folder is called as an animal may be, and not by a camera, a program or the calendar.

    >>> [is_folder_of_one(name) for name in ("Rex", "100CANON", "2024-05-11", "May 2024", "dogs", "A1234")]
    [True, False, False, False, False, True]
    """
    name = unicodedata.normalize("NFC", name).strip()
    if _is_code(name):
        return True
    if _CAMERA_FOLDER.fullmatch(name) or _HEXADECIMAL.fullmatch(name):
        return False
    return any(word not in _CALENDAR for word in _names(_DATE.sub(" ", name)))


def name_in(stem: str) -> str:
    """The animal's name in the name of a file without its ending; empty where it bears none.

    >>> [name_in(stem) for stem in ("rex_1", "Rex (4)", "rex-03", "bella", "IMG_0001", "photo 3", "DSC01234")]
    ['rex', 'Rex', 'rex', 'bella', '', '', '']
    """
    stem = unicodedata.normalize("NFC", stem).strip()
    if _CAMERA_FILE.fullmatch(stem) or _HEXADECIMAL.fullmatch(stem):
        return ""
    has_year = bool(_YEAR.search(stem) or _DATE.search(stem))
    stem = _trimmed(_DATE.sub(" ", _COPY.sub("", stem)))
    numbered = _APART.fullmatch(stem)
    name = _trimmed(numbered["name"]) if numbered else stem
    if numbered and _is_code(name):
        return name
    if not numbered and (numbered := _CLOSE.fullmatch(stem)):
        name = _trimmed(numbered["name"])
    if _LONG_NUMBER.search(name) or re.search(r"[^\W\d_]\d{4}$", name):
        return ""
    words = _names(name)
    if has_year:
        words = [word for word in words if word not in _CALENDAR]
    return name if words else ""


def together(predictions: Sequence[Prediction], info: BundleInfo) -> Prediction | None:
    """One animal's answer from all its photographs; None without any.

    The mean of the calibrated probabilities over the photographs in which a subject was found, or over all where it was
    found in none: the linear opinion pool (Genest and Zidek, Statistical Science 1986). It is never surer of a label
    than the surest photograph. A product of the probabilities would be, as if each photograph were evidence of its
    own; but those of one animal share coat, light and background, and err together. The threshold of `sure` promises
    something about calibrated probabilities, and a mean of those is not more confident than it is right.
    """
    if not predictions:
        return None
    rule = info.calibration.subject
    seen = [one for one in predictions if rule is None or one.subject >= rule.threshold] or list(predictions)
    probabilities = np.stack([one.probabilities for one in seen]).mean(axis=0, dtype=np.float64)
    return Prediction(np.asarray(probabilities, np.float32), sum(one.subject for one in seen) / len(seen))


def _is_walked(root: Path) -> bool:
    """Whether a root is a folder by its name: asking a drive could take for ever."""
    return root.suffix.lower() not in PHOTO_SUFFIXES


def _spelled(name: str, spellings: dict[str, str]) -> str:
    """The name as it was spelled first: "Rex 1" and "rex 2" are one. Only the latest names are remembered."""
    spelled = spellings.setdefault(name.casefold(), name)
    if len(spellings) > _SPELLINGS:
        del spellings[next(iter(spellings))]
    return spelled


def _trimmed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" _-.,#")


def _is_code(text: str) -> bool:
    """Whether a shelter may number an animal so."""
    found = _CODE.fullmatch(text)
    if found is None or _DATE.fullmatch(text):
        return False
    kind = (found["kind"] or "").lower()
    return kind not in _NOT_NAMES | _CALENDAR | {"p"}


def _names(text: str) -> list[str]:
    """The words of a text that may be a name, in small letters without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold().replace("’", " ").replace("'", " "))
    plain = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return [word for word in _WORD.findall(plain) if len(word) > 1 and word not in _NOT_NAMES]
