"""A run split over several machines: which items each takes, what it leaves behind, and how that is joined."""
