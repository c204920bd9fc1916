"""One file a command: NAME, HELP, `arguments(parser)` and `run(options) -> int`. tillwatch/cli.py finds them by file name."""
