"""Nuke: plates are Read nodes; a take is a Read beside its plate, a delivery in layers a wired composite."""
