"""Addresses of intake."""

from django.urls import path

from careward.intake import confirm_views, precheck_views, specification_views, views

app_name = "intake"
urlpatterns = [
    path("check/", precheck_views.page, name="precheck"),
    path("my/", views.home, name="home"),
    path("my/deliveries/<str:ticket>/", views.receipt, name="receipt"),
    path("my/deliveries/<str:ticket>/warnings/", confirm_views.confirm, name="confirm_warning"),
    path("my/confirmed/", confirm_views.confirmed, name="confirmed"),
    path("my/confirmed/<int:confirmation_id>/revoke/", confirm_views.revoke, name="revoke_confirmation"),
    path("my/deliveries/<str:ticket>/confirm/", views.confirm, name="confirm"),
    path(
        "my/deliveries/<str:ticket>/receipt.json", views.receipt_file, {"form": "json"}, name="receipt_json"
    ),
    path("my/deliveries/<str:ticket>/receipt.ods", views.receipt_file, {"form": "ods"}, name="receipt_ods"),
    path(
        "my/deliveries/<str:ticket>/receipt.xlsx", views.receipt_file, {"form": "xlsx"}, name="receipt_xlsx"
    ),
    path("my/deliveries/<str:ticket>/receipt.txt", views.receipt_file, {"form": "txt"}, name="receipt_text"),
    path("specification/", specification_views.overview, name="specification"),
    path("specification/checks/", specification_views.checks, name="file_checks"),
    path("specification/codes/", specification_views.codes, name="codes"),
    path("specification/receipt-keys/", specification_views.receipt_keys, name="receipt_keys"),
    path("specification/receipt-keys.json", specification_views.receipt_keys_file, name="receipt_keys_file"),
    path("specification/interchange.<str:kind>", specification_views.download, name="specification_file"),
    path("specification/sample/<str:dataset>.<str:form>", specification_views.sample, name="sample"),
    path("specification/<str:dataset>/", specification_views.dataset, name="dataset"),
]
