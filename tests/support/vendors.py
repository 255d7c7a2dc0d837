"""System vendors, made by the real acts."""

from typing import Any

from careward.journal import Actor
from careward.vendors import acts
from careward.vendors.models import SystemVendor

KNOWN: dict[str, Any] = {
    "name": "遠帆照顧資訊股份有限公司",
    "business_id": "04595257",
    "contact": "趙遠帆",
    "phone": "02-27001234",
    "mailbox": "upload@yuanfan.example",
    "sources": ["168.95.10.0/28"],
    "public_key": "",
}
VENDOR = Actor("applicant", "vendor")


def entered(**changes: Any) -> SystemVendor:
    """待確認."""
    return acts.enter(SystemVendor(**{**KNOWN, **changes}), VENDOR)


def listed(**changes: Any) -> SystemVendor:
    """可選用, with a code."""
    return acts.confirm(entered(**changes), VENDOR)
