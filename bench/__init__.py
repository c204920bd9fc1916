"""Measurements. Each module is a program: `python -m bench.ingest`. All of them: `./run bench`."""
