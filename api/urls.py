from django.urls import path, re_path

from api import ai, ai_runs, bases, pages, rows, tables
from api.nowhere import nowhere

urlpatterns = [
    path("account/tokens/", pages.tokens_page, name="api_tokens"),
    path("account/tokens/<int:token_id>/remove/", pages.remove_token, name="remove_api_token"),
    path("api/v1/", bases.root, name="api_root"),
    path("api/v1/bases/", bases.bases, name="api_bases"),
    path("api/v1/bases/<int:base_id>/", bases.base, name="api_base"),
    path("api/v1/tables/<int:table_id>/", tables.table, name="api_table"),
    path("api/v1/tables/<int:table_id>/rows/", rows.rows, name="api_rows"),
    path("api/v1/tables/<int:table_id>/rows/<int:row_id>/", rows.row, name="api_row"),
    path("api/v1/tables/<int:table_id>/columns/<int:key>/ai/estimate/", ai.estimate, name="api_ai_estimate"),
    path("api/v1/tables/<int:table_id>/columns/<int:key>/ai/run/", ai.run_column, name="api_ai_begin"),
    path("api/v1/tables/<int:table_id>/ai/runs/", ai_runs.listed, name="api_ai_runs"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/", ai_runs.one, name="api_ai_run"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/errors/", ai_runs.errors, name="api_ai_errors"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/pause/", ai_runs.pause, name="api_ai_pause"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/resume/", ai_runs.resume, name="api_ai_resume"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/cancel/", ai_runs.cancel, name="api_ai_cancel"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/retry/", ai_runs.retry, name="api_ai_retry"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/undo/", ai_runs.undo, name="api_ai_undo"),
    re_path(r"^api(/[\s\S]*)?$", nowhere, name="api_nowhere"),
]
