"""Tools that know nothing of coins: random streams, prefetching, devices, memory, option models."""
