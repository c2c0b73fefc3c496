"""The formulas of maps, as pure functions of activations and gradients."""
