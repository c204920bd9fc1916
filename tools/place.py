"""What a program writes into a page of docs/ stands between two comments; the rest of the page is people's."""

from typing import NamedTuple


class Place(NamedTuple):
    begin: str
    end: str = "<!-- to here -->"

    def parted(self, page: str) -> tuple[str, str, str]:
        """What is before, between and after, the comments not among what is between. Raises ValueError without them."""
        before, begin, rest = page.partition(f"{self.begin}\n")
        body, end, after = rest.partition(self.end)
        if not begin or not end:
            raise ValueError(f"the page lacks its markers, {self.begin} and {self.end}")
        return before + begin, body, end + after

    def written(self, page: str, body: str) -> str:
        """`page` with `body` in this place; it ends its last line itself. Raises ValueError without the comments."""
        before, _, after = self.parted(page)
        return before + body + after
