"""When accounts were stopped before stops were kept, told from their history."""

from datetime import datetime

from django.db import migrations

from careward.journal import Actor, acting


def _at(event):
    """When it happened by the platform's clock, which stands in the context; else by the database's."""
    told = (event.pgh_context or {}).get("at")
    return datetime.fromisoformat(told) if told else event.pgh_created_at


def _told_again(stops, events, field, stopped):
    """Walk through the history of all accounts of one table; a stop begins and ends where the state says so."""
    open_ = {}
    for event in events.objects.order_by("pgh_id").iterator():
        stop = open_.get(event.pgh_obj_id)
        if event.state in stopped and stop is None:
            open_[event.pgh_obj_id] = stops.objects.create(
                **{field: event.pgh_obj_id}, begins=_at(event), reason=event.suspended_reason
            )
        elif event.state not in stopped and event.state != "closed" and stop is not None:
            stop.ends = max(_at(event), stop.begins)
            stop.save()
            del open_[event.pgh_obj_id]


def _until_the_next(stops, systems):
    """What the closing of a system's account stopped goes on with the next one of its mode."""
    for stop in stops.objects.filter(ends=None, system__state="closed").select_related("system"):
        later = systems.objects.filter(mode=stop.system.mode, opened_at__gt=stop.begins).order_by("opened_at")
        following = later.first()
        if following is not None:
            stop.ends = following.opened_at
            stop.save()


def tell_stops(apps, schema_editor):
    stops = apps.get_model("provisioning", "UploadStop")
    with acting(Actor.system("migration"), "account.stops"):
        _told_again(stops, apps.get_model("provisioning", "UploadAccountEvent"), "account_id", ("suspended",))
        _told_again(stops, apps.get_model("provisioning", "SystemAccountEvent"), "system_id", ("suspended", "closed"))
        _until_the_next(stops, apps.get_model("provisioning", "SystemAccount"))


class Migration(migrations.Migration):

    dependencies = [("provisioning", "0008_stops")]

    operations = [migrations.RunPython(tell_stops, migrations.RunPython.noop)]
