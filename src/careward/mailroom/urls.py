"""Addresses of the mailroom."""

from django.urls import path

from careward.mailroom import views

app_name = "mailroom"
urlpatterns = [
    path("staff/letters/", views.letters, name="letters"),
    path("staff/letters/<uuid:letter_id>/send-again/", views.send_again, name="send_again"),
    path("staff/letters/kinds/", views.kinds, name="kinds"),
    path("staff/letters/kinds/<slug:kind>/", views.kind, name="kind"),
    path("staff/letters/kinds/<slug:kind>/html/", views.kind_html, name="kind_html"),
    path("mail/told/", views.told, name="told"),
]
