from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ai", "0006_fruitless")]

    operations = [
        migrations.CreateModel(
            name="ServerModels",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_mark", models.CharField(max_length=64)),
                ("known", models.JSONField(default=list)),
                ("known_at", models.DateTimeField(null=True)),
                ("asked_at", models.DateTimeField()),
            ],
        ),
    ]
