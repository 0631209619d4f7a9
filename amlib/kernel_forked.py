"""IPython's kernel where it is forked: it touches less memory when it begins, since a page it writes to is copied."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ipykernel import ipkernel
from ipykernel.iostream import OutStream
from ipykernel.kernelapp import IPKernelApp

_files: list[str] = []


def rehearse() -> None:
    """Do once, before kernels are forked, what each would do to find the same."""
    IPKernelApp().parse_command_line([])
    _files[:] = [file for module in [*sys.modules.values()] if (file := getattr(module, "__file__", None))]


def app_of(parent: int) -> IPKernelApp:
    """The application of the kernel that this process is to become, a child of `parent`; not yet initialized."""
    return IPKernelApp.instance(parent_handle=parent, kernel_class=Kernel, outstream_class=f"{__name__}.Output")


class Kernel(ipkernel.IPythonKernel):
    """A kernel whose debugger knows the modules that there were before the fork.

    IPython's own asks every module for its file, which copies the page of memory that it lies in: three in ten of all
    that are copied before the first cell.
    """

    def __init__(self, **kwargs: Any) -> None:
        ipkernel.sys = _WithoutModules()
        try:
            super().__init__(**kwargs)
        finally:
            ipkernel.sys = sys
        if getattr(self, "debugger", None):
            self.debugger.kernel_modules = _files


class _WithoutModules:
    modules: Mapping[str, Any] = MappingProxyType({})

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


class Output(OutStream):
    """A kernel's standard output or error.

    IPython's kernel flushes both twice a cell, and each time waits for the thread that sends them; here it waits where
    something was written since.
    """

    def flush(self) -> None:
        if getattr(self, "_buffers", True) or self.echo is not None:
            super().flush()
