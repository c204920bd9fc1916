"""Every generated page by its name in docs/."""

from collections.abc import Callable

from rules.course import lifecycle
from tools.pages import policy, reasons, rules

PAGES: dict[str, Callable[[], str]] = {
    "lifecycle.md": lifecycle.page,
    "policy.md": policy.page,
    "reasons.md": reasons.page,
    "rules.md": rules.page,
}
