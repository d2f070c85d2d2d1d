"""Another image of Ceph for a lab: the one that it has, with a label more. Pushed, and named by the signed images.lock.

Run as a program in the site's folder, because it opens the site with its secrets:

    python -m tests.e2e.second_image LABEL
"""

from __future__ import annotations

import subprocess
import sys

from groundplane.cli.common import open_site_and_secrets
from groundplane.cli.settings import settings
from groundplane.site.images_lock import read_lock
from groundplane.supply.signature import signing_key
from groundplane.supply.site_registry import open_registry
from groundplane.supply.trusted_lock import write_signed_lock

IMAGE = "ceph"


def said(*words: str, stdin: str = "") -> str:
    return subprocess.run(words, input=stdin, capture_output=True, text=True, check=True).stdout.strip()


def main(label: str) -> None:
    site, secrets = open_site_and_secrets(None)
    lock = read_lock(site.path)
    first = lock.images[IMAGE]
    name = f"localhost/groundplane/e2e/{IMAGE}:{label}"
    recipe = f"FROM localhost/groundplane/images/{IMAGE}:{first.tag}\nLABEL e2e={label}\n"
    said("podman", "build", "--quiet", "--pull=never", "--tag", name, "-", stdin=recipe)
    try:
        image_id = said("podman", "image", "inspect", "--format", "{{.Id}}", name)
        with open_registry(site, memory=settings().runtime) as opened:
            said(
                *("skopeo", "copy", "--quiet", "--dest-authfile", str(opened.auth_file)),
                *("--dest-cert-dir", str(opened.certificates), f"containers-storage:{name}"),
                f"docker://{opened.registry.push_reference(IMAGE, label)}",
            )
            with opened.registry.reader() as reader:
                digest = reader.digest(opened.registry.path(IMAGE), label)
    finally:
        said("podman", "rmi", name)
    second = first.model_copy(update={"digest": digest, "image_id": f"sha256:{image_id}"})
    changed = lock.model_copy(update={"images": {**lock.images, IMAGE: second}})
    key = signing_key(secrets.values, site.path)
    write_signed_lock(site.path, changed, private_key=key, runtime=settings().runtime)
    sys.stdout.write(f"{digest}\n")


if __name__ == "__main__":
    main(sys.argv[1])
