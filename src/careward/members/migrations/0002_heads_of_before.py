"""Who could sign in for an institution before there were seats is its head."""

from django.db import migrations

from careward.journal import Actor, acting


def seat_them(apps, schema_editor):
    """One head each; of several mailboxes of one institution the oldest, as the account was made for it."""
    users = apps.get_model("accounts", "User")
    institutions = apps.get_model("registry", "Institution")
    members = apps.get_model("members", "Member")
    with acting(Actor.system("migration"), "member.install"):
        for user in users.objects.filter(role="institution", is_active=True).exclude(first_institution="").order_by("opened_at"):
            there = institutions.objects.filter(code=user.first_institution).first()
            if there is None:
                continue
            headed = members.objects.filter(institution=there, position="head").exists()
            position = "clerk" if headed else "head"
            members.objects.create(state="active", user=user, institution=there, position=position, name=user.name)


class Migration(migrations.Migration):

    dependencies = [
        ("members", "0001_initial"),
        ("accounts", "0006_where_somebody_sits"),
    ]

    operations = [migrations.RunPython(seat_them, migrations.RunPython.noop)]
