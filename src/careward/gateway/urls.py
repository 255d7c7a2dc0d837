"""Addresses of the gateway's pages."""

from django.urls import path

from careward.gateway import views

app_name = "gateway"
urlpatterns = [
    path("my/connection/", views.own, name="own"),
    path("connections/", views.connections, name="connections"),
    path("connections/<uuid:account_id>/", views.of_account, name="of_account"),
    path("connections/systems/<uuid:system_id>/", views.of_system, name="of_system"),
]
