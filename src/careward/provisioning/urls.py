"""Addresses of provisioning."""

from django.urls import path

from careward.provisioning import views

app_name = "provisioning"
urlpatterns = [
    path("provisioning/", views.queue, name="queue"),
    path("provisioning/<uuid:account_id>/", views.account, name="account"),
    path("account/secret/", views.secret, name="secret"),
]
