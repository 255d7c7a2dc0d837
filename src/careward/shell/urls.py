"""Addresses of the shell itself."""

from django.urls import path

from careward.shell import views

app_name = "shell"
urlpatterns = [path("style/", views.style, name="style")]
