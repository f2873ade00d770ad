from django.db import migrations, models
from django.db.models import deletion


class Migration(migrations.Migration):
    dependencies = [("tables", "0010_pastedrows")]

    operations = [
        migrations.AlterField(
            model_name="rowchange",
            name="table",
            field=models.ForeignKey(
                db_constraint=False, on_delete=deletion.CASCADE, related_name="+", to="tables.table"
            ),
        ),
    ]
