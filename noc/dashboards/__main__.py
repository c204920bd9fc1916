"""`python -m noc.dashboards` writes every dashboard to noc/grafana/dashboards/."""

from pathlib import Path

from noc.dashboards.chain import CHAIN
from noc.dashboards.page import Page, text
from noc.dashboards.store import STORE

FOLDER = Path(__file__).resolve().parents[1] / "grafana" / "dashboards"
PAGES: dict[str, Page] = {"chain.json": CHAIN, "store.json": STORE}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(text(page), encoding="utf-8")


if __name__ == "__main__":
    main()
