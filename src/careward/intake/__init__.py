"""Deliveries: receive, check, keep, receipt."""
