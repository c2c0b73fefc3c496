"""New coins among the clusters of coins that were matched before, without learning anything anew."""
