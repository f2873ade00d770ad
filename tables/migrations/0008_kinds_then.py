from django.db import migrations

# The changes in which a column got another kind, or was deleted: few among millions (see tables/conversion/past.py).
INDEX = """
    CREATE INDEX changes_of_kinds ON tables_change (table_id, version) WHERE detail @? '$.columns[*].before.kind'
"""


class Migration(migrations.Migration):
    dependencies = [("tables", "0007_parts")]

    operations = [migrations.RunSQL(INDEX, "DROP INDEX changes_of_kinds")]
