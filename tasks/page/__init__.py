"""What serves publish: the inputs of the page, its pictures, notes, IIIF manifests and the bundle."""
