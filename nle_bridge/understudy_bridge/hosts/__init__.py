"""One folder per editor: its adapter, what it installs, and what was and was not run there."""
