"""One file a command: NAME, HELP, `arguments(parser)`, `run(options) -> int`. tillwatch/cli.py finds it by its name."""
