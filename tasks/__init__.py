"""Units of work: each fetches by name from `storage`, calls `coin_xai`, and keeps the result."""

import coin_xai  # noqa: F401  tells threads how long to wait awake, before PyTorch is imported
