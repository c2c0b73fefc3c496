"""Several partitions of the same coins beside each other: where coins go, and what never parts."""
