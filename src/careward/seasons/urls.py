"""Addresses of the season's pages."""

from django.urls import path

from careward.seasons import views

app_name = "seasons"
urlpatterns = [
    path("season.ics", views.calendar, name="calendar"),
    path("season-<str:county>.ics", views.calendar, name="calendar_of"),
    path("staff/moments/", views.moments, name="moments"),
    path("staff/moments/<uuid:move_id>/take-back/", views.take_back, name="take_back"),
]
