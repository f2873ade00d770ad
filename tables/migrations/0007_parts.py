from django.db import migrations

# One action on many rows is one entry of the activity: its first change. The others say that they are parts of it.
MARK = """
    UPDATE tables_change c SET detail = c.detail || '{"part": true}'
    FROM tables_bulk b
    WHERE c.table_id = b.table_id AND c.detail -> 'bulk' = to_jsonb(b.id) AND c.version > (b.versions ->> 0)::bigint
"""


class Migration(migrations.Migration):
    dependencies = [("tables", "0006_bulk")]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]
