"""The fast engine for networks that are a chain: convolutions and pools, then linear layers.

`planner` reads a network into a tuple of typed `steps`; `compilation` turns each step into an operation
that goes forward and back, by the quickest exact way that `rewrites` allow; `engine` runs the chain.
"""
