"""Addresses of the continuing institutions."""

from django.urls import path

from careward.continuing import participant_views, staff_views, views

app_name = "continuing"

urlpatterns = [
    path("continuing/", views.answer, name="answer"),
    path("continuing/agree/", views.agree, name="agree"),
    path("continuing/take-back/", views.take_back, name="take_back"),
    path("continuing/change/", views.change, name="change"),
    path("continuing/case/", views.case, name="case"),
    path("continuing/mailbox/", views.mailbox, name="mailbox"),
    path("continuing/proof/", views.proof, name="proof"),
    path("continuing/letter/", views.letter, name="letter"),
    path("continuing/letter/sent/", views.letter_sent, name="letter_sent"),
    path("participants/", staff_views.participants, name="participants"),
    path("participants/import/", staff_views.import_participants, name="import"),
    path("participants/carry-over/", staff_views.carry, name="carry"),
    path("participants/invite/", staff_views.invite, name="invite"),
    path("participants/<uuid:invitation_id>/", participant_views.participant, name="participant"),
    path("participants/<uuid:invitation_id>/rectify/", participant_views.rectify, name="rectify"),
    path(
        "participants/<uuid:invitation_id>/strike/",
        participant_views.decide,
        {"act": "strike"},
        name="strike",
    ),
    path(
        "participants/<uuid:invitation_id>/put-back/",
        participant_views.decide,
        {"act": "put_back"},
        name="put_back",
    ),
    path("participants/<uuid:invitation_id>/proof/", staff_views.staff_proof, name="staff_proof"),
]
