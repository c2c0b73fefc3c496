"""Which coins there are: names of files, sides, and the table of coins."""

from coin_xai.catalogue.join import TableMatch, join_table
from coin_xai.catalogue.names import DEFAULT_PATTERN, catalogue
from coin_xai.catalogue.table import read_table

__all__ = ["DEFAULT_PATTERN", "TableMatch", "catalogue", "join_table", "read_table"]
