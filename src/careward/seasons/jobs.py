"""Writing the letters about a moved moment, apart from the act: there may be one to every institution."""

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from careward.journal import Actor, acting
from careward.kernel import clock
from careward.seasons.models import MomentMove
from careward.seasons.signals import moment_announced


@app.task(queue="letters", retry=RetryStrategy(max_attempts=6, exponential_wait=5), name="seasons.announce")
def announce(move_id: str, *, ended: bool) -> None:
    """Post every letter about a move, or about its end, in one transaction; a second run posts none."""
    from careward.seasons.announcing import News, tell_staff

    with transaction.atomic(), acting(Actor.system("worker"), "moment_move.announce"):
        row = MomentMove.objects.select_for_update().get(pk=move_id)
        noted = "end_announced_at" if ended else "announced_at"
        if getattr(row, noted) is not None:
            return
        news = News.of(row, taken_back=ended)
        tell_staff(news)
        moment_announced.send(MomentMove, news=news)
        setattr(row, noted, clock.now())
        row.save(update_fields=[noted])
