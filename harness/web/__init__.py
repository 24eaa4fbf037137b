"""The player's side: the web client, driven in a browser."""
