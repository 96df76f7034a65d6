"""What runs inside an editor: Python 3.9 and its standard library only, relative imports, tables as in JSON.

`docs/bridge.md` has the tables. Nothing here knows the rules; those are the daemon's.
"""
