from django.urls import path, re_path

from api import ai, bases, pages, rows, tables
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
    path("api/v1/tables/<int:table_id>/ai/runs/", ai.ai_runs, name="api_ai_runs"),
    path("api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/", ai.ai_run, name="api_ai_run"),
    *(
        path(
            f"api/v1/tables/<int:table_id>/ai/runs/<int:run_id>/{doing}/", ai.change_run, {"doing": doing}, name=f"api_ai_{doing}"
        )
        for doing in ai.DOINGS
    ),
    re_path(r"^api(/.*)?$", nowhere, name="api_nowhere"),
]
