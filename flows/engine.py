"""What a worker starts for each flow run: Prefect's engine, which leaves as soon as the run has ended.

python -m flows.engine
"""

import runpy
import traceback
from typing import NoReturn

from flows.leaving import leave
from tasks.running.starting import start


def main() -> NoReturn:
    """Run the flow run that the environment names, and leave with the exit code of Prefect's engine."""
    start()
    try:
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        leave(stop)
    except BaseException:
        traceback.print_exc()
        leave(SystemExit(1))
    leave()


if __name__ == "__main__":
    main()
