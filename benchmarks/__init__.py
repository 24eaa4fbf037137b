"""How long a verdict takes."""
