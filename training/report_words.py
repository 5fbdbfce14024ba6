"""Numbers as report.html writes them, in the language of the screen."""

from __future__ import annotations

from core.texts import language

_SPACE = {"en": "\u00a0", "fr": "\u202f"}


def share(part: float, digits: int = 0) -> str:
    """A measured share in percent; not rounded to all or nothing unless it is.

    >>> share(0.776, 1).replace(chr(160), "_"), share(0.9999).replace(chr(160), "_")
    ('77.6_%', '99.9_%')
    """
    text = f"{part * 100:.{digits}f}"
    while digits < 3 and ((part < 1 and float(text) >= 100) or (part > 0 and float(text) <= 0)):
        digits += 1
        # Cut off, not rounded.
        whole = int(part * 100 * 10**digits)
        text = f"{whole / 10**digits:.{digits}f}"
    return f"{_local(text)}{_SPACE[language()]}%"


def points(part: float) -> str:
    """A difference of shares in points, with its sign."""
    text = f"{abs(part) * 100:.1f}"
    sign = "" if float(text) == 0 else ("+" if part > 0 else "\u2212")
    return f"{sign}{_local(text)}"


def size_in_points(part: float) -> str:
    """A difference of shares in points, without its sign."""
    return _local(f"{abs(part) * 100:.1f}")


def number(value: float) -> str:
    """A figure with three digits that count."""
    return _local(f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}")


def decimal(value: float) -> str:
    """A figure between 0 and 1 with two digits."""
    return _local(f"{value:.2f}")


def count(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}".replace(",", "\u202f" if language() == "fr" else ",")


def duration(seconds: float) -> str:
    """So many seconds, minutes or hours."""
    if seconds < 10:
        return f"{_local(f'{seconds:.1f}')}\u00a0s"
    if seconds < 120:
        return f"{round(seconds)}\u00a0s"
    if seconds < 7200:
        return f"{round(seconds / 60)}\u00a0min"
    return f"{_local(f'{seconds / 3600:.1f}')}\u00a0h"


def _local(text: str) -> str:
    return text.replace(".", ",") if language() == "fr" else text
