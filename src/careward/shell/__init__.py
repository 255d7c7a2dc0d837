"""The frame of every page: templates, components, form markup, styles, safe headers; it knows no feature."""
