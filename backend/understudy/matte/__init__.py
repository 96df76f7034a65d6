"""Soft mattes of what is replaced: from the face mesh, and what is done to their edges."""
