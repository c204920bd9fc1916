"""`tillwatch maintenance add|list|end`: what fails in it is seen and not ticketed."""

import argparse

from tillwatch import window_commands
from tillwatch.window_commands import run

__all__ = ["HELP", "NAME", "arguments", "run"]
NAME = "maintenance"
HELP = "windows in which failures are expected: add, list, end"


def arguments(parser: argparse.ArgumentParser) -> None:
    window_commands.arguments(parser, "maintenance", "maintenance window")
