"""Benchmarks as ratios: the platform's work beside plain work of the same kind, in one run, on one machine."""

import sys
from pathlib import Path

# The platform is started as the end-to-end test starts it.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
