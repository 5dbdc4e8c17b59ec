"""Lets sentry-sdk before 2.0 write its log, which reads no SENTRY_DEBUG.

Python imports this module at its start, where a second run puts it first in
PYTHONPATH. It must not change what the application does: all that goes wrong
in here is the end of it, and the module whose place it takes is run.
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec


class _Switch:
    """Finds sentry_sdk.client once, and has its options say debug."""

    def find_spec(self, name, path=None, target=None):
        if name != "sentry_sdk.client":
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            try:
                _switch_on(module)
            except Exception:
                pass

        spec.loader.exec_module = exec_module
        return spec


def _switch_on(client):
    from sentry_sdk.consts import VERSION

    if int(VERSION.split(".")[0]) >= 2:
        return  # it reads SENTRY_DEBUG
    options = client.get_options

    def get_options(*args, **kwargs):
        found = options(*args, **kwargs)
        found["debug"] = True
        return found

    client.get_options = get_options


def _run_other():
    """Runs the sitecustomize that this one hides."""
    here = os.path.dirname(__file__)
    spec = PathFinder.find_spec("sitecustomize", [p for p in sys.path if p != here])
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


sys.meta_path.insert(0, _Switch())
_run_other()
