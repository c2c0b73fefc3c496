"""Units of work: each fetches by name from `storage`, calls `coin_xai`, and keeps the result."""
