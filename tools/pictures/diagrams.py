"""Pictures that are drawn: the way of a fact, and the life of an incident from the rules' own table."""

from html import escape
from typing import NamedTuple

from rules.course.lifecycle import TRANSITIONS

INK, DIM, PAPER, ROOM, STRONG, LIFT = "#14202a", "#55656e", "#ffffff", "#f3f5f6", "#10705a", "#ddf3e6"
FONT = "font-family: system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"


class Box(NamedTuple):
    """A box by its upper left corner, in pixels. `kept`: what is in it survives a power cut."""

    x: float
    y: float
    width: float
    title: str
    under: str = ""
    kept: bool = False
    height: float = 54

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def drawn() -> dict[str, str]:
    """All diagrams by name, as SVG."""
    return {"way-of-a-fact": way_of_a_fact(), "life-of-an-incident": life_of_an_incident()}


def way_of_a_fact() -> str:
    """From a device to people, and the acknowledgement that lets a record go."""
    store = [
        Box(24, 70, 92, "device", "till, sign, …"),
        Box(150, 70, 92, "probe", "asks"),
        Box(276, 70, 92, "judge", "confirms"),
        Box(402, 70, 92, "log", "on disk", kept=True),
    ]
    centre = [
        Box(24, 230, 92, "ingest", "commits"),
        Box(150, 230, 92, "journal", "in order", kept=True),
        Box(276, 230, 92, "engine", "rules/"),
        Box(402, 230, 92, "incidents", "with a why", kept=True),
        Box(528, 200, 110, "outbox", "tickets", kept=True),
        Box(528, 264, 110, "console", "API, metrics"),
        Box(672, 200, 104, "help desk", "one ticket"),
        Box(672, 264, 104, "people", "NOC, phone"),
    ]
    rooms = [
        _room((8, 34, 500, 106), "edge_agent/, in the store", 20),
        _room((8, 178, 644, 158), "collector/, in the centre", 146),
    ]
    ways = [*map(_arrow, store, store[1:]), *map(_arrow, centre[:3], centre[1:4])]
    ways += [_arrow(centre[3], centre[4]), _arrow(centre[3], centre[5])]
    ways += [_arrow(centre[4], centre[6]), _arrow(centre[5], centre[7])]
    line = _path("M448 124 V158 H70 V226", STRONG) + _label(250, 153, "MQTT over a bad line", STRONG)
    back = _path("M100 230 V168 H476 V128", DIM, dashed=True) + _label(290, 184, "acknowledged after the commit", DIM)
    boxes = [_box(box) for box in [*store, *centre]]
    legend = f'<rect x="560" y="60" width="16" height="16" rx="4" fill="{LIFT}" stroke="{STRONG}"/>'
    legend += _words((584, 73), "on disk before anything goes on", INK, "start")
    return _svg(792, 350, "The way of a fact", [*rooms, line, back, *ways, *boxes, legend])


PLACES = {"open": (30.0, 125.0), "acknowledged": (310.0, 20.0), "resolved": (590.0, 125.0), "closed": (310.0, 230.0)}


def life_of_an_incident() -> str:
    """Phases as boxes, and what leads from one to the next, as rules/course/lifecycle.py has it."""
    boxes = {phase: Box(*PLACES[phase], 140, phase) for phase in PLACES}
    joined: dict[tuple[str, str], list[str]] = {}
    for (phase, event), target in TRANSITIONS.items():
        joined.setdefault((phase, target), []).append(event.replace("_", " "))
    within = {phase: events for (phase, target), events in joined.items() if phase == target}
    ways = [
        _curve(boxes[one], boxes[other], ", ".join(events)) for (one, other), events in joined.items() if one != other
    ]
    drawn_boxes = [_box(box._replace(under=_few(within.get(phase, [])))) for phase, box in boxes.items()]
    return _svg(750, 306, "The life of an incident", [*ways, *drawn_boxes])


def _few(events: list[str]) -> str:
    """What fits under a box's title; docs/lifecycle.md has them all."""
    return ", ".join(events) if len(events) <= 3 else f"{', '.join(events[:2])}, {len(events) - 2} more"


def _curve(one: Box, other: Box, words: str) -> str:
    """Ways in opposite directions bend apart, each to the left of where it goes."""
    start = (one.x + one.width / 2, one.middle)
    end = (other.x + other.width / 2, other.middle)
    across, down = end[0] - start[0], end[1] - start[1]
    length = (across**2 + down**2) ** 0.5
    bend = 34 if across >= 0 else 26
    middle = ((start[0] + end[0]) / 2 + down / length * bend, (start[1] + end[1]) / 2 - across / length * bend)
    first, last = _edge(one, middle), _edge(other, middle)
    path = f"M{first[0]:.0f} {first[1]:.0f} Q{middle[0]:.0f} {middle[1]:.0f} {last[0]:.0f} {last[1]:.0f}"
    at = ((first[0] + 2 * middle[0] + last[0]) / 4, (first[1] + 2 * middle[1] + last[1]) / 4)
    return _path(path, DIM) + _label(at[0], at[1] + 4, words, INK)


def _edge(box: Box, towards: tuple[float, float]) -> tuple[float, float]:
    """Where the line from the box's middle to a point leaves the box, and a little on."""
    x, y = box.x + box.width / 2, box.middle
    across, down = towards[0] - x, towards[1] - y
    shares = [(box.width / 2 + 4) / abs(across) if across else 9.0, (box.height / 2 + 4) / abs(down) if down else 9.0]
    share = min(shares)
    return x + across * share, y + down * share


def _svg(width: int, height: int, title: str, parts: list[str]) -> str:
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
        for name, colour in HEADS.items()
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}" style="{FONT}">\n<defs>{heads}</defs>\n'
        f'<rect width="{width}" height="{height}" rx="10" fill="{PAPER}"/>\n{body}\n</svg>\n'
    )


HEADS = {"dim": DIM, "strong": STRONG}


def _box(box: Box) -> str:
    fill, line = (LIFT, STRONG) if box.kept else (PAPER, DIM)
    x = box.x + box.width / 2
    title = box.middle - 3 if box.under else box.middle + 5
    words = f'<text x="{x:g}" y="{title:g}" text-anchor="middle" font-size="14" font-weight="600" fill="{INK}">'
    words += f"{escape(box.title)}</text>"
    under = _words((x, box.middle + 15), box.under, DIM, "middle") if box.under else ""
    return (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="8" fill="{fill}" '
        f'stroke="{line}" stroke-width="1.5"/>{words}{under}'
    )


def _room(place: tuple[float, float, float, float], title: str, title_at: float) -> str:
    x, y, width, height = place
    frame = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10" fill="{ROOM}" stroke="#d7dee1"/>'
    return frame + _words((x + 14, y + title_at), title, DIM, "start")


def _label(x: float, y: float, words: str, colour: str) -> str:
    """Words on a line, which they interrupt."""
    return _words((x, y), words, colour, "middle", f'paint-order="stroke" stroke="{PAPER}" stroke-width="4" ')


def _words(at: tuple[float, float], words: str, colour: str, anchor: str, more: str = "") -> str:
    x, y = at
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="12" {more}fill="{colour}">{escape(words)}</text>'
    )


def _arrow(one: Box, other: Box) -> str:
    start, end = one.x + one.width, other.x - 2
    half = (start + end) / 2
    bend = f"C{half:g} {one.middle:g} {half:g} {other.middle:g}"
    return _path(f"M{start:g} {one.middle:g} {bend} {end:g} {other.middle:g}", STRONG)


def _path(path: str, colour: str, dashed: bool = False) -> str:
    head = next(name for name, known in HEADS.items() if known == colour)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dashes} marker-end="url(#{head})"/>'
