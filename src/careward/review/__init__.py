"""The county's desk: checklist, sign-off."""
