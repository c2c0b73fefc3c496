"""What can go wrong with what is kept on disk, one class per decision that a user can take.

    StorageError
    ├── RunBusyError       another process holds the lock: wait for it or end it
    ├── RunMismatchError   a run of that name was made with other options: choose another name
    ├── MissingError       there is no such run, checkpoint or explanation: make it first
    ├── DamagedError       a file is missing or is not what its record says: delete and make it again
    └── NoSpaceError       the disk is full: free some space or choose another folder

Every message says what is wrong, with which file or folder, and what to do about it.
"""


class StorageError(Exception):
    """Base of all errors of the storage that a user can do something about."""


class RunBusyError(StorageError):
    """Another process is writing there."""


class RunMismatchError(StorageError):
    """A run of that name was made with other options."""


class MissingError(StorageError):
    """What was asked for has not been made, or not there."""


class DamagedError(StorageError):
    """A file is missing or is not what its record says."""


class NoSpaceError(StorageError):
    """The disk, or the quota on it, is full."""
