"""Pages of docs/ that are written from the code: `python -m tools.pages` writes them anew, a test holds them to it."""
