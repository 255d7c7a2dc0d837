"""Addresses of the review desk."""

from django.urls import path

from careward.review import answering_views, deciding_views, document_views, export_views, queue_views, views

app_name = "review"
urlpatterns = [
    path("application/supplement/", answering_views.answer, name="answer"),
    path("review/", queue_views.queue_page, name="queue"),
    path("review/many/", queue_views.many, name="many"),
    path("review/views/", queue_views.save_view, name="save_view"),
    path("review/desk/", deciding_views.desk_settings, name="desk_settings"),
    path("review/<uuid:application_id>/", views.case, name="case"),
    path("review/<uuid:application_id>/unmask/", views.unmask, name="unmask"),
    path("review/<uuid:application_id>/supplement/", deciding_views.ask_supplement, name="ask_supplement"),
    path("review/<uuid:application_id>/transfer/", deciding_views.transfer, name="transfer"),
    path("review/<uuid:application_id>/assign/", deciding_views.assign, name="assign"),
    path("review/<uuid:application_id>/note/", deciding_views.note, name="note"),
    path("review/<uuid:application_id>/decide/<slug:act>/", deciding_views.decide, name="decide"),
    path("review/<uuid:application_id>/findings/<int:finding>/", deciding_views.judge, name="judge"),
    path("review/<uuid:application_id>/export/", export_views.export, name="export"),
    path("review/documents/<uuid:document_id>/", document_views.document, name="document"),
    path(
        "review/documents/<uuid:document_id>/<int:page>/", document_views.document_page, name="document_page"
    ),
    path("review/documents/<uuid:document_id>/<int:page>/look/", document_views.look, name="look"),
    path(
        "review/documents/<uuid:document_id>/<int:page>/beside/<uuid:former_id>/",
        document_views.beside,
        name="beside",
    ),
]
