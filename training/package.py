"""What was trained becomes a model on disk: a draft, which calibration and judgement complete."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from core.bundle_files import Array
from core.bundle_heads import hidden_array, whitening_arrays
from core.bundles import (
    EARLIER,
    INFO_FILE,
    Bundle,
    BundleInfo,
    Calibration,
    Data,
    Group,
    Head,
    Label,
    Memory,
    Summary,
    Sure,
    Unsure,
    Words,
    read_info,
    write_bundle,
)
from core.errors import BundleError, PhotoError
from core.folders import models_dir, shipped_models_dir
from core.inputs import to_model_input, view_box
from core.models import DEFAULT
from core.photos import open_photo
from core.records import Floats
from core.texts import tr
from core.train_config import Preprocessing, SourceKind, Step, TrainConfig
from core.whitening import Whitening
from training.ready import UNKNOWN_HASH, Networks
from training.samples import DataSet, Part, Sample
from training.telling import Telling
from training.weight_files import digest

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

DRAFT_CARD: Final = "# A draft\n\nThis model has not been calibrated or judged.\n"
# So many photographs show whether the converted network says the same.
_COMPARED: Final = 8
FIRST_VERSION: Final = "1.0.0"
# Nothing is sure before the calibration.
DRAFT_CALIBRATION: Final = Calibration(
    temperature=1.0, sure=Sure(threshold=1, precision=1, coverage=0, cases=0), unsure=Unsure(mass=0.8, most=3),
    subject=None,
)  # fmt: skip


def write_draft(
    folder: Path,
    config: TrainConfig,
    data: DataSet,
    networks: Networks,
    arrays: Mapping[str, Array],
    memory: Memory | None = None,
) -> Bundle:
    """Write the model `folder`: labels, networks and head are there, calibration and figures are not yet.

    `arrays` are those of head.npz: `kernel` (channels, labels), `bias` (labels,) and what tails and whitening need;
    the dense layers of shipped networks are added. Raises BundleError.
    """
    hidden = {hidden_array(name): values.astype("float16") for name, values in networks.hidden.items()}
    return write_bundle(
        folder, draft_info(config, data, networks), {**hidden, **arrays}, networks.files, DRAFT_CARD, memory
    )


def draft_info(config: TrainConfig, data: DataSet, networks: Networks) -> BundleInfo:
    """What a model says of itself before it was calibrated."""
    subject = config.subject or _usual_subject(data.labels)
    return BundleInfo(
        name=config.name,
        version=next_version(config.name),
        date=date.today(),
        title=config.title or Words(en=config.name, fr=config.name),
        summary=_summary(config, data, subject),
        subject=subject,
        labels=data.labels,
        groups=known_groups(data.labels),
        backbones=networks.backbones,
        head=Head(sha256=UNKNOWN_HASH),
        calibration=DRAFT_CALIBRATION,
        data=data_record(config, data),
        metrics=(),
        licences=networks.licences,
    )


def data_record(config: TrainConfig, data: DataSet) -> Data:
    """What the model learns from; the fingerprint is over the contents of the training photographs, in any order."""
    train = data.part(Part.TRAIN)
    contents = sorted(_content(sample) for sample in train)
    return Data(
        name=_source_name(config),
        photographs=len(train),
        labels=len(data.labels),
        fingerprint=sha256("\n".join(contents).encode()).hexdigest(),
        split=_split_text(config, data),
    )


def known_groups(labels: tuple[Label, ...]) -> tuple[Group, ...]:
    """The look-alikes of the shipped model, as far as at least two of their labels are here."""
    try:
        shipped = read_info(shipped_models_dir() / DEFAULT)
    except BundleError as error:
        log.warning("no groups of look-alikes: %s", error)
        return ()
    places = {label.id: place for place, label in enumerate(labels)}
    groups = []
    for group in shipped.groups:
        here = [places[name] for name in (shipped.labels[place].id for place in group.labels) if name in places]
        if len(here) >= 2:
            groups.append(Group(en=group.en, fr=group.fr, labels=tuple(here)))
    return tuple(groups)


def next_version(name: str) -> str:
    """1.0.0, or the one after the highest of the models of that name, earlier versions too: 1.1.0 after 1.0.0."""
    versions = [tuple(int(part) for part in version.split(".")) for version in _versions(name)]
    if not versions:
        return FIRST_VERSION
    major, minor, *_ = (*max(versions), 0)
    return f"{major}.{minor + 1}.0"


def _versions(name: str) -> Iterator[str]:
    folders = [models_dir() / name, shipped_models_dir() / name, *(models_dir() / EARLIER).glob(f"{name}-*")]
    for folder in folders:
        if not (folder / INFO_FILE).is_file():
            continue
        try:
            info = read_info(folder)
        except BundleError as error:
            log.info("%s: %s", folder, error)
            continue
        if info.name == name:
            yield info.version


def _content(sample: Sample) -> str:
    return sample.content or digest(sample.path)


def _source_name(config: TrainConfig) -> str:
    if config.source.kind is SourceKind.LIBRARY or config.source.path is None:
        return tr("Labels given in Shelterlens")
    name = "".join(letter for letter in config.source.path.resolve().name if letter.isprintable()).strip()
    return name[:200] or tr("Photographs")


def _split_text(config: TrainConfig, data: DataSet) -> str:
    counts = {part: len(data.part(part)) for part in Part}
    said = tr("{train} photographs to learn from, {validation} to choose and calibrate with, {test} for the test.")
    together = tr("Look-alikes, an animal and a burst are always in the same part.")
    text = said.format(
        train=counts[Part.TRAIN], validation=counts[Part.VALIDATION], test=counts[Part.TEST]
    )  # fmt: skip
    return f"{text} {together}" if config.split.by_group else text


def _usual_subject(labels: tuple[Label, ...]) -> Words:
    """The shipped model's, where all labels are among its own; it promises nothing otherwise."""
    try:
        shipped = read_info(shipped_models_dir() / DEFAULT)
    except BundleError:
        return Words(en="subject", fr="sujet")
    if {label.id for label in labels} <= {label.id for label in shipped.labels}:
        return shipped.subject
    return Words(en="subject", fr="sujet")


def _summary(config: TrainConfig, data: DataSet, subject: Words) -> Summary:
    """In both languages whatever the screen's is: the model may travel."""
    count, photographs = len(data.labels), len(data.part(Part.TRAIN))
    english = f"Tells {count} kinds apart ({subject.en}), learned from {photographs} photographs of one's own."
    french = f"Distingue {count} catégories ({subject.fr}), apprises sur {photographs} photos personnelles."
    if config.not_medical:
        english += " Not a medical device."
        french += " N’est pas un dispositif médical."
    return Summary(en=english, fr=french)


def from_keras(
    model: keras.Model,
    folder: Path,
    config: TrainConfig,
    data: DataSet,
    telling: Telling,
    whitening: Whitening | None = None,
) -> Bundle:
    """A trained Keras classifier becomes a draft: RGB 0...255 -> feature map -> head, with the same probabilities.

    It is cut at its last feature map; what comes before is converted to LiteRT, what comes after is folded into a tail
    and a linear softmax. `training.builders.classifier` makes such models. `whitening` is the one that the photographs
    had, where that is among the steps. Raises UserError for a network that is built otherwise.
    """
    from training.folding import networks_and_head

    if (Step.WHITEN in config.preprocessing.steps) is not (whitening is not None):
        raise ValueError("whitening as a step and its numbers belong together")
    telling.note(tr("The trained network is written as a model."))
    name = config.network.backbone
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".converted-", dir=folder.parent) as beside:
        pictures = list(_pictures(data, config.preprocessing, int(model.inputs[0].shape[1]), whitening))
        networks, arrays = networks_and_head(model, name, config, Path(beside), pictures)
        if whitening is not None:
            arrays |= whitening_arrays(name, whitening)
        return write_draft(folder, config, data, networks, arrays)


def _pictures(
    data: DataSet, preprocessing: Preprocessing, size_px: int, whitening: Whitening | None
) -> Iterator[Floats]:
    """A few photographs that the network was not trained on, as it is given them: (1, size, size, 3)."""
    samples = data.part(Part.VALIDATION) or data.part(Part.TRAIN)
    for sample in samples[:: max(1, len(samples) // _COMPARED)][:_COMPARED]:
        try:
            pixels = open_photo(sample.path, size_px).pixels
        except PhotoError as error:
            log.info("%s: %s", sample.path, error)
            continue
        box = view_box(preprocessing.shape.view, pixels.shape[1], pixels.shape[0])
        yield to_model_input(pixels, box, size_px, steps=preprocessing.steps, whitening=whitening)
