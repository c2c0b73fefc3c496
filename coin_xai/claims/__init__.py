"""What may be said of a partition and its network: seven claims, each with controls that could refute it."""
