"""Bars, as an SVG that is read on light and on dark pages."""

from xml.sax.saxutils import escape

LEFT, RIGHT, BAR, GAP, TOP = 210, 700, 14, 12, 58
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .note { fill: #59636e; font-size: 12px }
  .first { fill: #8c959f } .second { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .note { fill: #9198a1 }
    .first { fill: #6e7681 } .second { fill: #58a6ff }
  }
"""


def bars(path, title, legend, rows):
    """`rows` are a name and two values, either of which may be missing; less is better."""
    longest = max(value for _, *values in rows for value in values if value is not None)
    height = TOP + len(rows) * (2 * BAR + GAP) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{RIGHT + 70}" height="{height}" '
        f'viewBox="0 0 {RIGHT + 70} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text class="title" x="8" y="20">{escape(title)}</text>',
    ]
    for place, (kind, text) in enumerate(zip(("first", "second"), legend)):
        x = 8 + place * 180
        parts.append(f'<rect class="{kind}" x="{x}" y="32" width="10" height="10"/>')
        parts.append(f'<text class="note" x="{x + 16}" y="41">{escape(text)}</text>')
    for place, (name, *values) in enumerate(rows):
        y = TOP + place * (2 * BAR + GAP)
        parts.append(f'<text x="{LEFT - 10}" y="{y + BAR + 4}" text-anchor="end">{escape(name)}</text>')
        for line, (kind, value) in enumerate(zip(("first", "second"), values)):
            if value is None:
                continue
            width, top = max(1, value / longest * (RIGHT - LEFT)), y + line * BAR
            parts.append(f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR - 2}"/>')
            parts.append(f'<text class="note" x="{LEFT + width + 6:.1f}" y="{top + BAR - 3}">{value:.1f}</text>')
    path.write_text("\n".join([*parts, "</svg>", ""]))
