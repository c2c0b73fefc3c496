"""Runs a function of a test in several processes that are connected, and returns what each of them returns.

A program that has imported everything forks them, since the process of the tests has threads.
"""

import json
import os
import subprocess
import sys

import torch

PROGRAM = """
import importlib.util, json, os, sys, tempfile, traceback
from tasks.running.starting import start
start()
import torch, torch.distributed
from coin_xai.optimisation.ranks import Ranks

file, name, count, folder = json.loads(sys.argv[1])
sys.path.insert(0, os.path.dirname(file))
torch.set_num_threads(1)
spec = importlib.util.spec_from_file_location("program", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
children = []
for rank in range(count):
    child = os.fork()
    if child == 0:
        try:
            store = torch.distributed.FileStore(f"{folder}/store", count)
            torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=count)
            torch.save(getattr(module, name)(Ranks(rank, count)), f"{folder}/{rank}.pt")
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
sys.exit(codes != [0] * count)
"""


def in_several_processes(function, folder, *, count):
    """Call a function of a test module with the ranks of so many processes; return their results in order."""
    order = json.dumps([function.__code__.co_filename, function.__name__, count, str(folder)])
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, order],
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": loopback},
    )
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(count)]
