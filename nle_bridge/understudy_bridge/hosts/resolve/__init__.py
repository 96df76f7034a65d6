"""DaVinci Resolve: its scripting object as a host, the scripts of its menu. Never run in the application."""
