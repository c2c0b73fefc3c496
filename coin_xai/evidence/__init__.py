"""What a partition and its maps are worth: tables, overlaps, neighbours, concepts and controls."""
