"""Units of work: each fetches by name from `storage`, calls `coin_xai`, and keeps the result."""

import coin_xai  # noqa: F401  tells threads how to wait, which must be said before PyTorch is imported
