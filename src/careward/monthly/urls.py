"""Addresses of the month board."""

from django.urls import path

from careward.monthly import views

app_name = "monthly"
urlpatterns = [
    path("institution/months/", views.own, name="own"),
    path("months/", views.board, name="board"),
    path("months/year/", views.year, name="year"),
    path("months/institution/<str:code>/", views.of_institution, name="of_institution"),
]
