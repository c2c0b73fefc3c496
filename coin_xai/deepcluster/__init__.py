"""DeepCluster (Caron et al. 2018): cluster the features, learn the clusters, again and again."""
