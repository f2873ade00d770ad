from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0005_auto_budget")]

    operations = [
        migrations.AddField("run", "fruitless", models.PositiveSmallIntegerField(default=0)),
    ]
