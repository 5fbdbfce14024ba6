"""What the choices in the export dialog become."""

from __future__ import annotations

import pytest

from core.export_jobs import Form
from gui.export_kinds import asm3_options, export_kinds
from gui.option_list import ON


def test_what_the_advice_on_accents_names_can_be_chosen() -> None:
    """After an import that went wrong the program says: choose “Accents as codes”."""
    asm3 = next(kind for kind in export_kinds() if kind.form is Form.ASM3)
    option = next(option for option in asm3.options if option.text == "Accents as codes")
    assert option.is_switch and option.when == ("database", "fr")
    assert asm3_options({"database": "fr", option.id: ON}).has_coded_accents


@pytest.mark.parametrize("values", [{}, {"database": "fr"}, {"database": "en", "accents": ON}])
def test_accents_are_written_as_they_are_otherwise(values: dict[str, str]) -> None:
    assert not asm3_options(values).has_coded_accents
