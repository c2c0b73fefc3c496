import subprocess
import sys

import pytest

# In a process of its own, because the advice cannot be taken back; and with small pages, whatever the machine
# is set to, since of large ones a block takes few.
COUNT_FAULTS = """
import ctypes, resource, sys
from coin_xai.common.memory import give_back_freed_memory, keep_freed_memory
PR_SET_THP_DISABLE = 41
ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b'x' * 64_000_000
    if sys.argv[1] == "keep and give back":
        give_back_freed_memory()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


def faults(how):
    result = subprocess.run([sys.executable, "-c", COUNT_FAULTS, how], capture_output=True, check=True)
    return int(result.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone takes the advice")
def test_a_freed_block_is_used_again_without_page_faults_until_it_is_given_back():
    # Pages have at most 64 KiB, and a few others may be touched for the first time.
    assert faults("as usual") >= 64_000_000 // 2**16
    assert faults("keep") < 64_000_000 // 2**16 / 4
    assert faults("keep and give back") >= 64_000_000 // 2**16
