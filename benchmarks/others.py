"""How much of the machine somebody else used meanwhile: figures taken on a busy machine are not the product's own."""

import os
import time
from dataclasses import dataclass, field

import psutil


def busy_seconds() -> float:
    """CPU seconds of everything on this machine since it started; what a host took from a virtual machine counts, too."""
    times = psutil.cpu_times()
    not_work = ("idle", "iowait", "guest", "guest_nice")  # a guest's time is in the user's, too
    return sum(seconds for name, seconds in times._asdict().items() if name not in not_work)


def own_seconds() -> float:
    """CPU seconds of this process and all it has started; those of an ended process are in its parent's account."""
    seconds = 0.0
    process = psutil.Process()
    for one in (process, *process.children(recursive=True)):
        try:
            seconds += sum(one.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return seconds


@dataclass
class Others:
    """From its making on."""

    began: float = field(default_factory=time.perf_counter)
    busy: float = field(default_factory=busy_seconds)
    own: float = field(default_factory=own_seconds)

    def share(self) -> float:
        """The part (0 to 1) of all cores' time that other processes took."""
        lasted = (time.perf_counter() - self.began) * (os.cpu_count() or 1)
        return max(0.0, (busy_seconds() - self.busy - (own_seconds() - self.own)) / lasted)
