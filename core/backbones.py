"""The one table of networks that a model can be trained with: the shipped ones, Keras', and those from scratch.

Sizes, parameters and multiplications are those of the networks without their top, counted in Keras 3; addresses and
checksums are the ones that `keras.applications` itself downloads from and checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from core.texts import tr

_STORE: Final = "https://storage.googleapis.com/tensorflow/keras-applications"
_EFFICIENTNET_STORE: Final = "https://storage.googleapis.com/keras-applications"
# Multiplications of the shipped Xception at its usual size, in billions: the measure of `cost`.
_XCEPTION_BILLIONS: Final = 8.4


class Kind(str, Enum):
    """Where a network comes from, and so what training it takes."""

    SET = "set"  # all networks of a shipped model, with their looks
    SHIPPED = "shipped"  # one network of a shipped model
    KERAS = "keras"  # a known network with ImageNet weights from a file
    SCRATCH = "scratch"  # a small network that is trained from nothing


class Normalisation(str, Enum):
    """What a Keras network wants to be given; training.builders puts it into the graph."""

    BUILT_IN = "built_in"  # 0...255: the network has its own layers for it
    CAFFE = "caffe"  # BGR, minus the means of ImageNet's channels
    TF = "tf"  # -1...1
    TORCH = "torch"  # ImageNet's mean 0 and deviation 1 in each channel


@dataclass(frozen=True)
class WeightsFile:
    """A published file of weights: MD5 (32 digits) or SHA-256 (64); Keras publishes none for two families."""

    url: str
    checksum: str = ""

    @property
    def name(self) -> str:
        """What the file is called, also in Keras' own cache."""
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class BackboneEntry:
    """One row of the table.

    `keras` is the function of keras.applications, empty where there is none; `shipped_in` the model whose file it is;
    `members` the networks of a SET. `parameters_m` are millions, `billions` the multiplications for one picture of
    `size_px`, `slowness` how much longer a processor takes for each of them than in Xception (measured in LiteRT, one
    core, or that of a relative). `says` gives one plain line in the user's language.
    """

    name: str
    title: str
    kind: Kind
    size_px: int
    parameters_m: float
    billions: float
    licence: str
    says: Callable[[], str]
    least_px: int = 32
    slowness: float = 1.0
    keras: str = ""
    normalisation: Normalisation = Normalisation.BUILT_IN
    file: WeightsFile | None = None
    shipped_in: str = ""
    members: tuple[str, ...] = ()

    @property
    def needs_tensorflow(self) -> bool:
        """Whether even head mode needs the training parts, to make the network ready."""
        return self.kind in (Kind.KERAS, Kind.SCRATCH)

    @property
    def can_be_fine_tuned(self) -> bool:
        """Whether its last layers can be trained: one network, not a set."""
        return self.kind is not Kind.SET

    def cost(self, size_px: int = 0) -> float:
        """Roughly how long one photograph takes, in times of the shipped Xception at its usual size."""
        scale = (size_px / self.size_px) ** 2 if size_px else 1.0
        return self.billions * scale * self.slowness / _XCEPTION_BILLIONS


# -- What they are, in plain words -------------------------------------------------------------------------------------


def _classic() -> str:
    return tr("A classic of 2014, simple and slow: for comparing with earlier work.")


def _residual() -> str:
    return tr("A widely used network of medium size, good for fine-tuning.")


def _residual_deep() -> str:
    return tr("A deep relative of ResNet50: slower, sometimes a little more accurate.")


def _small() -> str:
    return tr("Small and quick: for old computers.")


def _smallest() -> str:
    return tr("The smallest and quickest of all, less accurate.")


def _dense() -> str:
    return tr("Few numbers and many connections: good with few photographs, rather slow.")


def _inception() -> str:
    return tr("Looks at several scales at once; accurate, of medium speed.")


def _xception() -> str:
    return tr("The most accurate of the shipped networks, of medium speed.")


def _efficient_small() -> str:
    return tr("Accurate for its size and quick: a good choice for fine-tuning without a graphics card.")


def _efficient_large() -> str:
    return tr("Accurate, with large pictures: slow, for a graphics card.")


def _efficient_2() -> str:
    return tr("A newer EfficientNet that is quicker to train.")


def _convnext() -> str:
    return tr("A modern network, the most accurate here with enough photographs: for a graphics card.")


def _lite() -> str:
    return tr("A small network without unusual layers: quick on every computer.")


def _lcnet() -> str:
    return tr("The quickest of the shipped networks, good for most purposes.")


# -- Rows --------------------------------------------------------------------------------------------------------------


def _vgg(number: int, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    file = WeightsFile(f"{_STORE}/vgg{number}/vgg{number}_weights_tf_dim_ordering_tf_kernels_notop.h5", checksum)
    return BackboneEntry(
        f"vgg{number}", f"VGG{number}", Kind.KERAS, 224, parameters_m, billions, "CC-BY-4.0", _classic,
        slowness=0.9, keras=f"VGG{number}", normalisation=Normalisation.CAFFE, file=file,
    )  # fmt: skip


def _resnet(title: str, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    name, second = title.lower(), title.endswith("V2")
    file = WeightsFile(f"{_STORE}/resnet/{name}_weights_tf_dim_ordering_tf_kernels_notop.h5", checksum)
    return BackboneEntry(
        name, title, Kind.KERAS, 224, parameters_m, billions, "BSD-3-Clause" if second else "MIT",
        _residual_deep if "101" in title else _residual, keras=title,
        normalisation=Normalisation.TF if second else Normalisation.CAFFE, file=file,
    )  # fmt: skip


def _densenet(number: int, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    file = WeightsFile(
        f"{_STORE}/densenet/densenet{number}_weights_tf_dim_ordering_tf_kernels_notop.h5", checksum
    )  # fmt: skip
    return BackboneEntry(
        f"densenet{number}", f"DenseNet{number}", Kind.KERAS, 224, parameters_m, billions, "BSD-3-Clause", _dense,
        keras=f"DenseNet{number}", normalisation=Normalisation.TORCH, file=file,
    )  # fmt: skip


def _mobilenet_v3(size: str, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    lower = size.lower()
    address = f"{_STORE}/mobilenet_v3/weights_mobilenet_v3_{lower}_224_1.0_float_no_top_v2.h5"
    return BackboneEntry(
        f"mobilenetv3_{lower}", f"MobileNetV3 {size}", Kind.KERAS, 224, parameters_m, billions, "Apache-2.0",
        _small if size == "Large" else _smallest, slowness=1.6, keras=f"MobileNetV3{size}",
        file=WeightsFile(address, checksum),
    )  # fmt: skip


def _efficientnet(number: int, size_px: int, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    return BackboneEntry(
        f"efficientnet_b{number}", f"EfficientNet-B{number}", Kind.KERAS, size_px, parameters_m, billions,
        "Apache-2.0", _efficient_small if number < 4 else _efficient_large, slowness=1.85,
        keras=f"EfficientNetB{number}",
        file=WeightsFile(f"{_EFFICIENTNET_STORE}/efficientnetb{number}_notop.h5", checksum),
    )  # fmt: skip


def _efficientnet_2(size: str, size_px: int, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    lower = size.lower()
    return BackboneEntry(
        f"efficientnetv2_{lower}", f"EfficientNetV2-{size}", Kind.KERAS, size_px, parameters_m, billions,
        "Apache-2.0", _efficient_2, slowness=1.2, keras=f"EfficientNetV2{size}",
        file=WeightsFile(f"{_STORE}/efficientnet_v2/efficientnetv2-{lower}_notop.h5", checksum),
    )  # fmt: skip


def _convnext_row(size: str, parameters_m: float, billions: float, checksum: str) -> BackboneEntry:
    lower = size.lower()
    return BackboneEntry(
        f"convnext_{lower}", f"ConvNeXt {size}", Kind.KERAS, 224, parameters_m, billions, "MIT", _convnext,
        slowness=1.8, keras=f"ConvNeXt{size}",
        file=WeightsFile(f"{_STORE}/convnext/convnext_{lower}_notop.h5", checksum),
    )  # fmt: skip


def _from_scratch(
    name: str, title: str, size_px: int, parameters_m: float, billions: float, says: Callable[[], str]
) -> BackboneEntry:
    return BackboneEntry(name, title, Kind.SCRATCH, size_px, parameters_m, billions, "MIT", says, least_px=16)


def _shipped() -> Iterable[BackboneEntry]:
    yield BackboneEntry(
        "dogs", "EfficientNet-Lite2 + PP-LCNetV2 + Xception", Kind.SET, 299, 31.3, 10.5, "Apache-2.0, MIT",
        lambda: tr("The three shipped networks together: the most accurate, ready at once."),
        shipped_in="dogs", members=("efficientnet_lite2", "pplcnetv2", "xception"),
    )  # fmt: skip
    yield BackboneEntry(
        "dogs-fast", "PP-LCNetV2", Kind.SET, 224, 5.3, 1.2, "Apache-2.0",
        lambda: tr("The quickest shipped network with a second, closer look: several times quicker than all three."),
        slowness=1.2, shipped_in="dogs-fast", members=("pplcnetv2",),
    )  # fmt: skip
    yield BackboneEntry(
        "efficientnet_lite2", "EfficientNet-Lite2", Kind.SHIPPED, 260, 4.8, 0.86, "Apache-2.0", _lite,
        slowness=1.4, shipped_in="dogs",
    )  # fmt: skip
    yield BackboneEntry(
        "pplcnetv2",
        "PP-LCNetV2",
        Kind.SHIPPED,
        224,
        5.3,
        0.6,
        "Apache-2.0",
        _lcnet,
        slowness=1.2,
        shipped_in="dogs-fast",
    )
    yield BackboneEntry(
        "xception", "Xception", Kind.SHIPPED, 299, 20.86, 8.36, "MIT", _xception, least_px=71, keras="Xception",
        normalisation=Normalisation.TF, shipped_in="dogs",
        file=WeightsFile(f"{_STORE}/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
                         "b0042744bf5b25fce3cb969f33bebb97"),
    )  # fmt: skip


def _from_keras() -> Iterable[BackboneEntry]:
    yield BackboneEntry(
        "efficientnet_lite0", "EfficientNet-Lite0", Kind.KERAS, 224, 3.4, 0.38, "Apache-2.0", _lite, slowness=1.4
    )
    yield _vgg(16, 14.71, 15.35, "6d6bbae143d832006294945121d1f1fc")
    yield _vgg(19, 20.02, 19.51, "253f8cb515780f3b799900260a226db6")
    yield _resnet("ResNet50", 23.59, 3.86, "4d473c1dd8becc155b73f8504c6f6626")
    yield _resnet("ResNet50V2", 23.56, 3.48, "fac2f116257151a9d068a22e544a4917")
    yield _resnet("ResNet101V2", 42.63, 7.19, "c0ed64b8031c3730f411d2eb4eea35b5")
    # Keras publishes no checksum for these two: their files are checked by their length and by what is in them.
    yield BackboneEntry(
        "mobilenet", "MobileNet", Kind.KERAS, 224, 3.23, 0.57, "Apache-2.0", _small, slowness=1.2, keras="MobileNet",
        normalisation=Normalisation.TF, file=WeightsFile(f"{_STORE}/mobilenet/mobilenet_1_0_224_tf_no_top.h5"),
    )  # fmt: skip
    yield BackboneEntry(
        "mobilenetv2", "MobileNetV2", Kind.KERAS, 224, 2.26, 0.3, "Apache-2.0", _small, slowness=1.2,
        keras="MobileNetV2", normalisation=Normalisation.TF,
        file=WeightsFile(
            f"{_STORE}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
        ),
    )  # fmt: skip
    yield _mobilenet_v3("Large", 3.0, 0.21, "07fb09a5933dd0c8eaafa16978110389")
    yield _mobilenet_v3("Small", 0.94, 0.06, "ebdb5cc8e0b497cd13a7c275d475c819")
    yield _densenet(121, 7.04, 2.83, "30ee3e1110167f948a6b9946edeeb738")
    yield _densenet(201, 18.32, 4.29, "c13680b51ded0fb44dff2d8f86ac8bb1")
    yield BackboneEntry(
        "inceptionv3", "InceptionV3", Kind.KERAS, 299, 21.8, 5.71, "Apache-2.0", _inception, least_px=75,
        keras="InceptionV3", normalisation=Normalisation.TF,
        file=WeightsFile(f"{_STORE}/inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
                         "bcbd6486424b2319ff4ef7d526e38f63"),
    )  # fmt: skip
    yield from _newer()


def _newer() -> Iterable[BackboneEntry]:
    yield _efficientnet(0, 224, 4.05, 0.39, "50bc09e76180e00e4465e1a485ddc09d")
    yield _efficientnet(1, 240, 6.58, 0.69, "74c4e6b3e1f6a1eea24c589628592432")
    yield _efficientnet(2, 260, 7.77, 0.99, "111f8e2ac8aa800a7a99e3239f7bfb39")
    yield _efficientnet(3, 300, 10.78, 1.83, "af6d107764bb5b1abb91932881670226")
    yield _efficientnet(4, 380, 17.67, 4.39, "ebc24e6d6c33eaebbd558eafbeedf1ba")
    yield _efficientnet(5, 456, 28.51, 10.26, "38879255a25d3c92d5e44e04ae6cec6f")
    yield _efficientnet(6, 528, 40.96, 19.07, "9ecce42647a20130c1f39a5d4cb75743")
    yield _efficientnet(7, 600, 64.1, 37.74, "cbcfe4450ddf6f3ad90b1b398090fe4a")
    yield _efficientnet_2("B0", 224, 5.92, 0.72, "893217f2bb855e2983157299931e43ff")
    yield _efficientnet_2("B1", 240, 6.93, 1.2, "0e80663031ca32d657f9caa404b6ec37")
    yield _efficientnet_2("B2", 260, 8.77, 1.7, "1dfe2e7a5d45b6632553a8961ea609eb")
    yield _efficientnet_2("B3", 300, 12.93, 3.0, "f6abf7b5849ac99a89b50dd3fd532856")
    yield _efficientnet_2("S", 384, 20.33, 8.4, "af0682fb74e8c54910f2d4393339c070")
    yield _convnext_row("Tiny", 27.82, 4.46, "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1")
    yield _convnext_row("Small", 49.45, 8.68, "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab")


def _small_ones() -> Iterable[BackboneEntry]:
    yield _from_scratch(
        "baseline", "Baseline", 224, 0.1, 0.42,
        lambda: tr("Four plain layers, from nothing: what any other network must beat."),
    )  # fmt: skip
    yield _from_scratch(
        "lenet", "LeNet-5", 32, 0.01, 0.001, lambda: tr("The first of its kind (1998), for tiny simple pictures.")
    )
    yield _from_scratch("cnn", "CNN", 128, 0.1, 0.17, lambda: tr("Three plain layers, from nothing."))
    yield _from_scratch(
        "cnn4_bn", "CNN, 4 layers", 128, 0.24, 0.2, lambda: tr("Four layers with batch normalisation, from nothing.")
    )
    yield _from_scratch(
        "cnn6_bn", "CNN, 6 layers", 128, 0.29, 0.62, lambda: tr("Six layers with batch normalisation, from nothing.")
    )
    yield _from_scratch(
        "convnet8", "ConvNet, 8 layers", 128, 1.2, 0.84,
        lambda: tr("Eight layers in pairs, from nothing: for thousands of photographs and more."),
    )  # fmt: skip


BACKBONES: Final[Mapping[str, BackboneEntry]] = {
    entry.name: entry for entry in (*_shipped(), *_from_keras(), *_small_ones())
}
