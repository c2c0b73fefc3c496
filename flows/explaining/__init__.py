"""What the flows that explain share: the stages of an explanation, its division into shards, and Dask."""
