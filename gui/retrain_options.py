"""The advanced choices of a training: their questions, each with one line of explanation, in sections."""

from __future__ import annotations

from dataclasses import dataclass

from core.texts import tr
from core.train_config import Mode
from gui.field_list import Field


@dataclass(frozen=True)
class Section:
    """Questions about one thing; `note` says why some of them are grey."""

    id: str
    title: str
    fields: tuple[Field, ...]
    note: str = ""


def sections(mode: Mode) -> tuple[Section, ...]:
    """All of them, as they can be answered in this mode."""
    deep = mode is not Mode.HEAD
    grey = "" if deep else tr("Only for the thorough way and from scratch: the quick one stores what it has seen.")
    return (
        Section("split", tr("Sharing the photographs out"), _split()),
        Section("balance", tr("Classes of different sizes"), _balance()),
        Section("augmentation", tr("Changing photographs while learning"), _augmentation(deep), grey),
        Section("preprocessing", tr("Preparing each photograph"), _preprocessing()),
        Section("head", tr("The last layers"), _head(deep), grey),
        Section("fit", tr("How it learns"), _fit(deep), grey),
        Section("promise", tr("What is promised and written"), _promise()),
    )


def _split() -> tuple[Field, ...]:
    return (
        Field("train", tr("To learn from"), hint=tr("The larger, the better it learns."), unit="%"),
        Field(
            "validation",
            tr("To steer by"),
            hint=tr("Tells when it has learned enough, and how sure it may be."),
            unit="%",
        ),
        Field(
            "test", tr("For the final judgement"), hint=tr("Looked at once, at the end: the honest figures."), unit="%"
        ),
        Field(
            "by_group",
            tr("Keep look-alikes and photographs of one animal together"),
            hint=tr("Otherwise the result looks better than it is."),
            is_switch=True,
        ),
        Field(
            "official",
            tr("Respect folders called train, validation and test"),
            hint=tr("For known data sets, so that figures can be compared."),
            is_switch=True,
        ),
        Field("seed", tr("Seed"), hint=tr("The same number gives the same shares, and the same result, again.")),
    )


def _balance() -> tuple[Field, ...]:
    kinds = (
        ("none", tr("Leave them as they are")),
        ("weights", tr("Rare classes count more")),
        ("under", tr("Fewer of the large classes")),
        ("over", tr("Copies of the small classes")),
    )
    return (
        Field(
            "balance", tr("What to do"), entries=kinds, hint=tr("Helps small classes; large ones may lose a little.")
        ),
        Field(
            "balance_to",
            tr("Photographs a class"),
            hint=tr("0: as many as the smallest class has (fewer), or the largest (copies)."),
        ),
    )


def _augmentation(allowed: bool) -> tuple[Field, ...]:
    def slider(id_: str, text: str, hint: str, most: float, step: float = 0.01, unit: str = "") -> Field:
        return Field(id_, text, hint=hint, most=most, step=step, unit=unit, is_allowed=allowed)

    return (
        Field(
            "flip",
            tr("Mirror left and right"),
            hint=tr("Not for photographs in which the side matters, such as X-rays."),
            is_switch=True,
            is_allowed=allowed,
        ),
        slider("rotation_deg", tr("Turn"), tr("By up to so many degrees to both sides."), 45, 1, "°"),
        slider("zoom", tr("Zoom"), tr("Closer or farther by up to this part."), 0.5),
        slider("crop", tr("Crop"), tr("Cut off up to this part of each side."), 0.5),
        slider("shear_deg", tr("Slant"), tr("By up to so many degrees."), 30, 1, "°"),
        slider("distort", tr("Warp"), tr("Bend by up to this part of the side."), 0.3),
        slider("brightness", tr("Brightness"), tr("Lighter or darker by up to this part."), 0.6),
        slider("contrast", tr("Contrast"), tr("Flatter or harder by up to this part."), 0.6),
        slider("blur", tr("Blur"), tr("Out of focus by up to so many pixels."), 4, 0.1),
        slider("noise", tr("Noise"), tr("Grain, as from a camera in poor light."), 0.3),
        slider("cutout", tr("Cover"), tr("Hide a square of up to this part of the side."), 0.6),
        slider("mixup", tr("Blend"), tr("Blend pairs of photographs (mixup); 0.2 is usual where it is used."), 1.0),
    )


def _preprocessing() -> tuple[Field, ...]:
    shapes = (
        ("crop", tr("Cut the middle square out")),
        ("squash", tr("Squash it into a square")),
        ("pad", tr("Add borders")),
    )
    return (
        Field(
            "shape", tr("To a square"), entries=shapes, hint=tr("Networks see squares. The model does the same later.")
        ),
        Field(
            "size_px",
            tr("Size in pixels"),
            hint=tr("0: what the network is used to. Larger shows more and takes longer."),
        ),
        Field("grayscale", tr("Without colours"), hint=tr("Where colour says nothing, as on X-rays."), is_switch=True),
        Field(
            "equalise",
            tr("Spread the brightness"),
            hint=tr("Histogram equalisation, for pale photographs."),
            is_switch=True,
        ),
        Field(
            "clahe",
            tr("Spread the brightness area by area"),
            hint=tr("CLAHE, gentler than the one above."),
            is_switch=True,
        ),
        Field("whiten", tr("Whiten"), hint=tr("ZCA whitening, for small networks from scratch."), is_switch=True),
    )


def _head(allowed: bool) -> tuple[Field, ...]:
    pooling = (("average", tr("Average (usual)")), ("flatten", tr("Keep every place (flatten)")))
    return (
        Field(
            "pooling",
            tr("From the map to a vector"),
            entries=pooling,
            hint=tr("Flattening keeps where something was seen, and needs far more photographs."),
            is_allowed=allowed,
        ),
        Field(
            "dense",
            tr("Dense layers"),
            hint=tr("Their sizes, such as 256, 128; empty for none, which is usual."),
            width=18,
            is_allowed=allowed,
        ),
        Field(
            "dropout",
            tr("Dropout"),
            hint=tr("Forget this part while learning."),
            most=0.8,
            step=0.05,
            is_allowed=allowed,
        ),
        Field("l2", tr("Weight decay (L2)"), hint=tr("Keeps the layers simple; 0.0001 is usual."), is_allowed=allowed),
        Field(
            "batch_norm",
            tr("Batch normalisation between them"),
            hint=tr("Steadier with many layers."),
            is_switch=True,
            is_allowed=allowed,
        ),
    )


def _fit(allowed: bool) -> tuple[Field, ...]:
    optimisers = tuple(
        (name.lower(), name)
        for name in ("AdamW", "Adam", "SGD", "RMSprop", "Nadam", "Adagrad", "Adadelta", "Adamax", "Ftrl")
    )
    schedules = (
        ("cosine", tr("Warm up, then less and less (cosine)")),
        ("constant", tr("Always the same")),
        ("plateau", tr("Less when it stands still (plateau)")),
    )
    losses = (
        ("cross_entropy", tr("Cross-entropy (usual)")),
        ("focal", tr("Focal: hard photographs count more")),
        ("poisson", "Poisson"),
        ("kullback_leibler", "Kullback-Leibler"),
        ("hinge", "Hinge"),
        ("squared_hinge", "Squared hinge"),
        ("categorical_hinge", "Categorical hinge"),
    )

    def field(id_: str, text: str, hint: str, entries: tuple[tuple[str, str], ...] = ()) -> Field:
        return Field(id_, text, hint=hint, entries=entries, is_allowed=allowed)

    def switch(id_: str, text: str, hint: str) -> Field:
        return Field(id_, text, hint=hint, is_switch=True, is_allowed=allowed)

    rounds: tuple[tuple[str, str, str], ...] = (
        ("head_epochs", tr("Epochs for the last layer"), tr("It learns first, while the network keeps still.")),
        (
            "epochs",
            tr("Epochs for the network"),
            tr("How often every photograph is seen; fewer when it stops early."),
        ),
        ("patience", tr("Stop early after"), tr("So many epochs without getting better; 0 never stops early.")),
        (
            "batch",
            tr("Photographs at once"),
            tr("Less needs less memory; what does not fit is made smaller by itself."),
        ),
        ("unfrozen", tr("Layers that learn"), tr("The last so many of the network; -1: all of them.")),
    )
    return (
        *(field(id_, text, hint) for id_, text, hint in rounds),
        switch(
            "by_blocks", tr("Count blocks instead of layers"), tr("A block is a group of layers that belong together.")
        ),
        field("optimiser", tr("Optimiser"), tr("How the steps are made; AdamW suits most."), optimisers),
        field("head_rate", tr("Rate for the last layer"), tr("How large the steps are at first.")),
        field("rate", tr("Rate for the network"), tr("Lower, so that what it knows is not lost.")),
        field("schedule", tr("Course of the rate"), tr("How the steps change with time."), schedules),
        field("warm_up_epochs", tr("Warm-up epochs"), tr("Small steps at the very beginning.")),
        field("loss", tr("Loss"), tr("What counts as wrong while learning."), losses),
        Field(
            *("label_smoothing", tr("Label smoothing")), hint=tr("Trusts the labels a little less; 0.1 is usual."),
            most=0.4, is_allowed=allowed,
        ),
        field("focal_gamma", tr("Strength of the focal loss"), tr("2 is usual; only for the focal loss.")),
        switch(
            "mixed_precision", tr("Half precision on a graphics card"), tr("Twice as fast there; else without effect.")
        ),
    )  # fmt: skip


def _promise() -> tuple[Field, ...]:
    return (
        Field(
            "wanted_precision",
            tr("“Sure” shall be right"),
            hint=tr("Of the answers called sure, so many shall be right. The higher, the fewer are sure."),
            unit="%",
        ),
        Field(
            "title_en",
            tr("Title in English"),
            hint=tr("What the model is called on the screen; empty: its name."),
            width=34,
        ),
        Field("title_fr", tr("Title in French"), width=34),
        Field(
            "subject_en",
            tr("What the photographs show, in English"),
            hint=tr("One of them: dog, leaf, X-ray."),
            width=24,
        ),
        Field("subject_fr", tr("What they show, in French"), width=24),
        Field(
            "not_medical",
            tr("Write “not a medical device” on every page"),
            hint=tr("For photographs of patients, human or animal: nobody may rely on it for a diagnosis."),
            is_switch=True,
        ),
    )
