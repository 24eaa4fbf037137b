"""The API contract: what it promises by operation, requests made up from it, and answers held to it."""
