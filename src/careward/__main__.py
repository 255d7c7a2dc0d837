"""``python -m careward``."""

from careward.cli import main

main()
