"""What must hold after a release: the checklist, the rollback scenarios, and their loader."""
