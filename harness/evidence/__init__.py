"""What the target said: recorded exchanges, gathered concurrently, scrubbed before they leave."""
