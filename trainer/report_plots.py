"""The pictures of a report, as pieces of a page: SVG that takes the page's colour of text, light or dark.

No text of the house is in a picture: no name can spoil a font or a layout. A page's policy forbids styles that are not
its own, so what matplotlib says in styles becomes attributes. Left out: numbers for those who do not see
(`report.py` has tables).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from trainer.report_life import Bin, Period

RIGHT, WRONG, LINE = "#2f86d1", "#d9692b", "#8a8a8a"
_TEXT = "#010203"
"""Stands for the page's own colour."""
_SIZE = (4.8, 2.7)
_MOST_TICKS = 5
_MOST_NAMED = 12
"""Versions beside their lines."""
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "safu",
    "text.color": _TEXT,
    "axes.edgecolor": _TEXT,
    "axes.labelcolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "font.size": 10.0,
    "axes.labelsize": 10.0,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "legend.fontsize": 10.0,
}
"""Any, for newer stubs of matplotlib take no keys but those of a list."""
_SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"


def accuracy(periods: Sequence[Period], unit: str) -> str:
    """Right and wrong, period by period; what is missing to 100 % was left alone."""
    with mpl.rc_context(_SETTINGS):
        figure, axes = _made()
        _bars(axes, periods, [100 * period.share(right=True) for period in periods], RIGHT, "right")
        below = [100 * period.share(right=True) for period in periods]
        wrong = [100 * period.share(right=False) for period in periods]
        axes.bar(range(len(periods)), wrong, bottom=below, color=WRONG, label="wrong")
        axes.set_ylim(0, 100)
        axes.set_xlabel(unit)
        axes.set_ylabel("% of lessons")
        _legend(figure, axes)
        return _svg(figure, "accuracy", "Shares of right answers and wrong actions, bar by bar; the table has them all")


def learning(shares: Sequence[float], window: int, models: Sequence[tuple[int, int]]) -> str:
    """Share right over the lessons, with a line where each model was installed: (answers before it, version)."""
    with mpl.rc_context(_SETTINGS):
        figure, axes = _made()
        axes.plot(
            range(1, len(shares) + 1), [100 * share for share in shares], color=RIGHT, label="right, without a model"
        )
        for number, (at, version) in enumerate(models):
            axes.axvline(at, color=WRONG, linestyle="--", linewidth=1, label=None if number else "model installed")
            if len(models) <= _MOST_NAMED:
                axes.annotate(str(version), (at, 1), (-3, 0), textcoords="offset points", ha="right")
        axes.set_ylim(0, 103)
        axes.set_xlabel("lessons")
        axes.set_ylabel(f"% of the last {window}")
        _legend(figure, axes)
        return _svg(figure, "learning", "A line: the share of right answers as lessons came; the table has it in steps")


def reliability(bins: Sequence[Bin]) -> str:
    """How often right over how sure; an honest model is on the diagonal, and bigger dots are more answers."""
    with mpl.rc_context(_SETTINGS):
        figure, axes = _made(height=3.4)
        axes.plot([0, 100], [0, 100], color=LINE, linestyle="--", linewidth=1, label="as sure as right")
        most = max(each.count for each in bins)
        places = [100 * each.sure for each in bins], [100 * each.right for each in bins]
        axes.plot(*places, color=RIGHT)
        axes.scatter(*places, [20 + 180 * each.count / most for each in bins], color=RIGHT, label="answers")
        for each in bins:
            is_below = 0.1 < each.right < each.sure
            offset, side = ((8, -13), "left") if is_below else ((0, 10), "center")
            place = (100 * each.sure, 100 * each.right)
            axes.annotate(str(each.count), place, offset, textcoords="offset points", ha=side)
        axes.set_xlim(-3, 108)
        axes.set_ylim(-3, 117)  # room for a count above the highest dot
        axes.set_yticks(range(0, 101, 20))
        axes.set_xlabel("how sure, %")
        axes.set_ylabel("how often right, %")
        _legend(figure, axes)
        return _svg(figure, "reliability", "Dots: how often right over how sure, with counts; the table has the same")


def false_actions(periods: Sequence[Period]) -> str:
    """Wrong actions an hour where nothing was meant."""
    with mpl.rc_context(_SETTINGS):
        figure, axes = _made(height=2.2)
        rates = [period.false / period.hours if period.hours else 0.0 for period in periods]
        _bars(axes, periods, rates, WRONG, "false actions")
        axes.set_ylim(0, 1.15 * max(rates) or 1)
        axes.set_xlabel("week of")
        axes.set_ylabel("an hour")
        return _svg(figure, "false", "Bars: false actions an hour, week by week; the table has the same")


def _made(height: float = _SIZE[1]) -> tuple[Figure, Axes]:
    figure = Figure((_SIZE[0], height), layout="constrained")
    figure.patch.set_visible(False)
    axes = figure.add_subplot()
    axes.patch.set_visible(False)
    return figure, axes


def _bars(axes: Axes, periods: Sequence[Period], heights: Sequence[float], colour: str, label: str) -> None:
    axes.bar(range(len(periods)), heights, color=colour, label=label)
    axes.set_xlim(-0.6, max(len(periods), 4) - 0.4)  # a single bar is not a wall
    step = -(-len(periods) // _MOST_TICKS)
    ticks = range(0, len(periods), step)
    axes.set_xticks(ticks, [periods[at].name.removeprefix("20") for at in ticks])
    axes.tick_params("x", rotation=20 if len(ticks) > 4 else 0)


def _legend(figure: Figure, axes: Axes) -> None:
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper right", ncols=3)


def _svg(figure: Figure, name: str, told: str) -> str:
    """The figure as a piece of a page; `told` is for those who do not see it."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    root = ElementTree.fromstring(drawn.getvalue())  # noqa: S314 (we have just made it)
    _clean(root, name)
    ElementTree.register_namespace("", _SVG)
    text = ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)
    return text.replace("<svg", f'<svg role="img" aria-label="{escape(told)}"', 1)


def _clean(root: ElementTree.Element, name: str) -> None:
    """Take styles away, make ids the only ones of the page, and let the page say how wide it is."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"):
                parent.remove(child)
    for element in root.iter():
        for rule in element.attrib.pop("style", "").split(";"):
            key, _, value = (part.strip() for part in rule.partition(":"))
            if key and not key.startswith("font"):
                element.set(key, value)
        if _HREF in element.attrib:
            element.set("href", element.attrib.pop(_HREF))
        for key, value in element.attrib.items():
            element.set(key, _own(key, value, name))
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)


def _own(key: str, value: str, name: str) -> str:
    """An attribute as it can be in a page with other pictures."""
    if key == "id":
        return f"{name}-{value}"
    if key == "href" or value.startswith("url("):
        return value.replace("#", f"#{name}-")
    return "currentColor" if value == _TEXT else value
