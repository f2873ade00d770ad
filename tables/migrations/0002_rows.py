"""The rows: one table of PostgreSQL, LIST-partitioned by table_id. Partitions are made by tables/partitions.py.

The parent has no index and no key: each partition brings its own (on id, and on position), a fraction of the
size, because inside a partition table_id is a constant.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tables", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE tables_row (
                table_id integer NOT NULL,
                id integer NOT NULL,
                position bigint NOT NULL,
                version bigint NOT NULL DEFAULT 0,
                created_at timestamptz NOT NULL DEFAULT now(),
                modified_at timestamptz NOT NULL DEFAULT now(),
                created_by integer,
                modified_by integer,
                data jsonb NOT NULL DEFAULT '{}'
            ) PARTITION BY LIST (table_id);
            """,
            "DROP TABLE tables_row;",
        )
    ]
