"""Keeps a homeserver for a test, and ends it with the test, even with one that is killed.

Takes the homeserver's folder. Reads one order a line and answers each with one line:

    start         -> started PID
    stop SIGNAL   -> stopped          (when it is gone)
    alive         -> yes, no

At the end of its input it kills the homeserver and removes the folder.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Makes the kernel kill this process when its parent is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Keeper:
    """A homeserver's folder, and its process when there is one."""

    def __init__(self, folder: Path) -> None:
        """Takes a folder with homeserver.yaml in it."""
        self.folder = folder
        self.process: subprocess.Popen | None = None

    def start(self) -> str:
        """Starts the homeserver; it listens some seconds later."""
        with (self.folder / "synapse.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-E", "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        return f"started {self.process.pid}"

    def stop(self, name: str) -> str:
        """Sends the homeserver a signal that ends it, and waits."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.Signals[f"SIG{name}"])
            # It may be paused, and then hears nothing but this and SIGKILL.
            self.process.send_signal(signal.SIGCONT)
            self.process.wait()
        return "stopped"

    def alive(self) -> str:
        """Says whether the homeserver runs."""
        return "yes" if self.process and self.process.poll() is None else "no"


def main() -> None:
    """Follows the orders."""
    # Whoever stops the tests' process group ends the input, too; then there is time to clean up.
    os.setsid()
    keeper = Keeper(Path(sys.argv[1]))
    try:
        for line in sys.stdin:
            order, *more = line.split()
            print(getattr(keeper, order)(*more), flush=True)
    finally:
        keeper.stop("KILL")
        shutil.rmtree(keeper.folder, ignore_errors=True)


if __name__ == "__main__":
    main()
