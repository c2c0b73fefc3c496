"""What serves adopt: checkpoints and cluster logs of other programs, read and written."""
