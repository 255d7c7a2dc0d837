"""What the gateway leaves to the worker."""

from procrastinate.contrib.django import app

from careward.gateway import strangers


@app.periodic(cron="41 * * * *")
@app.task(
    queue="tidying", queueing_lock="gateway.tidy_strangers", pass_context=False, name="gateway.tidy_strangers"
)
def tidy_strangers(timestamp: int) -> None:
    """Once an hour: collapse and purge what strangers tried."""
    strangers.tidy()
