"""The pattern that names of photographs are read by unless another is given."""

DEFAULT_PATTERN = r"(?P<collection>[^\W\d_]+)[_ -](?P<inventory>[\w.-]*\d[\w.-]*)[_ -](?P<side>[^\W\d_]+)"
"""Such as BN_3023_R or BN_2955A_avers: letters, an inventory number, a side, with a separator between."""
