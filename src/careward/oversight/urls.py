"""Addresses of the overview."""

from django.urls import path

from careward.oversight import views

app_name = "oversight"
urlpatterns = [
    path("oversight/", views.overview, name="overview"),
    path("oversight/report/", views.report, name="report"),
    path("oversight/comparison/", views.comparison, name="comparison"),
    path("exports/", views.exports, name="exports"),
    path("oversight/notices/", views.notices, name="notices"),
    path("receipt/", views.receipt, name="receipt"),
    path("oversight/lists/<slug:name>/", views.listed, name="list"),
]
