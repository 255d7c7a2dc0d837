"""Addresses of operations; the demo's pages exist in demo mode only."""

from django.urls import path

from careward.ops import views

app_name = "ops"
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("demo/", views.demo, name="demo"),
    path("demo/clock/", views.move_clock, name="move_clock"),
    path("demo/mailbox/", views.mailbox, name="mailbox"),
    path("demo/mailbox/<str:mail_id>/", views.letter, name="letter"),
]
