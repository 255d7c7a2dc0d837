"""What ends when a mailbox passes on to another person, or sits nowhere any more (decision 0052).

The mailed code goes to whoever reads the mailbox now. A passkey and an open session stay with the device of whoever
held it before: they end.
"""

from allauth.usersessions.models import UserSession

from careward.accounts import passkeys
from careward.accounts.models import User


def end_ways_in(user: User) -> bool:
    """Let passkeys and open sessions of somebody of an institution or company end; whether there were any.

    Call it inside an act. Staff have accounts of their own, which never pass on: nothing of theirs ends.
    """
    if user.is_staff_member:
        return False
    keys, sessions = list(passkeys.of(user)), list(UserSession.objects.filter(user=user))
    for key in keys:
        key.delete()
    for session in sessions:
        session.end()
    return bool(keys or sessions)
