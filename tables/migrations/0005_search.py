"""What search needs of PostgreSQL (see tables/fold.py, tables/shown.py), and the record of learned indexes."""

from contextlib import suppress

from django.db import DatabaseError, migrations, models, transaction

from tables import shown
from tables.fold import document_statement


def create(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, array_agg(DISTINCT collname::text) FROM pg_collation")
        version, collations = cursor.fetchone()
        cursor.execute(document_statement(version, set(collations)))
        for statement in shown.STATEMENTS:
            cursor.execute(statement)
        # Without permission, or on a server without it, search works by reading all rows.
        with suppress(DatabaseError), transaction.atomic(using=schema_editor.connection.alias):
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")


def drop(apps, schema_editor):
    # The extension stays: it may have been there before, and the indexes of tables are made of it.
    schema_editor.execute(
        "DROP FUNCTION rowan_number(numeric, int, boolean); DROP FUNCTION rowan_power(numeric);"
        " DROP FUNCTION rowan_document(jsonb) CASCADE"
    )


class Migration(migrations.Migration):
    dependencies = [("tables", "0004_cells_versions")]

    operations = [
        migrations.RunPython(create, drop),
        migrations.CreateModel(
            name="Index",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("column", models.PositiveIntegerField()),
                ("descending", models.BooleanField(default=False)),
                ("last_used", models.DateTimeField()),
                ("failed_at", models.DateTimeField(null=True)),
                (
                    "table",
                    models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="indexes", to="tables.table"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("table", "column", "descending"), name="one_index_per_order")],
            },
        ),
    ]
