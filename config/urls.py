from django.contrib import admin
from django.urls import include, path

from config.metrics import metrics

urlpatterns = [
    path("", include("bases.urls")),
    path("", include("tables.urls")),
    path("", include("views_app.urls")),
    path("", include("ingest.urls")),
    path("", include("ai.urls")),
    path("", include("api.urls")),
    path("metrics/", metrics, name="metrics"),
    path("admin/", admin.site.urls),
]
