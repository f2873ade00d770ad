from django.urls import path

from views_app import views

urlpatterns = [
    path("t/<int:table_id>/", views.grid, name="grid"),
    path("t/<int:table_id>/window/", views.window, name="window"),
    path("t/<int:table_id>/cell/", views.cell, name="cell"),
    path("t/<int:table_id>/find/", views.find, name="find"),
    path("t/<int:table_id>/changes/", views.changes, name="changes"),
    path("t/<int:table_id>/undo/", views.undo, name="undo"),
    path("t/<int:table_id>/rows/", views.add_row, name="add_row"),
    path("t/<int:table_id>/rows/delete/", views.delete_rows, name="delete_rows"),
    path("t/<int:table_id>/rows/<int:row_id>/", views.row_page, name="row"),
]
