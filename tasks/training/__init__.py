"""What serves training: a new run, its segments, processes, partitions, metrics and curves."""
