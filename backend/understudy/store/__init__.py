"""The production: one folder, one database, opened by one server."""
