"""Addresses of the review desk."""

from django.urls import path

from careward.review import views

app_name = "review"
urlpatterns = [
    path("review/", views.queue, name="queue"),
    path("review/<uuid:application_id>/", views.case, name="case"),
    path("review/<uuid:application_id>/unmask/", views.unmask, name="unmask"),
    path("review/documents/<uuid:document_id>/", views.document, name="document"),
    path("review/documents/<uuid:document_id>/<int:page>/", views.document_page, name="document_page"),
]
