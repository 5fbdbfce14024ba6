"""What decides an answer, as one number each: of a model, and of the networks whose vectors it judges.

A new head on the same networks is another model, but what the networks said of a photograph holds for it too.
"""

from __future__ import annotations

import json
from hashlib import sha256

from core.bundles import Bundle, BundleInfo
from core.records import Floats

# Another number when what happens to a photograph before and after a network changes: core.inputs, core.inference.
_WAY_OF_LOOKING = 1


def model_fingerprint(info: BundleInfo) -> str:
    """Of everything that a model says of itself, the hashes of its files among it: 64 hex digits.

    But for what decides no answer: the memory of its training, and whether a line may break at a space of its texts.
    """
    deciding = info.model_copy(update={"memory": None}).as_written()
    return _fingerprint(json.loads(deciding.to_json().replace("\u00a0", " ")))


def backbones_fingerprint(bundle: Bundle) -> str:
    """Of what decides a photograph's vector and nothing else: not the names, the labels or the calibration."""
    networks: list[object] = [_WAY_OF_LOOKING]
    for backbone in bundle.info.backbones:
        hidden = bundle.hidden.get(backbone.name)
        layer = "" if hidden is None else _digest(hidden)
        parts: list[object] = [backbone.sha256, backbone.size_px, [view.value for view in backbone.views], layer]
        # Only where there is something of it, so that older models keep their fingerprints, and their stored vectors.
        if backbone.steps or backbone.tail is not None:
            parts += [[step.value for step in backbone.steps], *_later_parts(bundle, backbone.name)]
        networks.append(parts)
    return _fingerprint(networks)


def _later_parts(bundle: Bundle, backbone: str) -> list[object]:
    """What tails and whitening have to say."""
    tail, whitening = bundle.tails.get(backbone), bundle.whitenings.get(backbone)
    layers = (
        [] if tail is None else [tail.pooling.value, *((_digest(one.kernel), _digest(one.bias)) for one in tail.layers)]
    )
    numbers = [] if whitening is None else [_digest(one) for one in (whitening.mean, whitening.basis, whitening.scale)]
    return [layers, numbers]


def _digest(values: Floats) -> str:
    return sha256(values.astype("<f4").tobytes()).hexdigest()


def _fingerprint(parts: object) -> str:
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
