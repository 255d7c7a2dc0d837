"""What happens to a letter: posted, taken by the mail server or not, bounced, sent again."""

from careward.correspondence.models import Letter
from careward.flow import Refusal, Step, act, guard
from careward.kernel import clock

ATTEMPTS = 12
"""How often a letter is tried, each time after three times as long: about six days in all [decided]."""

FIRST, LAST = 10, -10
"""Of letters' jobs, other jobs being 0: at the month's end thousands of checks wait, and a mailed link does not
[decided]."""


@act("letter", "post")
def post(step: Step[Letter], *, waits: bool = False) -> None:
    """Lay a composed letter into the outbox with its job: ``subject`` is unsaved.

    It goes before all other jobs, or after them: see :attr:`careward.correspondence.LetterKind.waits`.
    """
    from careward.correspondence.jobs import send

    step.subject.created_at = clock.now()
    send.configure(priority=LAST if waits else FIRST).defer(letter_id=str(step.subject.pk))


@act("letter", "hand_over")
def hand_over(step: Step[Letter]) -> None:
    """The mail server took it."""
    step.subject.attempts += 1
    step.subject.sent_at = step.at
    step.subject.last_error = ""


@guard("letter", "attempts_left")
def attempts_left(step: Step[Letter]) -> Refusal | None:
    """It will be tried again by itself."""
    return None if step.subject.attempts + 1 < ATTEMPTS else Refusal("given_up")


@act("letter", "miss")
def miss(step: Step[Letter], *, error: str) -> None:
    """The mail server refused it or was away; ``error`` names the fault, without an address in it."""
    step.subject.attempts += 1
    step.subject.last_error = error


@act("letter", "bounce")
def bounce(step: Step[Letter], *, code: str) -> None:
    """The mailbox's server sent it back; ``code`` is the status of RFC 3463 (``5.1.1``), "" when it gave none."""
    step.subject.bounced_at = step.at
    step.subject.bounce_code = code


@act("letter", "send_again")
def send_again(step: Step[Letter]) -> None:
    """Try once more from the beginning, to the same mailboxes."""
    from careward.correspondence.jobs import send

    letter = step.subject
    letter.rounds += 1
    letter.attempts = 0
    letter.sent_at = letter.bounced_at = None
    letter.last_error = letter.bounce_code = ""
    send.configure(priority=FIRST).defer(letter_id=str(letter.pk))
