"""Addresses of intake."""

from django.urls import path

from careward.intake import views

app_name = "intake"
urlpatterns = [
    path("my/", views.home, name="home"),
    path("my/deliveries/<str:ticket>/", views.receipt, name="receipt"),
    path("my/deliveries/<str:ticket>/confirm/", views.confirm, name="confirm"),
    path(
        "my/deliveries/<str:ticket>/receipt.json", views.receipt_file, {"form": "json"}, name="receipt_json"
    ),
    path("my/deliveries/<str:ticket>/receipt.txt", views.receipt_file, {"form": "txt"}, name="receipt_text"),
    path("specification/", views.specification, name="specification"),
    path("specification/sample/<str:dataset>.csv", views.sample, name="sample"),
]
