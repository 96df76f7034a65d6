"""How good is a take? Measures against truth where there is one, else against the plate."""
