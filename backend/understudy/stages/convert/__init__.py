"""Putting the likeness into a shot: frames in, face layers out. The order of work is in `conversion`.

Nothing is imported here: the server asks `fingerprint` which frames changed, and does without torch.
"""
