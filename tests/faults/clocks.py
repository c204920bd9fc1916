"""A process whose wall clock a file sets, through clock.c; its monotonic clock stays true."""

import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class FalseClock:
    """`ahead` seconds may be set at any time, and are at once in force in every process that wears it. Needs gcc."""

    def __init__(self, folder: Path) -> None:
        self._library, self._file = folder / "clock.so", folder / "ahead"
        self._file.write_bytes(bytes(8))
        compiled = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(self._library), str(SOURCE)]
        subprocess.run(compiled, check=True, timeout=60)

    def worn(self, command: list[str]) -> list[str]:
        """The same command with this clock; it keeps its pid."""
        return ["env", f"LD_PRELOAD={self._library}", f"CLOCK_AHEAD={self._file}", *command]

    def set(self, ahead: int) -> None:
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", ahead))
