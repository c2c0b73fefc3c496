"""What others trained: checkpoints and cluster logs of the published DeepCluster code and of its kin."""
