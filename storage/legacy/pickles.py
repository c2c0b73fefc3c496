"""Reads pickles of plain values alone; a pickle that names anything else is refused before it is read.

A pickle is a program: it may name any function of any module and call it. A cluster log needs none of that,
it holds lists, tuples, dicts, texts and whole numbers. Some forks of the published code log NumPy's whole
numbers, which do name functions of NumPy; these are replaced by functions here, so NumPy is never called.

A small pickle can also fill the memory, by making long bytes of one text again and again, or keep a
processor busy for ever, by taking as a key a tuple of tuples of tuples, each of which names the same one
twice. A log needs none of that: its bytes are made of texts that are written out, it has no sets, and its
keys are no tuples.
"""

import io
import pickle
import pickletools
import re
from collections.abc import Callable
from typing import Any

from storage.legacy.errors import LegacyError

GIVE = "give the file clusters of the training"

# Of a NumPy data type: `i` has a sign, `u` has none; then the number of bytes.
WHOLE_NUMBER = re.compile(r"([iu])([1248])")


def read_plain(data: bytes, *, name: str) -> Any:
    """Return the content of a pickle that holds only plain containers, texts, bytes and numbers.

    Texts of Python 2, which did not tell texts from bytes, come back as bytes.

    Args:
        data: content of the file.
        name: of the file, for messages.

    Raises:
        LegacyError: the pickle is cut off or broken, names a function or class, or would fill the memory.
            Nothing in it was run.
    """
    _inspect(data, name)
    try:
        return _PlainUnpickler(data).load()
    # A forged pickle can make the unpickler raise almost anything.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise LegacyError(
            f"{name} is no proper pickle ({reason}); give the file as it was written"
        ) from error


SETS = ("EMPTY_SET", "ADDITEMS", "FROZENSET")
KEYED = ("SETITEM", "SETITEMS", "DICT")


def _inspect(data: bytes, name: str) -> None:
    """Read the instructions of a pickle without following any of them.

    The memo of Python's unpickler is an array: an instruction of five bytes that stores under number four
    billion makes it 64 GB long. A real pickle numbers its values one by one, each in a byte at least.
    """
    strings: list[Any] = []
    keyed = False
    try:
        for instruction, argument, _ in pickletools.genops(data):
            if isinstance(argument, str):
                strings = [*strings[-1:], argument]
            if instruction.name in ("GLOBAL", "INST"):
                _allow(*str(argument).split(" ", maxsplit=1), name=name)
            elif instruction.name == "STACK_GLOBAL":
                _allow(*strings, name=name)
            elif instruction.name in SETS:
                raise LegacyError(f"{name} is no cluster log: it holds a set; {GIVE}")
            elif instruction.name.endswith("PUT") and int(argument or 0) > len(data):
                raise LegacyError(
                    f"{name} is no cluster log, but another file or one made to fill the memory; {GIVE}"
                )
            keyed = keyed or instruction.name in KEYED
        if keyed and _has_tuple_as_key(data):
            raise LegacyError(
                f"{name} is no cluster log, but another file or one made to take for ever: it has a tuple as "
                f"a key; {GIVE}"
            )
    except LegacyError:
        raise
    # What cannot be taken apart: a wrong instruction, a text that is no UTF-8, an end before the end.
    except Exception as error:
        raise LegacyError(
            f"{name} is cut off or no pickle ({error}); copy it again from where it was written"
        ) from error


def _has_tuple_as_key(data: bytes) -> bool:
    """Follow the stack of a pickle, of which only is kept what is a tuple: True or False, None for a mark."""
    stack: list[bool | None] = []
    memo: dict[int, bool | None] = {}
    for instruction, argument, _ in pickletools.genops(data):
        action = instruction.name
        if action.endswith("GET"):
            stack.append(memo[int(argument or 0)])
        elif action.endswith("PUT") or action == "MEMOIZE":
            memo[len(memo) if action == "MEMOIZE" else int(argument or 0)] = stack[-1]
        elif action == "DUP":
            stack.append(stack[-1])
        else:
            taken = _take(stack, instruction.stack_before)
            # What is no list of keys and values has no keys: of a dict itself and of a mark nothing is taken.
            keys = taken[1:2] if action == "SETITEM" else taken[-2::-2] if action in KEYED else []
            if any(keys):
                return True
            made = taken[0] if action == "BUILD" else action.startswith("TUPLE")
            stack += [None if one is pickletools.markobject else made for one in instruction.stack_after]
    return False


def _take(stack: list[bool | None], wanted: list[Any]) -> list[bool | None]:
    """Take from the stack what an instruction takes, a mark and all above it included."""
    count = len(wanted)
    if pickletools.stackslice in wanted:
        mark = next(position for position in reversed(range(len(stack))) if stack[position] is None)
        count = len(stack) - mark + wanted.index(pickletools.markobject)
    if count > len(stack):
        raise ValueError("an instruction takes more than there is")
    taken = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    return taken


def _allow(*path: str, name: str) -> Callable[..., Any]:
    """Return what stands for a function that a pickle names."""
    if path in REPLACED:
        return REPLACED[path]
    raise LegacyError(
        f"{name} names {'.'.join(path) or 'a function'}, and a cluster log holds plain lists, texts and "
        "numbers only: this pickle could run code of its own. Nothing in it was run. If it is a log all the "
        "same, have its author save it as a CSV with the columns path and cluster"
    )


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="bytes")
        self._size = self._left = len(data)

    def find_class(self, module: str, name: str) -> Any:
        function = _allow(module, name, name="the pickle")
        return self._bytes if function is _bytes else function

    def _bytes(self, text: str, encoding: str | bytes) -> bytes:
        """Make bytes of a text; all together are not more than those of the file, where each text stands."""
        made = _bytes(text, encoding)
        self._left -= len(made)
        if self._left < 0:
            raise LegacyError(f"it is made to fill the memory: it makes more bytes than its own {self._size}")
        return made

    def persistent_load(self, _key: Any) -> Any:
        raise LegacyError("it refers to objects outside of itself")


class _WholeNumber:
    """Stands for a NumPy data type; knows whole numbers alone."""

    def __init__(self, code: str | bytes, *_flags: Any) -> None:
        text = code.decode() if isinstance(code, bytes) else code
        match = WHOLE_NUMBER.fullmatch(text)
        if match is None:
            raise LegacyError(f"it holds NumPy values of the type {text:.40}, not whole numbers")
        self.signed, self.size = match[1] == "i", int(match[2])
        self.big = False

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.big = state[1] in (">", b">")


def _scalar(kind: _WholeNumber, data: bytes) -> int:
    if len(data) != kind.size:
        raise LegacyError(f"it holds a NumPy number of {len(data)} bytes, and its type has {kind.size}")
    return int.from_bytes(data, "big" if kind.big else "little", signed=kind.signed)


def _bytes(text: str, encoding: str | bytes) -> bytes:
    """Return bytes as Python 3 writes them for Python 2: the text whose signs have their numbers."""
    if encoding not in ("latin1", b"latin1"):
        raise LegacyError(f"it holds bytes in the encoding {encoding!r}, which no pickle does")
    return text.encode("latin1")


REPLACED: dict[tuple[str, ...], Callable[..., Any]] = {
    ("_codecs", "encode"): _bytes,
    ("numpy", "dtype"): _WholeNumber,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}
