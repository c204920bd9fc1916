"""python -m tools.pages: writes the generated pages of docs/ anew."""

from pathlib import Path

from tools.pages.all import PAGES

DOCS = Path(__file__).parents[2] / "docs"


def main() -> None:
    for name, page in PAGES.items():
        (DOCS / name).write_text(page())
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
