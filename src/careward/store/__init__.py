"""Where things lie: the embedded PostgreSQL, the database's settings, sealed objects, secrets.

Nothing here knows an institution or a form. Source: design.md §2, rows "Database" and "Accepted rows".
"""
