"""The model at the start: the chosen one, or the program's own where that one is gone or broken, and what to say."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import UserError
from core.texts import label_name, tr

if TYPE_CHECKING:
    from core.bundles import BundleInfo
    from gui.engine import Engine

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FirstModel:
    """The model that answers; `missing` is the chosen one where that cannot, with the `reason` unless it is gone."""

    info: BundleInfo
    missing: str = ""
    reason: str = ""

    @property
    def words(self) -> str:
        """What the user should know; empty where all is as it was chosen."""
        other = label_name(self.info.title)
        if self.reason:
            said = tr("{reason} The answers come from “{other}” until you choose another one in the settings.")
            return said.format(reason=self.reason, other=other)
        if self.missing:
            said = tr(
                "The model “{name}” is not there any more. The answers come from “{other}” until you choose another "
                "one in the settings."
            )
            return said.format(name=self.missing, other=other)
        return ""


def load_first_model(engine: Engine, chosen: str | None) -> FirstModel:
    """The chosen model, or the default one in its place. Raises UserError, about the chosen one, if neither works."""
    from core.bundle_info import printable
    from core.models import DEFAULT, is_there

    try:
        return FirstModel(engine.load_model(chosen))
    except UserError as error:
        if chosen is None or chosen == DEFAULT:
            raise
        log.warning("the model %s gives way to %s: %s", chosen, DEFAULT, error)
        try:
            info = engine.load_model(DEFAULT)
        except UserError:
            raise error from None
        return FirstModel(info, printable(chosen), str(error) if is_there(chosen) else "")
