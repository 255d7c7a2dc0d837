"""Addresses of rewards, and who may open them."""

from typing import Final

from django.urls import path

from careward.rewards import views

app_name = "rewards"
ROLES: Final = views.ROLES
urlpatterns = [path("rewards/", views.calculate, name="calculate")]
