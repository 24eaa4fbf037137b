"""Proof that every check can fail, and that none cries wolf: the suite against every fault and legal variant."""
