"""Which files of a bundle go before which, and how it is said that a bundle is not taken apart."""

from careward.checking.findings import Finding, shown
from careward.checking.naming import recognise
from careward.checking.reading.bundles import Bundle, BundleRefused, Member
from careward.checking.unreadable import Unreadable
from careward.kernel.texts import text
from careward.rulebook.interchange import Dataset, Interchange
from careward.rulebook.interchange_across import CountsOther, InOther, WithinStay
from careward.rulebook.interchange_rules import Words


def in_order(bundle: Bundle, spec: Interchange) -> list[Member]:
    """The files of a bundle as they are to be checked.

    Raises :class:`BundleRefused` for two of one dataset and month: nobody can say which of them counts.
    """
    _refuse_two_of_a_month(bundle, spec)
    return sorted(bundle.members, key=lambda member: _turn(member.name, spec))


def _refuse_two_of_a_month(bundle: Bundle, spec: Interchange) -> None:
    seen: dict[tuple[str, str], str] = {}
    for member in bundle.members:
        try:
            said = recognise(member.name, spec=spec)
        except Unreadable:
            continue
        before = seen.setdefault((said.dataset.id, str(said.period)), member.name)
        if before != member.name:
            raise BundleRefused("two_of_a_month", member.name, other=shown(before))


def _turn(name: str, spec: Interchange) -> tuple[str, int, str]:
    try:
        said = recognise(name, spec=spec)
    except Unreadable:
        return "", 0, name
    return str(said.period), _depth(said.dataset, spec), name


def _depth(dataset: Dataset, spec: Interchange, above: frozenset[str] = frozenset()) -> int:
    """How many files stand one upon the other below this one: what it is compared with is checked before it."""
    below = _compared_with(dataset) - above - {dataset.id}
    return max((1 + _depth(spec.dataset(one), spec, above | {dataset.id}) for one in below), default=0)


def _compared_with(dataset: Dataset) -> frozenset[str]:
    others = (check.rule for check in dataset.checks)
    return frozenset(rule.dataset for rule in others if isinstance(rule, (InOther, WithinStay, CountsOther)))


def refusal(refused: BundleRefused, spec: Interchange) -> Finding:
    """Why a bundle was not taken apart, as a finding of the file as a whole."""
    parts = ("what", "expected", "why", "how")
    words = Words(**{part: text(f"checking:bundle_refused.{refused.problem}.{part}") for part in parts})
    changes = {
        "id": f"bundle.{refused.problem}",
        "family": "E2",
        "words": words,
        "facts": {"limit": "", "other": "", **{name: str(value) for name, value in refused.values.items()}},
    }
    like = spec.reading_check("not_text").model_copy(update=changes)
    return Finding(None, like, shown(refused.found))
