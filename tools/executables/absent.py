"""Stands in finished programs for native modules that are imported and never called."""
