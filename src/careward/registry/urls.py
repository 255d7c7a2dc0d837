"""Addresses of the registry."""

from django.urls import path

from careward.registry import views

app_name = "registry"

urlpatterns = [
    path("registry/", views.imports, name="imports"),
    path("registry/import/<slug:kind>/", views.import_table, name="import"),
]
