"""Clustering: k-means, spectral, consensus, reduction, the choice of k, and how far partitions agree."""
