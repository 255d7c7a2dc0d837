"""Addresses of a place's people and of delegations."""

from django.urls import path

from careward.members import views

app_name = "members"
urlpatterns = [
    path("my/places/", views.choose, name="choose"),
    path("my/people/", views.people, name="people"),
    path("my/people/<uuid:member_id>/", views.person, name="person"),
    path("my/delegations/", views.delegations, name="delegations"),
    path("my/delegations/<uuid:delegation_id>/end/", views.end, name="end"),
    path("my/clients/", views.clients, name="clients"),
    path("my/clients/<uuid:delegation_id>/end/", views.give_back, name="give_back"),
]
