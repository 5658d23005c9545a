"""A page of HTML that needs nothing else: sections, tables, one style, a policy that forbids everything besides.

Text is escaped here and nowhere else. What turns the direction of writing, and what controls terminals, is shown as a
question mark; each cell is a paragraph of its own, so text from right to left cannot disturb its neighbours.
Left out: what the sections say (`report.py`).
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

_LONGEST = 300
"""Characters of a cell."""
_SHORT, _LONG = 12, 30
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
_STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1b1b1b; --soft: #5c5c5c; --line: #d4d4cf; --link: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16181b; --ink: #e6e6e3; --soft: #a5a8ab; --line: #3b3f44; --link: #7ab8f5 }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--paper); color: var(--ink);
       font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2 }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .3rem; padding-top: .6rem; border-top: 1px solid var(--line) }
p { max-width: 42rem; margin: .5rem 0 }
a { color: var(--link) }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none }
.note { padding-left: .8rem; border-left: .25rem solid #d9692b }
svg { display: block; width: 100%; max-width: 34rem; height: auto; margin: 1rem 0 }
svg text { font: 10px system-ui, sans-serif }
.scroll { overflow-x: auto; max-width: 100%; margin: .8rem 0 }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem }
th, td { padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line);
         overflow-wrap: break-word; min-width: 3rem; max-width: 24rem; unicode-bidi: plaintext }
th { font-weight: 600 }
tbody th { font-weight: 400 }
.number { text-align: right }
.number, .short { white-space: nowrap }
.long { min-width: 14rem }
.heat th, .heat td { padding: .25rem .45rem; min-width: 2rem }
.heat td { text-align: center; border: 1px solid var(--line) }
.right { background: rgb(47 134 209 / .3) }
.heat1 { background: rgb(217 105 43 / .15) }
.heat2 { background: rgb(217 105 43 / .35) }
.heat3 { background: rgb(217 105 43 / .55) }
.heat4 { background: rgb(217 105 43 / .75) }
summary { cursor: pointer; color: var(--link) }
"""
_HEATS = 4


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what one sees in plain words, and pieces of HTML that show it."""

    name: str
    title: str
    told: str
    pieces: tuple[str, ...] = ()


def page(title: str, told: Sequence[str], notes: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole page."""
    # the one style is known by its hash: text that got out of its cell could bring no other, and no script
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    links = "".join(f'<li><a href="#{each.name}">{safe(each.title)}</a></li>' for each in sections)
    lines = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{safe(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{safe(title)}</h1>",
        *(f"<p>{escape(text)}</p>" for text in told),
        *(f'<p class="note">{escape(text)}</p>' for text in notes),
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
        *map(_section, sections),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(lines)


def safe(text: str) -> str:
    r"""Text that is nothing but text, and not without end.

    >>> safe('<b onclick="x">\x00\u202e')
    '&lt;b onclick=&quot;x&quot;&gt;\ufffd\ufffd'
    """
    cut = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    shown = ("\ufffd" if each in _TURNS or unicodedata.category(each) in ("Cc", "Cs") else each for each in cut)
    return escape("".join(shown))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A table that scrolls by itself where it is too wide. Its first `texts` columns are text, the others numbers."""
    kinds = ["" if column < texts else ' class="number"' for column in range(len(head))]
    titles = "".join(f'<th scope="col"{kind}>{safe(text)}</th>' for kind, text in zip(kinds, head, strict=True))
    lines = []
    for row in rows:
        cells = [f"<td{kind or _width(text)}>{safe(text)}</td>" for kind, text in zip(kinds[1:], row[1:], strict=True)]
        lines.append(f'<tr><th scope="row"{_width(row[0])}>{safe(row[0])}</th>{"".join(cells)}</tr>')
    return _scrolling(caption, "", titles, lines)


def heat_map(caption: str, names: Sequence[str], counts: Mapping[tuple[str, str], int]) -> str:
    """How often each of the names (a row) was taken for each (a column); columns are numbered as the rows are."""
    most = max((counts.get((a, b), 0) for a in names for b in names if a != b), default=0)
    titles = '<th scope="col">meant</th>' + "".join(
        f'<th scope="col" title="{safe(name)}">{place}</th>' for place, name in enumerate(names, 1)
    )
    lines = []
    for place, row in enumerate(names, 1):
        cells = "".join(_heat(counts.get((row, column), 0), most, row == column) for column in names)
        lines.append(f'<tr><th scope="row">{place} {safe(row)}</th>{cells}</tr>')
    return _scrolling(caption, ' class="heat"', titles, lines)


def folded(piece: str, title: str) -> str:
    """A piece that is there for those who ask for it."""
    return f"<details><summary>{safe(title)}</summary>{piece}</details>"


def _width(text: str) -> str:
    """Short text, a date say, is not broken into lines, and long text not into too many."""
    return ' class="short"' if len(text) <= _SHORT else ' class="long"' if len(text) >= _LONG else ""


def _heat(count: int, most: int, is_right: bool) -> str:
    if not count:
        return "<td></td>"
    kind = "right" if is_right else f"heat{-(-_HEATS * count // most)}"
    return f'<td class="{kind}">{count}</td>'


def _scrolling(caption: str, kind: str, titles: str, lines: Sequence[str]) -> str:
    body = "\n".join(lines)
    return (
        f'<div class="scroll" role="region" aria-label="{safe(caption)}" tabindex="0"><table{kind}>'
        f"<caption>{safe(caption)}</caption>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _section(section: Section) -> str:
    pieces = "\n".join(section.pieces)
    heading = f'<h2 id="{section.name}-title">{safe(section.title)}</h2>'
    return (
        f'<section id="{section.name}" aria-labelledby="{section.name}-title">\n{heading}\n'
        f"<p>{escape(section.told)}</p>\n{pieces}\n</section>"
    )
