"""A copy of the rulebook with limits of the gateway that storms and benchmarks would otherwise meet."""

import re
import shutil
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
_WIDER: Final = {
    "max_connections": 700,
    "max_connections_per_account": 600,
    "files_per_account_and_day": 1_000_000,
    "bytes_per_account_and_day": 1 << 50,
}
_LARGEST: Final = 1 << 40


def wide_rules(folder: Path) -> Path:
    """Make the copy below ``folder`` and return its place, for ``CAREWARD_RULES``."""
    rules = folder / "rules"
    shutil.copytree(PROJECT / "rules", rules)
    policies = (rules / "policies.yaml").read_text(encoding="utf-8")
    for name, value in _WIDER.items():
        policies, times = re.subn(rf"(\b{name}: {{value: )\d+", rf"\g<1>{value}", policies)
        assert times == 1, name
    policies, times = re.subn(r"(delivery:\n  max_bytes:\n    value: )\d+", rf"\g<1>{_LARGEST}", policies)
    assert times == 1
    (rules / "policies.yaml").write_text(policies, encoding="utf-8")
    return rules
