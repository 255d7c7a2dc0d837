"""The sealed field on a real table of a real server, through Django's model layer in its own process."""

import subprocess
import sys
from pathlib import Path

from support.store_processes import SOURCE, stopped
from support.waiting import until

PROGRAM = """
import os, sys
import django
from django.conf import settings
from careward.store.database import database_settings
from careward.store.embedded import start
from careward.store.folders import default_home

settings.configure(DATABASES={"default": database_settings(os.environ)}, USE_TZ=True)
django.setup()

import psycopg
from django.core.exceptions import FieldError
from django.db import connection, migrations, models
from django.db.migrations.writer import MigrationWriter
from django.db.models import F
from careward.store.fields import SealedTextField
from careward.store.sealing import StoredBroken


class Person(models.Model):
    id = models.AutoField(primary_key=True)
    identifier = SealedTextField(null=True)
    note = models.TextField(default="")

    class Meta:
        app_label = "people"


with connection.schema_editor() as editor:
    editor.create_model(Person)


def raw():
    with connection.cursor() as cursor:
        cursor.execute("SELECT identifier FROM people_person ORDER BY id")
        return [value for (value,) in cursor.fetchall()]


def refused(error, act):
    try:
        act()
    except error:
        return
    raise AssertionError(f"{act} was not refused with {error}")


one = Person.objects.create(identifier="A123456789")
Person.objects.bulk_create([Person(identifier="王小明"), Person(identifier=None), Person(identifier="")])
people = Person.objects.order_by("id")
assert [person.identifier for person in people] == ["A123456789", "王小明", None, ""]
assert list(people.values_list("identifier", flat=True)) == ["A123456789", "王小明", None, ""]
assert all(value is None or value.startswith("v1:") for value in raw()), raw()
assert "A123456789" not in str(raw()) and "王小明" not in str(raw())

# Null is the only thing that can be asked for.
assert Person.objects.filter(identifier__isnull=True).count() == 1
for lookup in ("exact", "in", "contains", "startswith", "iexact", "gt", "regex", "length", "lower"):
    value = ["A123456789"] if lookup == "in" else "A123456789"
    refused(FieldError, lambda: list(Person.objects.filter(**{f"identifier__{lookup}": value})))
refused(FieldError, lambda: Person.objects.filter(identifier="A123456789"))
refused(FieldError, lambda: Person.objects.get(identifier="A123456789"))

# Saved unchanged it stays as it lies, so that no history shows a change; changed it is sealed anew.
before = raw()
again = Person.objects.get(pk=one.pk)
again.note = "seen"
again.save()
assert raw() == before
again.identifier = "B123456780"
again.save()
assert raw()[0] != before[0] and Person.objects.get(pk=one.pk).identifier == "B123456780"
Person.objects.filter(pk=one.pk).update(identifier="C123456780")
assert Person.objects.get(pk=one.pk).identifier == "C123456780"
moved = Person.objects.order_by("id")[1]
moved.identifier = moved.identifier + "!"
Person.objects.bulk_update([moved], ["identifier"])
assert Person.objects.get(pk=moved.pk).identifier == "王小明!"

# A stored text that was changed is never taken for what it was.
with connection.cursor() as cursor:
    cursor.execute("UPDATE people_person SET identifier = 'A123456789' WHERE id = %s", [one.pk])
refused(StoredBroken, lambda: Person.objects.get(pk=one.pk))

# Migrations name the field, and a field that would compare sealed texts is refused by the system check.
field = Person._meta.get_field("identifier")
assert field.deconstruct()[1:] == ("careward.store.fields.SealedTextField", [], {"null": True})
assert "careward.store.fields.SealedTextField(null=True)" in MigrationWriter.serialize(field)[0]
assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]
assert [error.id for error in field.check()] == []
for options in ({"unique": True}, {"db_index": True}):
    wrong = SealedTextField(**options)
    wrong.set_attributes_from_name("wrong")
    wrong.model = Person
    assert "store.E001" in [error.id for error in wrong.check()]
connection.close()
print("all held")
"""


def test_a_sealed_field_is_plain_to_python_and_closed_to_the_database(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAM],
        env={"CAREWARD_HOME": str(home), "CAREWARD_DB_ROLE": "owner", "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.stdout.strip() == "all held", done.stderr
    until(lambda: stopped(home), 30)  # by then every page and every log line is on disk
    files = [file.read_bytes() for file in (home / "database").rglob("*") if file.is_file()]
    assert any(b"people_person" in content for content in files)
    for plain in ("B123456780", "C123456780", "王小明"):
        assert not any(plain.encode() in content for content in files)
