from django.urls import path

from ai import base_views, views

urlpatterns = [
    path("b/<int:base_id>/ai/", base_views.base_ai, name="base_ai"),
    path("b/<int:base_id>/ai/settings/", base_views.set_base_ai, name="set_base_ai"),
    path("b/<int:base_id>/ai/key/", base_views.set_base_key, name="set_base_key"),
    path("b/<int:base_id>/ai/key/remove/", base_views.remove_base_key, name="remove_base_key"),
    path("t/<int:table_id>/ai/", views.ai_runs, name="ai_runs"),
    path("t/<int:table_id>/ai/bars/", views.ai_bars, name="ai_bars"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/", views.ai_run, name="ai_run"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/bar/", views.ai_bar, name="ai_bar"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/pause/", views.pause_run, name="pause_run"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/resume/", views.resume_run, name="resume_run"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/cancel/", views.cancel_run, name="cancel_run"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/retry/", views.retry_run, name="retry_run"),
    path("t/<int:table_id>/ai/runs/<int:run_id>/undo/", views.undo_run, name="undo_run"),
]
