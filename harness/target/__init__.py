"""How to reach the target."""
