"""Every pair of a domain record and its message, one file per proto: `x_to_wire` and `x_from_wire`.

Decoding checks what the other side sent and raises BadRecord or BadSettings; it never trusts a number to be
an enum member or a text to be a date.
"""
