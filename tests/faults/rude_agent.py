"""`tillwatch` with one more folder of kinds, whose probes misbehave."""

import sys
from pathlib import Path

from probes import kinds
from tillwatch.cli import main

kinds.__path__.append(str(Path(__file__).parent / "kinds"))
sys.exit(main())
