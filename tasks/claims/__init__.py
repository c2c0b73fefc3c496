"""What may be said of a run: measurements of its coins, chunk by chunk, and the answers that follow."""
