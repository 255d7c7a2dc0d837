"""Home, navigation, dashboards."""
