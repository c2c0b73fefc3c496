"""Which coins there are: names of files, sides, and the table of coins."""

from typing import TYPE_CHECKING

from coin_xai.catalogue.pattern import DEFAULT_PATTERN
from coin_xai.common.lazy import lazily

if TYPE_CHECKING:
    from coin_xai.catalogue.join import TableMatch, join_table
    from coin_xai.catalogue.names import catalogue
    from coin_xai.catalogue.table import read_table

__all__ = ["DEFAULT_PATTERN", "TableMatch", "catalogue", "join_table", "read_table"]

__getattr__ = lazily(
    __name__, {"TableMatch": "join", "catalogue": "names", "join_table": "join", "read_table": "table"}
)
