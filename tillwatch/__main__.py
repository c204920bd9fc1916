"""`python -m tillwatch` is the `tillwatch` command."""

import sys

from tillwatch.cli import main

sys.exit(main())
