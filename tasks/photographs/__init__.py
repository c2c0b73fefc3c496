"""What serves ingest: a folder of photographs, their originals, the outlines of coins, and drawn coins."""
