"""Addresses of the directory of system vendors."""

from django.urls import path

from careward.vendors import views

app_name = "vendors"

urlpatterns = [
    path("vendors/enter/", views.enter, name="enter"),
    path("vendors/entered/", views.entered, name="entered"),
    path("vendors/link/", views.link, name="link"),
    path("vendors/link/sent/", views.link_sent, name="link_sent"),
    path("vendors/mine/", views.mine, name="mine"),
    path("vendors/mine/change/", views.change, name="change"),
    path("vendors/", views.directory, name="directory"),
    path("vendors/<uuid:vendor_id>/close/", views.close, name="close"),
]
