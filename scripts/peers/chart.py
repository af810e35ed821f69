"""The ratios of all peers on the table's networks, as an SVG figure for light and dark backgrounds."""

import math

import peers as peer_list
import workloads
from report import STEPS

# Distinguishable in both schemes and for color-blind readers (Okabe and Ito), each with a shape of its own.
COLORS = ["#d55e00", "#e69f00", "#009e73", "#0072b2", "#56b4e9", "#999999", "#cc79a7", "#b8a800"]
ROW, TOP, LEFT, WIDTH, GAP = 20, 96, 170, 400, 36
TICKS = [0.25, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20]
# Larger ratios are drawn at the right edge, so that those near 1 can be told apart.
LARGEST = 20


def shape(index, x, y):
    """Returns one of eight marks around a point."""
    def polygon(points):
        return "<polygon points=\"" + " ".join(f"{x + a:.1f},{y + b:.1f}" for a, b in points) + "\"/>"
    r = 4.2
    return [
        lambda: f"<circle cx=\"{x:.1f}\" cy=\"{y:.1f}\" r=\"{r}\"/>",
        lambda: f"<circle cx=\"{x:.1f}\" cy=\"{y:.1f}\" r=\"3.4\" class=\"open\"/>",
        lambda: polygon([(0, -r - 1), (r + 1, 0), (0, r + 1), (-r - 1, 0)]),
        lambda: polygon([(-r, -r), (r, -r), (r, r), (-r, r)]),
        lambda: f"<rect x=\"{x - 3.2:.1f}\" y=\"{y - 3.2:.1f}\" width=\"6.4\" height=\"6.4\" class=\"open\"/>",
        lambda: polygon([(0, -r - 1), (r, r - 1), (-r, r - 1)]),
        lambda: polygon([(0, r + 1), (r, 1 - r), (-r, 1 - r)]),
        lambda: f"<path d=\"M{x - r:.1f} {y - r:.1f}l{2 * r} {2 * r}m0 {-2 * r}l{-2 * r} {2 * r}\" class=\"open\"/>",
    ][index % 8]()


def svg(run):
    rows = [row.workload for row in workloads.TABLE if any(cell.row.workload == row.workload for cell in run.cells)]
    threads = sorted({cell.threads for cell in run.cells})
    panels = [(step, count) for step in workloads.PASSES for count in threads]
    found = {(cell.row.workload, cell.step, cell.threads): cell for cell in run.cells}
    ratios = [value for key, cell in found.items() if key[0] in rows for value in cell.ratios().values()] or [1]
    low, high = min(0.8, min(ratios) / 1.1), min(LARGEST, max(2, max(ratios) * 1.1))
    height = ROW * len(rows)
    columns = max(1, len(threads))
    names, legend_width = legend(run)
    size = (max(legend_width, LEFT + columns * (WIDTH + GAP)), TOP + len(workloads.PASSES) * (height + 74))

    def at(value):
        return WIDTH * math.log(min(value, high) / low) / math.log(high / low)

    parts = [
        f"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size[0]} {size[1]}\" width=\"{size[0]}\""
        f" height=\"{size[1]}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">",
        "<style>.text{fill:#1f2328}.faint{fill:#59636e}.line{stroke:#d1d9e0}.one{stroke:#1f2328}"
        ".open{fill:none;stroke-width:1.6}"
        "@media (prefers-color-scheme: dark){.text{fill:#f0f6fc}.faint{fill:#9198a1}.line{stroke:#3d444d}"
        ".one{stroke:#f0f6fc}}</style>",
        "<text class=\"text\" x=\"16\" y=\"26\" font-size=\"16\" font-weight=\"600\">"
        "Time of each peer divided by Backflow's</text>",
        "<text class=\"faint\" x=\"16\" y=\"45\">Logarithmic; right of the line at 1, Backflow is faster; marks at"
        f" the edge are beyond it. {run.limits['cpu']}, {run.date.isoformat()}.</text>"]
    parts += names
    for index, (step, count) in enumerate(panels):
        left = LEFT + (index % columns) * (WIDTH + GAP)
        top = TOP + (index // columns) * (height + 74) + 24
        parts += panel(f"{STEPS[step].capitalize()}, {count} thread{'s' if count > 1 else ''}", left, top, height,
                       [tick for tick in TICKS if low <= tick <= high], at)
        for place, name in enumerate(rows):
            y = top + ROW * (place + 0.5)
            parts.append(f"<line class=\"line\" x1=\"{left}\" x2=\"{left + WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>")
            if index % columns == 0:
                parts.append(
                    f"<text class=\"text\" x=\"{LEFT - 12}\" y=\"{y + 4:.1f}\" text-anchor=\"end\">{name}</text>")
            cell = found.get((name, step, count))
            parts += marks(cell, left, y, at) if cell else []
    return "\n".join(parts + ["</svg>", ""])


def legend(run):
    """Returns the marks with the titles of the peers, and their width."""
    parts, x = [], 22
    for index, peer in enumerate(peer_list.PEERS):
        if peer.name in run.versions:
            parts.append(f"<g fill=\"{COLORS[index]}\" stroke=\"{COLORS[index]}\">{shape(index, x, 68)}</g>"
                         f"<text class=\"text\" x=\"{x + 10}\" y=\"72\">{peer.title}</text>")
            x += 30 + 7.2 * len(peer.title)
    return parts, round(x)


def panel(title, left, top, height, ticks, at):
    parts = [f"<text class=\"text\" x=\"{left}\" y=\"{top - 10}\" font-weight=\"600\">{title}</text>"]
    for tick in ticks:
        x = left + at(tick)
        kind = "one" if tick == 1 else "line"
        parts.append(
            f"<line class=\"{kind}\" x1=\"{x:.1f}\" x2=\"{x:.1f}\" y1=\"{top}\" y2=\"{top + height}\"/>"
            f"<text class=\"faint\" x=\"{x:.1f}\" y=\"{top + height + 16}\" text-anchor=\"middle\">{tick}</text>")
    return parts


def marks(cell, left, y, at):
    parts = []
    for index, peer in enumerate(peer_list.PEERS):
        if peer.name in cell.times:
            x = left + at(cell.ratio(peer.name))
            parts.append(f"<g fill=\"{COLORS[index]}\" stroke=\"{COLORS[index]}\">{shape(index, x, y)}"
                         f"<title>{peer.title}: {cell.ratio(peer.name):.2f}</title></g>")
    return parts
