"""Addresses of rechecks."""

from django.urls import path

from careward.rechecking import views

app_name = "rechecking"
urlpatterns = [
    path("rechecks/", views.rechecks, name="rechecks"),
    path("rechecks/<uuid:recheck_id>/", views.recheck, name="recheck"),
]
