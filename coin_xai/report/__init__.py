"""Tables and picture names in, one HTML page out."""
