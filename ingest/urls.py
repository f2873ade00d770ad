from django.urls import path

from ingest import views

urlpatterns = [
    path("t/<int:table_id>/load/", views.load, name="load"),
    path("t/<int:table_id>/jobs/", views.table_jobs, name="table_jobs"),
    path("jobs/<int:job_id>/", views.job, name="job"),
    path("jobs/<int:job_id>/cancel/", views.cancel, name="cancel_job"),
    path("jobs/<int:job_id>/retry/", views.retry, name="retry_job"),
    path("jobs/<int:job_id>/undo/", views.undo, name="undo_load"),
    path("jobs/<int:job_id>/dismiss/", views.dismiss, name="dismiss_job"),
    path("b/<int:base_id>/import/", views.import_file, name="import_file"),
]
