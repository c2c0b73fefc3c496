"""Arrays into pictures: heat maps, gradients, contact sheets."""
