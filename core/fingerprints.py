"""What decides an answer, as one number each: of a model, and of the networks whose vectors it judges.

A new head on the same networks is another model, but what the networks said of a photograph holds for it too.
"""

from __future__ import annotations

import json
from hashlib import sha256

from core.bundles import Bundle, BundleInfo

# Another number when what happens to a photograph before and after a network changes: core.inputs, core.inference.
_WAY_OF_LOOKING = 1


def model_fingerprint(info: BundleInfo) -> str:
    """Of everything that a model says of itself, the hashes of its files among it: 64 hex digits."""
    return _fingerprint(info.model_dump(mode="json"))


def backbones_fingerprint(bundle: Bundle) -> str:
    """Of what decides a photograph's vector and nothing else: not the names, the labels or the calibration."""
    networks: list[object] = [_WAY_OF_LOOKING]
    for backbone in bundle.info.backbones:
        hidden = bundle.hidden.get(backbone.name)
        layer = "" if hidden is None else sha256(hidden.astype("<f4").tobytes()).hexdigest()
        networks.append([backbone.sha256, backbone.size_px, [view.value for view in backbone.views], layer])
    return _fingerprint(networks)


def _fingerprint(parts: object) -> str:
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
