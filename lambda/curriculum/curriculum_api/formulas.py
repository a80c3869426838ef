"""Formulas in LaTeX as drawings. The only place that calls ziamath, which is imported by the first formula."""

import re
from typing import Final

import msgspec

_UNKNOWN: Final = re.compile(r">\s*(\\[A-Za-z]+)\s*<")
_USUAL_SIZE: Final = 24.0


class Drawing(msgspec.Struct, frozen=True):
    """An SVG file; sizes in pixels."""

    svg: str
    width: int
    height: int


def draw(latex: str, *, display: bool, size: float | None, color: str | None) -> Drawing | list[str]:
    """Return a formula as a drawing, or what is wrong with it.

    Args:
        display: set as on a line of its own. size: of its letters, in pixels. color: as SVG names it.
    """
    from latex2mathml.converter import convert
    from ziamath.zmath import Latex

    try:
        unknown = _UNKNOWN.findall(convert(latex))
        if unknown:
            return [f"{name} is no command that can be drawn" for name in dict.fromkeys(unknown)]
        formula = Latex(latex, size=size or _USUAL_SIZE, color=color, inline=not display)
        width, height = formula.getsize()
        return Drawing(formula.svg(), round(width), round(height))
    except RecursionError:
        return ["it is nested too deeply"]
    except Exception as error:  # noqa: BLE001 - the parser's own errors have no common base, and a formula is anybody's
        reason = str(error).strip()[:200] or type(error).__name__
        return [f"it is not LaTeX that can be drawn: {reason}"]
