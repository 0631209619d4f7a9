"""What the parent of kernels does once: it must leave nothing behind that a fork cannot take over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from amlib.kernel import LIBRARIES, can_fork

REHEARSE = """
import os, sys
import duckdb
from amlib.rehearsal import rehearse
duckdb.default_connection().close()
rehearse()
pyplot = sys.modules.get("matplotlib.pyplot")
print(len(os.listdir("/proc/self/task")), pyplot.get_fignums() if pyplot else [])
"""


@pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")
def test_a_rehearsal_leaves_no_thread_no_figure_and_no_file(tmp_path: Path):
    environment = {**os.environ, **LIBRARIES, "TMPDIR": str(tmp_path), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", REHEARSE], env=environment, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "1 []\n"
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not can_fork(), reason="kernels are forked on Linux only")
def test_what_is_imported_takes_no_memory_beforehand(tmp_path: Path):
    """Arrow's allocator would have a gigabyte, and a kernel that may allocate two half of it."""
    code = "import amlib.show, re; print(re.search(r'VmData:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    megabytes = []
    for libraries in (LIBRARIES, {}):
        environment = {**os.environ, "MPLBACKEND": "agg", **libraries}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
        megabytes.append(int(done.stdout) / 1024)
    told, usual = megabytes
    assert told < 500 < usual
