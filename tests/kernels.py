"""Kernels that tests start, and what they ask of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from traitlets.config import Config

from amlib import kernel

LIGHT = ("json",)
WARNING = "A kernel starts from nothing: "


class _Specs(KernelSpecManager):
    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """This repository's, whatever is installed."""
        if kernel_name == "amlib":
            return KernelSpec.from_resource_dir(str(kernel.KERNELSPEC))
        return super().get_kernel_spec(kernel_name)


class Kernel:
    """A kernel with a client."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    @property
    def pid(self) -> int:
        return self.manager.provisioner.pid

    @property
    def forked(self) -> bool:
        return isinstance(self.manager.provisioner.process, kernel.Forked)

    def outputs(self, code: str) -> list[dict]:
        """What a cell shows."""
        found = []
        self.client.execute_interactive(
            code,
            allow_stdin=False,
            # A kernel says that a cell failed before it drops what waits behind it: the next cell could be dropped too.
            stop_on_error=False,
            timeout=60,
            output_hook=lambda message: found.append((message["msg_type"], message["content"])),
        )
        kinds = ("stream", "execute_result", "display_data", "error")
        return [content | {"kind": kind} for kind, content in found if kind in kinds]

    def interrupted(self) -> str:
        """The error of a cell that is interrupted once it is known to run: sooner, and the signal may meet the next."""

        def interrupt(message: dict) -> None:
            if message["msg_type"] == "stream":
                self.manager.interrupt_kernel()

        cell = "import time; print('begun', flush=True); time.sleep(60)"
        return self.client.execute_interactive(cell, timeout=30, output_hook=interrupt)["content"]["ename"]

    def run(self, code: str) -> str:
        """What a cell prints, or its error."""
        found = self.outputs(code)
        if errors := [output for output in found if output["kind"] == "error"]:
            return f"{errors[0]['ename']}: {errors[0]['evalue']}"
        return "".join(output["text"] for output in found if output["kind"] == "stream").strip()


@contextmanager
def managed(name: str = "amlib", **provisioner: Any) -> Iterator[KernelManager]:
    """A manager that talks by socket files in a folder of its own; what it has started ends with it."""
    with tempfile.TemporaryDirectory(prefix="am-", dir=kernel.place_of_sockets()) as folder:
        manager = KernelManager(
            kernel_name=name,
            kernel_spec_manager=_Specs(),
            transport="ipc",
            ip=f"{folder}/k",
            connection_file=f"{folder}/with a space/kernel.json",
            config=Config({"WarmProvisioner": provisioner}),
        )
        os.mkdir(f"{folder}/with a space")
        try:
            yield manager
        finally:
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
            else:
                manager.cleanup_resources()


@contextmanager
def connected(manager: KernelManager, timeout: float = 60) -> Iterator[Kernel]:
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=timeout)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()


@contextmanager
def started(name: str = "amlib", *, options: dict | None = None, **kwargs: Any) -> Iterator[Kernel]:
    with managed(name, **options or {}) as manager:
        manager.start_kernel(**kwargs)
        with connected(manager) as one:
            yield one


def site(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str, name: str = "sitecustomize") -> None:
    """A module that every interpreter finds which starts during a test."""
    (folder / f"{name}.py").write_text(code)
    places = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(places))
