"""What can go wrong in the science, one class per decision that a user can take.

    CoinXaiError
    ├── PhotographError     this photograph cannot be used: leave it out or replace it
    ├── CatalogueError      names or table contradict each other: mend the table or the pattern
    ├── OptionError         an option does not fit these photographs: choose another value
    └── NetworkError        the network cannot be explained this way: choose another layer or method

Every message says what is wrong, where (which coin, file or value) and what to do about it.
"""


class CoinXaiError(Exception):
    """Base of all errors that a user of coin-xai can do something about."""


class PhotographError(CoinXaiError):
    """One photograph cannot be used; the others can."""


class CatalogueError(CoinXaiError):
    """File names, patterns or the table of coins contradict each other."""


class OptionError(CoinXaiError):
    """An option has a value that does not fit the photographs at hand."""


class NetworkError(CoinXaiError):
    """A network, layer or method that does not go together with the others."""
