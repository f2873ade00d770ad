"""`rowan_cell`: what a cell holds, as text, by its table, row and column (see tables/query/projected.py)."""

from django.db import migrations

# A function, as PostgreSQL runs no subquery of a row in parallel workers. STABLE: it sees what the statement sees that calls it.
CREATE = """
    CREATE FUNCTION rowan_cell(of_table int, of_row int, of_column text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE AS $body$
    BEGIN
        RETURN (SELECT data ->> of_column FROM tables_row WHERE table_id = of_table AND id = of_row);
    END
    $body$
"""


class Migration(migrations.Migration):
    dependencies = [("tables", "0011_rowchange_unchecked")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION rowan_cell(int, int, text)")]
