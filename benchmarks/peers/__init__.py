"""The same 24 checks, written for several tools."""
