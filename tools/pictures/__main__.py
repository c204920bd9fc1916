"""python -m tools.pictures [NAME...]: takes the docs' pictures again, all of them or those of one kind.

screens: the console with a bad morning in it; terminal: the demo as it is told; diagrams: drawn from tables.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tools.pictures import diagrams, terminal

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
MOST_BYTES = 200_000  # of one picture
KINDS = ("diagrams", "terminal", "screens")
_began = time.monotonic()


def main(names: list[str]) -> int:
    if unknown := set(names) - set(KINDS):
        sys.stderr.write(f"there are no pictures {', '.join(sorted(unknown))}; there are: {', '.join(KINDS)}\n")
        return 2
    FOLDER.mkdir(exist_ok=True)
    made: list[Path] = []
    for kind in names or KINDS:
        made += MAKERS[kind]()
    for path in made:
        _say(f"{path.name}  {path.stat().st_size / 1000:.0f} kB")
    large = [path.name for path in made if path.stat().st_size > MOST_BYTES]
    if large:
        sys.stderr.write(f"larger than {MOST_BYTES} bytes: {', '.join(large)}\n")
    return 1 if large else 0


def _diagrams() -> list[Path]:
    return [_written(f"{name}.svg", svg) for name, svg in diagrams.drawn().items()]


def _terminal() -> list[Path]:
    _say("playing the demo once, in a terminal")
    return [_written("demo.svg", terminal.drawn(terminal.told()))]


def _screens() -> list[Path]:
    from tools.pictures import morning, screens  # noqa: PLC0415 - diagrams need neither browser nor collector

    async def take() -> list[Path]:
        with tempfile.TemporaryDirectory(prefix="tillwatch-pictures-") as folder:
            async with morning.broken(Path(folder), _say) as chain:
                return await screens.taken(chain, FOLDER)

    return asyncio.run(take())


MAKERS = {"diagrams": _diagrams, "terminal": _terminal, "screens": _screens}


def _written(name: str, text: str) -> Path:
    path = FOLDER / name
    path.write_text(text)
    return path


def _say(text: str) -> None:
    print(f"[{time.monotonic() - _began:3.0f} s] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
