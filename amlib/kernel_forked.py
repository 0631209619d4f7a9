"""IPython's kernel where it is forked: it touches less memory when it begins, since a page it writes to is copied."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from types import MappingProxyType, ModuleType
from typing import Any

import zmq
from ipykernel import ipkernel
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp
from IPython.core import shellapp
from traitlets import Bool
from traitlets.config import Config
from traitlets.config.loader import DeferredConfigString

_files: list[str] = []
_modules: set[str] = set()


def rehearse() -> None:
    """Do once, before kernels are forked, what each would do to find the same."""
    IPKernelApp().parse_command_line([])
    _files[:] = [file for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))]
    _modules.update(sys.modules)


def app_of(parent: int) -> App:
    """The application of the kernel that this process is to become, a child of `parent`; not yet initialized."""
    return App.instance(parent_handle=parent, kernel_class=Kernel, outstream_class=f"{__name__}.Output")


class App(IPKernelApp):
    """What a kernel has around it: IPython's, or less where its client asks for no more."""

    only_cells = Bool(
        False, help="No heartbeat, no subshells, and no word but what a cell prints and that it has ended."
    ).tag(config=True)

    def parse_command_line(self, argv: Sequence[str] | None = None) -> None:
        """As IPython's, whose parser of a hundred options is not built for those that need none."""
        config = _plain(argv or [])
        if config is None:
            super().parse_command_line(argv)
        else:
            self.argv, self.cli_config = list(argv or []), config
            self.update_config(config)

    def init_control(self, context: zmq.Context) -> None:
        super().init_control(context)
        if self.only_cells:
            self.shell_channel_thread.io_loop.close()
            self.shell_channel_thread = None  # the kernel reads its messages itself

    def init_heartbeat(self) -> None:
        if not self.only_cells:
            super().init_heartbeat()

    def init_code(self) -> None:
        """As IPython's, which lists all modules for `%reset aggressive`; their names are touched with that."""
        with _without_modules(shellapp):
            super().init_code()
        _modules.update(islice(reversed(sys.modules), max(len(sys.modules) - len(_modules), 0)))
        self.shell._sys_modules_keys = _modules


_SET = re.compile(r"--([A-Z]\w*)\.(\w+)=(.*)", re.DOTALL)


def _plain(argv: Sequence[str]) -> Config | None:
    """What arguments of the kinds `-f FILE` and `--Class.trait=value` say; None where one is another, or said twice."""
    config, given = Config(), iter(argv)
    for argument in given:
        if argument == "-f":
            of, trait, value = "IPKernelApp", "connection_file", next(given, None)
        else:
            of, trait, value = found.groups() if (found := _SET.fullmatch(argument)) else (None, None, None)
        if value is None or trait in config[of]:
            return None
        config[of][trait] = DeferredConfigString(value)
    return config


class Kernel(ipkernel.IPythonKernel):
    """A kernel whose debugger knows the modules that there were before the fork.

    IPython's own asks every module for its file, which copies the page of memory that it lies in: three in ten of all
    that are copied before the first cell.
    """

    def __init__(self, **kwargs: Any) -> None:
        with _without_modules(ipkernel):
            super().__init__(**kwargs)
        if getattr(self, "debugger", None):
            self.debugger.kernel_modules = _files
        if self.parent.only_cells:
            known = self.shell.input_transformer_manager
            known.transform_cell = lru_cache(maxsize=1)(known.transform_cell)  # asked twice for each cell

    def _publish_status(self, status: str, *args: Any, **kwargs: Any) -> None:
        if status != "busy" or not self.parent.only_cells:
            super()._publish_status(status, *args, **kwargs)

    def _publish_execute_input(self, *args: Any, **kwargs: Any) -> None:
        if not self.parent.only_cells:
            super()._publish_execute_input(*args, **kwargs)


@contextmanager
def _without_modules(seen_from: ModuleType) -> Iterator[None]:
    """Meanwhile `sys.modules` is empty, as seen from one module."""
    seen_from.sys = _Sys()
    try:
        yield
    finally:
        seen_from.sys = sys


class _Sys:
    modules = MappingProxyType({})

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys, name, value)


class Output(OutStream):
    """A kernel's standard output or error.

    IPython's kernel flushes both twice a cell, and each time waits for the thread that sends them; here it waits where
    something was written since.
    """

    def flush(self) -> None:
        if getattr(self, "_buffers", True) or self.echo is not None:
            super().flush()
