"""Lets every interpreter of ceph-mgr import the extensions that are made with PyO3 (cryptography's, bcrypt's).

ceph-mgr runs each of its modules in an interpreter of its own. PyO3 keeps what belongs to an interpreter (classes,
exceptions) in variables of the shared object, so it refuses to start in a second one; and Python 3.13 starts such an
extension in the main interpreter before it does so in the one that asked. Therefore an interpreter that was refused
gets a copy of the shared object, with variables of its own, which is started in this interpreter alone. The packages'
files stay as they are, and programs with one interpreter notice nothing.

See https://github.com/PyO3/pyo3/issues/576 and https://tracker.ceph.com/issues/64213.
"""

from importlib.machinery import ExtensionFileLoader

load_shared = ExtensionFileLoader.create_module


def create_module(loader, spec):
    """The extension as Python loads it; where PyO3 refuses that, one that only this interpreter has."""
    try:
        return load_shared(loader, spec)
    except ImportError as refused:
        # "… do not yet support subinterpreters", "… may only be initialized once per interpreter process"
        if not str(refused).startswith("PyO3 modules"):
            raise
    return load_copy(spec)


def load_copy(spec):
    # Every Python process of the image reads this file, and only ceph-mgr gets here.
    import ctypes
    import os
    import tempfile

    with open(spec.origin, "rb") as source:
        content = source.read()
    descriptor, copy = tempfile.mkstemp(prefix="ceph-mgr-", suffix=f"-{os.path.basename(spec.origin)}")
    try:
        with os.fdopen(descriptor, "wb") as sink:
            sink.write(content)
        # What is mapped outlives its name; a name that is still there would be taken for the same shared object.
        library = ctypes.PyDLL(copy)
    finally:
        os.unlink(copy)
    start = library["PyInit_" + spec.name.rpartition(".")[2]]
    start.restype = ctypes.py_object
    module = start()
    module.__name__ = spec.name
    return module


ExtensionFileLoader.create_module = create_module
