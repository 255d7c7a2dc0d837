"""Addresses of the form and of what lies behind the mailed link."""

from django.urls import path, re_path

from careward.applications import amend_views, case_views, link_views, mailbox_views, mending, views
from careward.applications.rules import sections

app_name = "applications"

_SECTIONS = "|".join(section.id for section in sections(None))

urlpatterns = [
    path("apply/", views.start, name="start"),
    path("apply/anew/", views.begin_anew, name="begin_anew"),
    path("apply/which/", views.which, name="which"),
    path("apply/tasks/", views.task_list, name="tasks"),
    path("apply/notice/", views.notice, name="notice"),
    path("apply/mailbox/", mailbox_views.mailbox, name="mailbox"),
    path("apply/mailbox/new/", mailbox_views.new_code, name="new_code"),
    path("apply/already/", link_views.already, name="already"),
    path("apply/already/send/", link_views.send_original, name="send_original"),
    path("apply/device/", link_views.device, name="device"),
    path("apply/resume/", link_views.resume, name="resume"),
    path("application/resend/", link_views.resend, name="resend"),
    path("application/resend/done/", link_views.resent, name="resent"),
    path("apply/receipt.pdf", views.receipt_pdf, name="receipt_pdf"),
    re_path(rf"^apply/(?P<section>{_SECTIONS})/$", views.step, name="step"),
    path("apply/check/", views.check, name="check"),
    path("apply/receipt/", views.receipt, name="receipt"),
    path("application/", case_views.case, name="case"),
    path("application/mend/<slug:section>/", mending.mend, name="mend"),
    path("application/receipt.pdf", case_views.receipt, name="case_receipt"),
    path("application/correct/", amend_views.correct, name="correct"),
    path("application/correct/send/", amend_views.send_correction, name="send_correction"),
    path("application/correct/drop/", amend_views.drop_correction, name="drop_correction"),
    re_path(
        rf"^application/correct/(?P<section>{_SECTIONS})/$", amend_views.correct_step, name="correct_step"
    ),
    path("application/reopen/", amend_views.reopen, name="reopen"),
    path("application/withdraw/", amend_views.withdraw, name="withdraw"),
    path("application/restore/", amend_views.restore, name="restore"),
    path("application/complete/", case_views.complete, name="complete"),
    path("application/sheets/<slug:kind>.pdf", case_views.sheet, name="sheet"),
    path("application/documents/<slug:kind>/", case_views.upload, name="upload"),
    path("application/files/<uuid:document>/", case_views.preview, name="preview"),
    path("application/files/<uuid:document>/original/", case_views.original, name="original"),
    path("application/files/<uuid:document>/pages/<int:page>.jpg", case_views.page, name="page"),
    path("application/files/<uuid:document>/remove/", case_views.remove, name="remove"),
]
