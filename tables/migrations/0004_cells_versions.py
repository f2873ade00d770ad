from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0003_fold")]

    operations = [
        migrations.AddField("table", "cells_versions", models.JSONField(default=dict)),
        # Every write of a cell joins its columns' versions to it (see tables/writes.py).
        migrations.RunSQL(
            "ALTER TABLE tables_table ALTER COLUMN cells_versions SET DEFAULT '{}'",
            "ALTER TABLE tables_table ALTER COLUMN cells_versions DROP DEFAULT",
        ),
    ]
