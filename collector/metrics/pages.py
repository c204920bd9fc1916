"""How a part of the chain that would be too much for one scrape is cut into pages. Pure.

An id's page depends on its hash and on how many pages there are, so a series stays on its page while a chain grows, and
all of them move at once only when their number doubles. That it was computed for `pages` stands in the address, which
Prometheus may go on using for a minute after the number has changed.
"""

import zlib
from collections.abc import Mapping

from contract.ids import PARTS

MOST_SAMPLES = 100_000  # that one scrape may hold
AIM = 80_000  # below it, because an agent may gain checks between two looks at the list
MOST_PAGES = 1_024


def page_of(id_: str, pages: int) -> int:
    """Which of `pages` the id is on: other bits of the hash than those that chose its part."""
    return zlib.crc32(id_.encode()) // PARTS % pages


def pages_for(samples: Mapping[str, int]) -> int:
    """Into how many pages (1, 2, 4 …) ids with so many samples each have to be cut."""
    pages = 1
    while pages < MOST_PAGES and _heaviest(samples, pages) > AIM:
        pages *= 2
    return pages


def _heaviest(samples: Mapping[str, int], pages: int) -> int:
    held = [0] * pages
    for id_, count in samples.items():
        held[page_of(id_, pages)] += count
    return max(held)
