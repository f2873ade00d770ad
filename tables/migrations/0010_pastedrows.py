import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0009_bulk_problems")]

    operations = [
        migrations.CreateModel(
            name="PastedRows",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.PositiveIntegerField()),
                ("written", models.BinaryField()),
                (
                    "bulk",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pasted", to="tables.bulk"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("bulk", "first"), name="one_piece_per_place")],
            },
        ),
    ]
