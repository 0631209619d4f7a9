"""What a forked kernel leaves out that IPython's would do, and that nobody misses it."""

from __future__ import annotations

import pytest
from ipykernel.kernelapp import IPKernelApp
from IPython.core.formatters import PlainTextFormatter
from jupyter_client.session import Session
from kernels import started

from amlib import kernel
from amlib.kernel_forked import App

pytestmark = pytest.mark.skipif(not kernel.can_fork(), reason="kernels are ordinary ones here")

TOLD = [
    [],
    ["-f", "/a b/kernel.json"],
    ["-f", "k.json", "--PlainTextFormatter.pprint=False", "--PlainTextFormatter.max_width=40"],
    ["--Session.key=a=b\nc", "--Session.keyfile="],
    ["--InteractiveShellApp.exec_lines=1", "--InteractiveShellApp.exec_lines=2"],
    ["--debug", "-f", "k.json"],
    ["--ip=here", "--App.log_level=30"],
    ["more", "--", "-f", "k.json"],
]


@pytest.mark.parametrize("argv", TOLD, ids=" ".join)
def test_arguments_say_what_they_say_to_any_kernel(argv: list[str]):
    heard = []
    for app in (App(), IPKernelApp()):
        app.parse_command_line(argv)
        session, text = Session(config=app.config), PlainTextFormatter(config=app.config)
        traits = app.connection_file, app.exec_lines, app.log_level, app.ip
        given = session.keyfile, session.key if "Session" in app.config else None, text.pprint, text.max_width
        heard.append((app.argv, app.extra_args, *traits, *given))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("argv", [["-f"], ["-f", "a", "-f", "b"], ["--ip"]], ids=" ".join)
def test_wrong_arguments_are_as_wrong_as_to_any_kernel(argv: list[str], capsys: pytest.CaptureFixture):
    for app in (App(), IPKernelApp()):
        with pytest.raises(SystemExit):
            app.parse_command_line(argv)
    assert "connection_file" in (said := capsys.readouterr().err) or "--ip" in said


@pytest.mark.parametrize("only_cells", [False, True])
def test_a_kernel_that_is_asked_for_cells_only_has_no_thread_for_anything_else(only_cells: bool):
    threads = "import threading; print(sorted(type(one).__name__ for one in threading.enumerate()))"
    with started(extra_arguments=[f"--App.only_cells={only_cells}"]) as one:
        assert one.forked
        found = one.run(threads)
        assert "ControlThread" in found  # through which it is interrupted and ended
        assert [name in found for name in ("ShellChannelThread", "Heartbeat")] == [not only_cells] * 2
        features = one.client.kernel_info(reply=True, timeout=20)["content"]["supported_features"]
        assert ("kernel subshells" in features) != only_cells
        assert one.run("for i in range(3): print(i)\n1 / 0") == "ZeroDivisionError: division by zero"
        assert one.interrupted() == "KeyboardInterrupt"
        assert one.run("print(input.__name__)") == "raw_input"


def test_a_reset_takes_what_a_notebook_imported_and_nothing_else():
    of_a_notebook, of_the_kernel = "tabnanny", ("zmq", "amlib", "IPython.extensions.storemagic")
    with started() as one:
        assert one.forked
        loaded = f"import sys; print([name in sys.modules for name in {(of_a_notebook, *of_the_kernel)}])"
        assert one.run(f"import {of_a_notebook}, amlib; {loaded}") == "[True, True, True, True]"
        assert one.run(f"get_ipython().reset(aggressive=True); {loaded}").endswith("[False, True, True, True]")


@pytest.mark.parametrize("only_cells", [False, True])
def test_a_kernel_that_is_asked_for_cells_only_says_what_they_print_and_when_they_have_ended(only_cells: bool):
    with started(extra_arguments=[f"--App.only_cells={only_cells}"]) as one:
        said = []
        one.client.execute_interactive(
            "print(1); 2", timeout=60, output_hook=lambda message: said.append(message["msg_type"])
        )
    assert said == ([] if only_cells else ["status", "execute_input"]) + ["stream", "execute_result", "status"]
