import contextlib
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.legacy.errors import LegacyError
from storage.legacy.pickles import read_plain

LOG = [
    [[0, 2], [], [1]],
    ([[1], [0]], [("a.jpg", 0), ("Münze.jpg", 1)], 7),
    {"k": -1, 2: (None, True, 2**70)},
]


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_of_every_protocol_come_back(protocol):
    assert read_plain(pickle.dumps(LOG, protocol), name="clusters") == LOG


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path, protocol):
    marker = tmp_path / "marker"
    data = pickle.dumps([Hostile(f"touch {marker}")], protocol)
    with pytest.raises(LegacyError, match=r"clusters names posix\.system.*Nothing in it was run"):
        read_plain(data, name="clusters")
    assert not marker.exists()
    pickle.loads(data)
    assert marker.exists(), "the pickle is harmless, so that the test shows nothing"


@pytest.mark.parametrize(
    "data",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
        # The name is put together from the memo, so that no instruction holds both parts.
        b"\x80\x04\x8c\x08builtins\x94\x8c\x04eval\x940h\x00h\x01\x93\x8c\x011\x85R.",
        b"(ios\nsystem\nS'true'\no.",
        b"(S'true'\nios\nsystem\n.",
        b"\x80\x02\x82\x01.",
        b"Pa key\n.",
        b"\x80\x02K\x01Q.",
        b"\x80\x02]K\x01\x85R.",
        b"\x80\x02]}b.",
        b"\x80\x05\x97.",
        b"cnumpy\ncore.multiarray.scalar\n.",
        b"cnumpy.core.multiarray\n_reconstruct\n.",
    ],
)
def test_all_ways_to_name_or_call_something_are_refused(data):
    with pytest.raises(LegacyError):
        read_plain(data, name="clusters")


def test_whole_numbers_of_numpy_are_read_without_numpy():
    values = [np.int64(-5), np.uint8(200), np.array([7], ">i4")[0], np.int16(0)]
    for protocol in (3, 4, 5):
        read = read_plain(pickle.dumps(values, protocol), name="clusters")
        assert read == [-5, 200, 7, 0]
        assert {type(value) for value in read} == {int}


def test_whole_numbers_of_the_numpy_of_python_2_are_read():
    data = (
        b"\x80\x02]cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02i8K\x00K\x01\x87R"
        b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tbU\x08\x05\x00\x00\x00\x00\x00\x00\x00\x86Ra."
    )
    assert read_plain(data, name="clusters") == [5]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_bytes_and_whole_numbers_of_numpy_are_read_whatever_the_protocol(protocol):
    values = [b"M\xc3\xbcnze.jpg", np.int64(-5), np.uint8(200)]
    assert read_plain(pickle.dumps(values, protocol), name="clusters") == [b"M\xc3\xbcnze.jpg", -5, 200]


def test_bytes_in_another_encoding_are_refused():
    with pytest.raises(LegacyError, match="in the encoding 'rot13'"):
        read_plain(
            b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00rot13\x86R.", name="clusters"
        )


@pytest.mark.parametrize(
    "value", [np.float64(1.5), np.array([1, 2]), np.str_("a"), np.datetime64("2020-01-01")]
)
def test_other_values_of_numpy_are_refused(value):
    with pytest.raises(LegacyError):
        read_plain(pickle.dumps([value]), name="clusters")


def test_texts_of_python_2_come_back_as_bytes():
    assert read_plain(b"\x80\x02]U\x06M\xc3\xbcnzea.", name="clusters") == ["Münz".encode() + b"e"]


@pytest.mark.parametrize("place", [b"r" + struct.pack("<I", 0xFFFFFFFF), b"p4294967295\n"])
def test_a_pickle_made_to_fill_the_memory_is_refused_at_once(place):
    tracemalloc.start()
    with pytest.raises(LegacyError, match="one made to fill the memory"):
        read_plain(b"\x80\x02]" + place + b".", name="clusters")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20  # filled, it would take gigabytes


def repeated(function, argument, times):
    """A pickle that calls a function on one long text or number again and again, and keeps all results."""
    return b"\x80\x02" + function + b"q\x00" + argument + b"q\x01]" + b"(" + b"h\x00h\x01R" * times + b"e."


LONG_TEXT = b"X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000
LATIN = b"X\x06\x00\x00\x00latin1"
LIMITED = """
import resource, sys
from storage.legacy.errors import LegacyError
from storage.legacy.pickles import read_plain

data = sys.stdin.buffer.read()
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 200_000_000,) * 2)
try:
    read_plain(data, name="clusters")
except LegacyError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            repeated(b"c_codecs\nencode\n", LONG_TEXT + LATIN + b"\x86", 30_000),
            "made to fill the memory: it makes more bytes than its own",
        ),
        # Whole numbers of NumPy, as long as a text.
        (
            repeated(
                b"cnumpy.core.multiarray\nscalar\n",
                b"cnumpy\ndtype\nX\x02\x00\x00\x00i8\x85R"
                + b"T"
                + struct.pack("<I", 1_000_000)
                + b"a" * 1_000_000
                + b"\x86",
                30_000,
            ),
            "a NumPy number of 1000000 bytes, and its type has 8",
        ),
        (b"\x80\x04](" + b"\x8f" * 2_000_000 + b"e.", "it holds a set"),
    ],
    ids=["bytes", "numbers", "sets"],
)
def test_a_small_pickle_that_grows_is_refused_before_it_fills_the_memory(data, reason):
    limited = [sys.executable, "-c", LIMITED]
    done = subprocess.run(limited, input=data, capture_output=True, check=True)
    assert reason in done.stdout.decode()


@pytest.mark.parametrize("way", ["item", "items", "dict", "built", "doubled"])
def test_a_tuple_as_a_key_which_may_take_for_ever_is_refused(way):
    doubling = b"".join(b"h\x01h\x01\x86q\x010" for _ in range(60))
    end = {
        "item": b"}h\x01K\x01s.",
        "items": b"}(K\x02K\x01h\x01K\x01u.",
        "dict": b"(h\x01K\x01d.",
        "built": b"}h\x01NbK\x01s.",
        "doubled": b"}h\x012K\x01s.",
    }[way]
    with pytest.raises(LegacyError, match="it has a tuple as a key"):
        read_plain(b"\x80\x02K\x01q\x010" + doubling + end, name="clusters")


def test_dicts_of_clusters_are_read_with_all_that_a_log_holds_beside_them():
    log = [({0: [1, np.int64(0)], np.int64(1): []}, [("a.jpg", 0), (b"b.jpg", 0)], 3)] * 2
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert read_plain(pickle.dumps(log, protocol), name="clusters") == log


@pytest.mark.parametrize("protocol", range(3))
def test_a_log_of_many_bytes_is_no_bomb(protocol):
    log = [(f"class {number % 3}/{number}ü.jpg".encode("latin1"), number % 3) for number in range(500)]
    log += [(b"a", 0), (b"b", 1)] * 100
    assert read_plain(pickle.dumps(log, protocol), name="clusters") == log


@pytest.mark.parametrize("opcode", [b"\x8e", b"\x8d", b"\x96"])
def test_a_text_longer_than_the_file_is_refused(opcode):
    with pytest.raises(LegacyError, match="cut off or no pickle"):
        read_plain(b"\x80\x05" + opcode + struct.pack("<Q", 2**40) + b"a.", name="clusters")


@pytest.mark.parametrize("length", range(0, 60, 7))
def test_a_truncated_pickle_is_refused(length):
    with pytest.raises(LegacyError, match="clusters is cut off or no pickle"):
        read_plain(pickle.dumps(LOG)[:length], name="clusters")


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_noise_ends_in_a_value_or_in_our_error(data):
    with contextlib.suppress(LegacyError):
        read_plain(data, name="clusters")


@given(st.integers(0, len(pickle.dumps(LOG)) - 1), st.integers(0, 255), st.integers(0, 5))
@settings(deadline=None)
def test_a_damaged_pickle_ends_in_a_value_or_in_our_error(position, value, protocol):
    data = bytearray(pickle.dumps(LOG, protocol))
    data[position % len(data)] = value
    with contextlib.suppress(LegacyError):
        read_plain(bytes(data), name="clusters")
