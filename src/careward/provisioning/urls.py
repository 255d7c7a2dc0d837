"""Addresses of provisioning."""

from django.urls import path

from careward.provisioning import key_views, system_views, views

app_name = "provisioning"
urlpatterns = [
    path("provisioning/", views.queue, name="queue"),
    path("provisioning/create/", views.create_chosen, name="create_chosen"),
    path("provisioning/list.<str:kind>", views.worklist, name="worklist"),
    path("provisioning/results/", views.import_results, name="import_results"),
    path("provisioning/indicator/", views.import_indicator, name="import_indicator"),
    path("account/<uuid:account_id>/keys/", key_views.keys, name="keys"),
    path("provisioning/system/<slug:mode>/", system_views.system, name="system"),
    path("provisioning/<uuid:account_id>/", views.account, name="account"),
    path("account/secret/", views.secret, name="secret"),
]
