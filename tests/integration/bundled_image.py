"""Puts a tiny image into the store under the name of one that the site runs, and locks it; run in the site's folder.

    python -m tests.integration.bundled_image NAME WORD

The image prints WORD.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from groundplane.cli.common import open_site_and_secrets
from groundplane.cli.settings import settings
from groundplane.machine.base_image import ensure_base_image
from groundplane.machine.podman import host_podman
from groundplane.site.images_file import ImageSource
from groundplane.site.images_lock import ImagesLock, LockedImage
from groundplane.supply.model import image_tag
from groundplane.supply.signature import signing_key
from groundplane.supply.store import open_store
from groundplane.supply.store.container import limit_words
from groundplane.supply.trusted_lock import write_signed_lock


def main() -> None:
    name, word = sys.argv[1:]
    here, podman = settings(), host_podman()
    base = ensure_base_image("trixie", cache=here.cache)
    identity = hashlib.sha256(word.encode()).hexdigest()
    local, tag = f"localhost/gpbundle/{name}:{word}", image_tag("2026.1", identity)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Dockerfile").write_text(f'FROM {base}\nRUN echo {word} > /word\nCMD ["cat", "/word"]\n')
        words = ("build", "--quiet", "--network", "none", *limit_words(), "--tag", local, folder)
        subprocess.run(podman.words(*words), check=True, stdout=subprocess.DEVNULL)
    try:
        with open_store(cache=here.cache, podman=podman, memory=here.runtime) as store:
            digest = store.push(local, name, tag)
    finally:
        podman.run("rmi", local)
    site, opened = open_site_and_secrets(None)
    image = LockedImage(digest=digest, tag=tag, identity=identity, suite="trixie", layer="identity", service=name)
    lock = ImagesLock(release="2026.1", source=ImageSource.BUILD, made_at="2026-11-21T00:00:00Z", images={name: image})
    write_signed_lock(site.path, lock, private_key=signing_key(opened.values, site.path), runtime=here.runtime)
    sys.stdout.write(f"{tag}\n")


if __name__ == "__main__":
    main()
