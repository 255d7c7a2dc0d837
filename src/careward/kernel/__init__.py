"""What every other package stands on: time, ROC dates, identifiers, text, tokens, networks, procedure tables.

Pure Python; no Django, no database, no files but the ``texts.yaml`` of the packages.
"""
