"""What others trained: checkpoints and cluster logs of the published DeepCluster code and of its kin."""

from storage.legacy.architecture import Architecture
from storage.legacy.checkpoint import LegacyCheckpoint, read_checkpoint
from storage.legacy.cluster_log import ClusterLog, read_cluster_log
from storage.legacy.errors import LegacyError
from storage.legacy.image_folder import image_folder
from storage.legacy.partition import LoggedPartition

__all__ = [
    "Architecture",
    "ClusterLog",
    "LegacyCheckpoint",
    "LegacyError",
    "LoggedPartition",
    "image_folder",
    "read_checkpoint",
    "read_cluster_log",
]
