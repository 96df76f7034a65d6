"""The daemon on the artist's machine: editors' sendings, kept and carried through the backend."""
