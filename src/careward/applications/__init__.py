"""The online application: form, documents, and what becomes of them until the county reviews it."""
