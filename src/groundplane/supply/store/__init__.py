"""The store: every built image of this machine, content-addressed, in CACHE/images/store.

It is laid out as the CNCF distribution's registry lays out its files, so whatever asks "is it there" looks at the
disk, and the registry itself runs only while something is copied in or out.
"""

from groundplane.supply.store.disk import StoreFiles
from groundplane.supply.store.opening import collect_garbage, need_idle_store, open_store, store_root
from groundplane.supply.store.store import Store

__all__ = ["Store", "StoreFiles", "collect_garbage", "need_idle_store", "open_store", "store_root"]
