from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0004_reservations")]

    operations = [
        migrations.AddField("run", "fruitless", models.PositiveSmallIntegerField(default=0)),
    ]
