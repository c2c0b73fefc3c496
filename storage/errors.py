"""What can go wrong in keeping things, one class per decision that a user can take.

StorageError
├── MissingError        what was asked for is not there: name another, or make it first
├── RunBusyError        another process works on it: wait for it or stop it
├── RunMismatchError    the name is no name for a run, or taken by another one: choose another name
├── DamagedError        a file is missing or not what its record says: make it again
├── NoSpaceError        the disk is full: free some space, then run the same command again
├── PlaceError          nothing can be written or locked there: choose another folder
├── UnreachableError    a store or server does not answer or refuses: look at address and rights, run again
└── LegacyError         another program's file does not fit or is not safe: give another (storage.legacy)
"""


class StorageError(Exception):
    """Base of all errors in keeping things that a user can do something about."""


class MissingError(StorageError):
    """What was asked for is not there."""


class RunBusyError(StorageError):
    """Another process holds the lock."""


class RunMismatchError(StorageError):
    """The name of a run cannot be used for what is asked."""


class DamagedError(StorageError):
    """A file is missing or is not what its record says."""


class NoSpaceError(StorageError):
    """The disk is full."""


class PlaceError(StorageError):
    """Nothing can be written or locked in a folder."""


class UnreachableError(StorageError):
    """A request to an object store, or to what keeps experiments, failed."""
