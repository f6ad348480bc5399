"""Pieces of a web page: text escaped unless it is known to be markup, tables, figures, the style sheet."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import Final

from bot.ui.chart_theme import PALETTES, Theme

LONG: Final = 40
"""Letters from which a cell's words may wrap."""
MINUS: Final = re.compile(r"(?<![\w.:/-])-(?=[\d.])")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def safe(value: object) -> Html:
    """``value`` as markup: escaped, with a true minus sign before numbers; what is markup already as it is."""
    return value if isinstance(value, Html) else Html(MINUS.sub("−", escape(str(value))))


def tag(name: str, content: object, kind: str = "") -> Html:
    """An element with content, of a class."""
    styled = f' class="{kind}"' if kind else ""
    return Html(f"<{name}{styled}>{safe(content)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """Markup one after another."""
    return Html("".join(safe(part) for part in parts))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[int] = ()) -> Html:
    """A table that scrolls by itself where it is too wide; the columns at the places ``numbers`` stand right, the first names its row."""
    heads = joined(_cell("th", ' scope="col"', text, place in numbers) for place, text in enumerate(headings))
    body = joined(tag("tr", _row(row, numbers)) for row in rows)
    return Html(
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(row: Sequence[object], numbers: Collection[int]) -> Html:
    first = _cell("th", ' scope="row"', row[0], 0 in numbers)
    return joined(
        (first, *(_cell("td", "", cell, place in numbers) for place, cell in enumerate(row[1:], 1)))
    )


def _cell(name: str, scope: str, content: object, is_number: bool) -> Html:
    kind = (
        ' class="n"'
        if is_number
        else ' class="w"'
        if len(str(content)) > LONG and not isinstance(content, Html)
        else ""
    )
    return Html(f"<{name}{scope}{kind}>{safe(content)}</{name}>")


def section(name: str, heading: str, *parts: object) -> Html:
    """A part of the page that can be linked to."""
    return Html(f'<section id="{name}"><h2>{safe(heading)}</h2>{joined(parts)}</section>')


def figure(heading: str, count: str, picture: str, *below: object) -> Html:
    """A picture with its heading, how many it rests on, and what is said below it."""
    head = f"<figcaption>{safe(heading)} {tag('small', count)}</figcaption>"
    return Html(f"<figure>{head}{picture}{joined(below)}</figure>")


def _inks(theme: Theme) -> str:
    return ";".join(f"--{ink.value}:{colour}" for ink, colour in PALETTES[theme].inks.items())


STYLE: Final = (
    f":root{{color-scheme:light dark;{_inks(Theme.LIGHT)};--mild:#f3f5f7}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_inks(Theme.DARK)};--mild:#1b212d}}}}"
    """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1200px;padding:16px;background:var(--paper);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:1.5rem;margin:0 0 4px;line-height:1.25;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:36px 0 10px;border-bottom:1px solid var(--grid);padding-bottom:4px}
h3{font-size:1rem;margin:18px 0 6px}
p{margin:6px 0}a{color:var(--demand)}
small,.soft{color:var(--soft);font-size:.85rem;font-weight:400}
nav{display:flex;flex-wrap:wrap;gap:4px 14px;margin:12px 0;font-size:.9rem}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:1px 16px;margin:10px 0;font-size:.92rem}
.facts dt{color:var(--soft)}.facts dd{margin:0;overflow-wrap:anywhere}
.reading{background:var(--mild);border-left:4px solid var(--demand);padding:8px 14px 8px 30px;margin:8px 0}
.reading li{margin:4px 0;font-size:1.03rem}
.notes{padding-left:20px;margin:8px 0}
.wide{overflow-x:auto;margin:8px 0}
table{border-collapse:collapse;font-size:.9rem}
th,td{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--grid);font-weight:400}
thead th{color:var(--soft);font-size:.8rem;vertical-align:bottom}
td{white-space:nowrap}td.n,th.n{text-align:right}@media(max-width:600px){td.n{white-space:normal}}td.w{white-space:normal;min-width:16em}
.figures{margin:20px 0 0;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:20px 28px}
.groups{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,480px),1fr));gap:8px 24px}
.figures>*,.groups>*{min-width:0}
figure{margin:0 0 8px;max-width:620px;break-inside:avoid}
figcaption{font-weight:600;margin:0 0 6px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--text);font-size:12.5px;font-family:inherit}
svg.t text{font-size:11px}
svg.t{max-width:760px}
svg.r{width:128px;height:15px;display:inline-block;vertical-align:middle}
svg .m{text-anchor:middle}svg .e{text-anchor:end}svg text.s{fill:var(--soft)}
svg path{fill:none;stroke:none;stroke-width:1}
svg .grid{stroke:var(--grid)}svg .tick{stroke:var(--soft)}
svg .zero{stroke:var(--now);stroke-dasharray:4 3}
svg .curve{stroke:var(--demand);stroke-width:1.8;stroke-linejoin:round}
svg .fall{fill:var(--down);fill-opacity:.35;stroke:var(--down)}
svg .won{fill:var(--up)}svg .lost{fill:var(--down)}
svg .span,svg .mean{stroke:var(--text);stroke-width:1.6}svg .mean{stroke-dasharray:2 3;stroke-width:1}
svg .dot{fill:var(--text)}svg .hollow{fill:var(--paper);stroke:var(--text);stroke-width:1.6}
svg path.up{stroke:var(--up);fill:var(--paper)}svg path.down{stroke:var(--down);fill:var(--down)}
svg .zone{fill:var(--entry);fill-opacity:.16;stroke:var(--entry);stroke-dasharray:3 2}
svg path.entry{stroke:var(--entry);stroke-width:1.3}
svg path.stop{stroke:var(--stop);stroke-width:1.3;stroke-dasharray:6 3}
svg path.target{stroke:var(--target);stroke-width:1.3;stroke-dasharray:2 2}
svg text.entry{fill:var(--entry)}svg text.stop{fill:var(--stop)}svg text.target{fill:var(--target)}
svg .when{stroke:var(--now);stroke-dasharray:1 3}
svg .fill{fill:var(--paper);stroke:var(--text);stroke-width:1.8}
.year{margin:10px 0;break-inside:avoid}
.months{list-style:none;margin:0;padding:0;display:grid;grid-template-columns:repeat(12,minmax(0,1fr));gap:4px}
.months li{padding:5px 6px;border:1px solid var(--grid);border-radius:4px;font-size:.9rem;line-height:1.3;background:var(--tint,transparent)}
.months b{display:block;font-weight:400;font-size:.75rem;color:var(--soft)}
.months small{display:block;font-size:.75rem}
.bar{display:block;width:140px;height:12px;background:var(--mild);margin-top:4px}
.bar i{display:block;height:100%;background:var(--soft);print-color-adjust:exact;-webkit-print-color-adjust:exact}
details>summary{cursor:pointer}
.row{display:grid;grid-template-columns:var(--columns);column-gap:12px;align-items:baseline;padding:4px 0 4px 18px}
.trades{overflow-x:auto;font-size:.88rem}.trades>*{min-width:max-content}
.head{color:var(--soft);border-bottom:1px solid var(--grid)}
.trade{border-bottom:1px solid var(--grid)}
.trade>summary{list-style:none;position:relative}.trade>summary::-webkit-details-marker{display:none}
.trade>summary::before{content:"▸";position:absolute;left:2px;top:4px;color:var(--soft)}
.trade[open]>summary::before{content:"▾"}
.trade>summary:hover{background:var(--mild)}
.row span{white-space:nowrap}.row .n{text-align:right}.row b{font-weight:400;display:none;color:var(--soft);font-size:.8rem}.row .r{font-weight:600}
.inside{padding:6px 0 16px 18px;max-width:min(940px,calc(100vw - 36px));min-width:0;white-space:normal}
.inside dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0}
.inside dt{color:var(--soft)}.inside dd{margin:0;overflow-wrap:anywhere}
@media screen and (max-width:900px){
.row.head{display:none}.trades>*{min-width:0}
.row{display:flex;flex-wrap:wrap;gap:0 14px;padding-right:4px}
.row .long{white-space:normal;overflow-wrap:anywhere}.row b{display:inline}
.row span:nth-child(-n+5) b{display:none}
}
@media screen and (max-width:600px){
body{padding:12px}svg text{font-size:15px}svg.t text{font-size:16px}svg.r{width:76px;height:9px}.bar{width:64px}
.months{grid-template-columns:repeat(4,minmax(0,1fr))}table{font-size:.82rem}th,td{padding-right:9px}
.inside{padding-left:0}.inside dl{grid-template-columns:1fr}.inside dd{margin-bottom:6px}
}
@media print{body{max-width:none;font-size:12px}nav{display:none}.months li{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.row{column-gap:8px}.trades{font-size:.62rem;overflow:visible}}
"""
)
