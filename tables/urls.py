from django.urls import path

from tables import column_views, views

urlpatterns = [
    path("trash/", views.trash, name="trash"),
    path("b/<int:base_id>/", views.base_page, name="base"),
    path("b/<int:base_id>/tables/new/", views.new_table, name="new_table"),
    path("t/<int:table_id>/settings/", views.edit_table, name="edit_table"),
    path("t/<int:table_id>/move/", views.shift_table, name="move_table"),
    path("t/<int:table_id>/delete/", views.delete_table, name="delete_table"),
    path("t/<int:table_id>/restore/", views.restore_table, name="restore_table"),
    path("t/<int:table_id>/columns/new/", column_views.new_column, name="new_column"),
    path("t/<int:table_id>/columns/<int:key>/", column_views.edit_column, name="edit_column"),
    path("t/<int:table_id>/columns/<int:key>/menu/", column_views.column_menu, name="column_menu"),
    path("t/<int:table_id>/columns/<int:key>/move/", column_views.move_column, name="move_column"),
    path("t/<int:table_id>/columns/<int:key>/delete/", column_views.delete_column, name="delete_column"),
    path("t/<int:table_id>/columns/<int:key>/restore/", column_views.restore_column, name="restore_column"),
    path("t/<int:table_id>/columns/<int:key>/width/", column_views.set_width, name="column_width"),
]
