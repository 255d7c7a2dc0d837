"""Addresses of excerpts."""

from django.urls import path

from careward.excerpts import views

app_name = "excerpts"
urlpatterns = [
    path("my/deliveries/<str:ticket>/share/", views.share, name="share"),
    path("my/shared/", views.shared, name="shared"),
    path("my/shared/<uuid:excerpt_id>/revoke/", views.revoke, name="revoke"),
    path("shared/", views.excerpt, name="excerpt"),
    path("shared/excerpt.csv", views.excerpt_file, name="excerpt_file"),
]
