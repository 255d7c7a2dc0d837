"""Addresses of the changes of connection data."""

from django.urls import path

from careward.changes import list_views, review_views, views

app_name = "changes"

urlpatterns = [
    path("changes/link/", views.link, name="link"),
    path("changes/link/sent/", views.link_sent, name="link_sent"),
    path("changes/mine/", views.mine, name="mine"),
    path("changes/mine/send/", views.send, name="send"),
    path("changes/mine/cancel/", views.cancel, name="cancel"),
    path("changes/mine/<slug:section>/", views.edit, name="edit"),
    path("changes/mine/<slug:section>/keep/", views.keep, name="keep"),
    path("changes/review/", review_views.queue, name="queue"),
    path("changes/item/<uuid:change_id>/", review_views.change, name="change"),
    path("changes/item/<uuid:change_id>/unmask/", review_views.unmask, name="unmask"),
    path("changes/item/<uuid:change_id>/<str:act>/", review_views.decide, name="decide"),
    path("changes/lists/", list_views.lists, name="lists"),
    path("changes/lists/results/", list_views.import_results, name="import_results"),
    path("changes/lists/<slug:season>/<slug:month>/", list_views.month_list, name="list"),
    path("changes/lists/<slug:season>/<slug:month>/release/", list_views.release, name="release"),
    path(
        "changes/lists/<slug:season>/<slug:month>/process/", list_views.process_chosen, name="process_chosen"
    ),
    path("changes/lists/<slug:season>/<slug:month>/list.<str:kind>", list_views.download, name="download"),
]
