"""Addresses of looking in full and of destruction."""

from django.urls import path

from careward.custody import views

app_name = "custody"
urlpatterns = [
    path("my/deliveries/<str:ticket>/look/", views.look, name="look"),
    path("custody/", views.keeping, name="keeping"),
    path("custody/looks/", views.looks, name="looks"),
    path("custody/<uuid:disposal_id>/", views.certificate, name="certificate"),
]
