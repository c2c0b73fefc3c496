"""How activations and gradients are computed: by autograd, or by a planned chain of operations."""
