"""Other choices that the contract allows, one small change each."""
