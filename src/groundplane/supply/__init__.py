"""Where images, packages and wheels come from: built from package registries, kept in one cache, locked, moved.

Takes a `Site` (which images it needs follows from its layers and switches) and gives images in a store on this machine,
images.lock with what is in them, a registry filled, or a bundle for a network that reaches none.

Start with `catalogue.needed_images` and `image_plan`; then `build` (how an image comes to be), `store` (where it lies),
`locking` (what is written down), `push` (how it gets to the hosts' registry), `bundle` (all of it in a folder).
"""
