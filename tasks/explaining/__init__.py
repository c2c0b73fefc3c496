"""What serves transform and load: attribution by chunks, pictures, measures, contrasts and sanity checks."""
