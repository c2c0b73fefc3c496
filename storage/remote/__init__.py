"""Runs in an object store: what a working copy on this machine sends there and brings back."""

from storage.remote.audit import audit
from storage.remote.copies import WorkingCopy, copy_at, working_copy
from storage.remote.download import Held, bring, bring_record
from storage.remote.lease import Lease, leasing
from storage.remote.pixels import bring_pixels, send_pixels
from storage.remote.store import RemoteRun, Store, is_url, open_store
from storage.remote.upload import Upload

__all__ = [
    "Held",
    "Lease",
    "RemoteRun",
    "Store",
    "Upload",
    "WorkingCopy",
    "audit",
    "bring",
    "bring_pixels",
    "bring_record",
    "copy_at",
    "is_url",
    "leasing",
    "open_store",
    "send_pixels",
    "working_copy",
]
