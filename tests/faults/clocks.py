"""A process whose wall clock is set by a file, through libfaketime; its monotonic clock stays true."""

from pathlib import Path

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


def faked(command: list[str], file: Path) -> list[str]:
    """The same command; it keeps its pid. Raises FileNotFoundError naming the package that is missing."""
    if not LIBRARIES:
        raise FileNotFoundError("libfaketime is not installed: apt-get install faketime")
    step(file, 0)
    settings = [f"LD_PRELOAD={LIBRARIES[0]}", f"FAKETIME_TIMESTAMP_FILE={file}"]
    return ["env", *settings, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", *command]


def step(file: Path, seconds: float) -> None:
    """From now on the wall clock is so many seconds ahead of the true one. Whole at once: it is read at any time."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{seconds:+.0f}")
    fresh.replace(file)
