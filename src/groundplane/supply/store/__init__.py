"""The store: every built image of this machine, content-addressed, in CACHE/images/store.

It is laid out as the CNCF distribution's registry lays out its files, so whatever asks "is it there" looks at the
disk, and the registry itself runs only while something is copied in or out.
"""

from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.opening import (
    ExclusiveStore,
    collect_garbage,
    open_store,
    open_store_alone,
    store_root,
    using_images,
)
from groundplane.supply.store.store import Store

__all__ = [
    "ExclusiveStore",
    "Store",
    "StoreFiles",
    "collect_garbage",
    "open_store",
    "open_store_alone",
    "store_root",
    "using_images",
]
