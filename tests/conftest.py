"""For every room: Hypothesis looks for a counterexample without a stop-watch, because a busy machine is no mistake.

Tables are as wide as where nobody says how wide a terminal is: whoever runs the tests, side by side or not.
"""

import os

from hypothesis import settings

# A pipeline that fails must fail again when it is run again; at a desk, each run tries something new.
settings.register_profile("tillwatch", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tillwatch")

os.environ.pop("COLUMNS", None)
