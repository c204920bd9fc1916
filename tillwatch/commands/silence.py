"""`tillwatch silence add|list|end`: no tickets and pages for a while, because a person says so."""

import argparse

from tillwatch import window_commands
from tillwatch.window_commands import run

__all__ = ["HELP", "NAME", "arguments", "run"]
NAME = "silence"
HELP = "quiet for a while, by hand: add, list, end"


def arguments(parser: argparse.ArgumentParser) -> None:
    window_commands.arguments(parser, "silences", "silence")
