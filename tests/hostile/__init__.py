"""A target that is hostile: what it may do, and what has to become of a run against it."""
