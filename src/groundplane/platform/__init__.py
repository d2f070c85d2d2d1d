"""The platform: what users find in the cloud, declared by the site and kept so: projects, flavors, images, networks.

Takes the layer's options (`configuration`) and the cloud's API, and gives actions of the engine: each kind of object is
compared with what is there, and made, changed or, where it was made here, removed (`reconcile`).

Start with `reconcile` and one kind, such as `flavors`; `actions` says which there are.
"""
