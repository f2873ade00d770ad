"""The functions by which texts are compared (see tables/fold.py)."""

from django.db import migrations

from tables.fold import statements


def create(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, array_agg(DISTINCT collname::text) FROM pg_collation")
        version, collations = cursor.fetchone()
        for statement in statements(version, set(collations)):
            cursor.execute(statement)


def drop(apps, schema_editor):
    schema_editor.execute("DROP FUNCTION rowan_plain(text); DROP FUNCTION rowan_plain_other(text); DROP FUNCTION rowan_fold(text)")


class Migration(migrations.Migration):
    dependencies = [("tables", "0002_rows")]

    operations = [migrations.RunPython(create, drop)]
