from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tables", "0008_kinds_then")]

    operations = [
        migrations.AddField("bulk", "misfits", models.BigIntegerField(default=0)),
        migrations.AddField("bulk", "problems", models.JSONField(default=list)),
    ]
