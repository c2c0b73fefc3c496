"""What can go wrong in keeping things, one class per decision that a user can take.

StorageError
├── MissingError        what was asked for is not there: name another, or make it first
├── RunBusyError        another process works on it: wait for it or stop it
├── RunMismatchError    a run of that name is of something else: choose another name
├── DamagedError        a file is missing or not what its record says: make it again
└── NoSpaceError        the disk is full: free some space, then run the same command again
"""


class StorageError(Exception):
    """Base of all errors in keeping things that a user can do something about."""


class MissingError(StorageError):
    """What was asked for is not there."""


class RunBusyError(StorageError):
    """Another process holds the lock."""


class RunMismatchError(StorageError):
    """A run of that name was begun with something else."""


class DamagedError(StorageError):
    """A file is missing or is not what its record says."""


class NoSpaceError(StorageError):
    """The disk is full."""
