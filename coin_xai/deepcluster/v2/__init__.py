"""DeepCluster-v2 (Caron et al. 2020): a memory bank, several heads, and centroids as prototypes."""
