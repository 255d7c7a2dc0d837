"""careward: apply, review, account, upload, check – one platform for residential-care institutions."""
