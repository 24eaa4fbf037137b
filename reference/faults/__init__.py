"""Broken promises, one small change each, by section of the contract."""
