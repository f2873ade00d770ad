from django.urls import path

from tables import bulk_views, column_views, history_views, kind_views, views

urlpatterns = [
    path("b/<int:base_id>/", views.base_page, name="base"),
    path("b/<int:base_id>/tables/new/", views.new_table, name="new_table"),
    path("t/<int:table_id>/settings/", views.edit_table, name="edit_table"),
    path("t/<int:table_id>/move/", views.shift_table, name="move_table"),
    path("t/<int:table_id>/delete/", views.delete_table, name="delete_table"),
    path("t/<int:table_id>/restore/", views.restore_table, name="restore_table"),
    path("t/<int:table_id>/activity/", history_views.activity, name="activity"),
    path("t/<int:table_id>/rows/<int:row_id>/history/", history_views.row_history, name="row_history"),
    path("t/<int:table_id>/bulk/", bulk_views.table_bulks, name="table_bulks"),
    path("t/<int:table_id>/bulk/<int:bulk_id>/", bulk_views.bulk_bar, name="bulk_bar"),
    path("t/<int:table_id>/bulk/<int:bulk_id>/problems/", bulk_views.bulk_problems, name="bulk_problems"),
    path("t/<int:table_id>/bulk/<int:bulk_id>/cancel/", bulk_views.cancel_bulk, name="cancel_bulk"),
    path("t/<int:table_id>/bulk/<int:bulk_id>/dismiss/", bulk_views.dismiss_bulk, name="dismiss_bulk"),
    path("t/<int:table_id>/columns/new/", column_views.new_column, name="new_column"),
    path("t/<int:table_id>/columns/<int:key>/", column_views.edit_column, name="edit_column"),
    path("t/<int:table_id>/columns/<int:key>/kind/", kind_views.change_kind, name="change_kind"),
    path("t/<int:table_id>/columns/<int:key>/kind/preview/", kind_views.kind_preview, name="kind_preview"),
    path("t/<int:table_id>/columns/<int:key>/delete/", column_views.delete_column, name="delete_column"),
    path("t/<int:table_id>/columns/<int:key>/restore/", column_views.restore_column, name="restore_column"),
    path("t/<int:table_id>/columns/<int:key>/width/", column_views.set_width, name="column_width"),
]
