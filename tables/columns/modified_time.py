"""Modified time: when the row was last written. Read from the row, never written."""

from tables.columns.created_time import CreatedTime


class ModifiedTime(CreatedTime):
    key = "modified_time"
    label = "Modified time"
    icon = "kind-modified-time"
    row_field = "modified_at"
