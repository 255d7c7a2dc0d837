"""The smallest Django site that does what a page needs: a template, a session, one query."""
