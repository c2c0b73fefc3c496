"""The one error of reading what others wrote."""

from storage.errors import StorageError


class LegacyError(StorageError):
    """A file that another program wrote does not fit or is not safe: give another file, or convert it."""
