"""One open store: what is in it, and images put in and taken out."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.machine.processes import Processes
from groundplane.supply.model import IMAGE_NAMESPACE
from groundplane.supply.store.container import RunningStore, basic_credentials
from groundplane.supply.store.disk import NAMESPACE, StoreFiles

if TYPE_CHECKING:
    from groundplane.machine.podman import Podman
    from groundplane.supply.store.sharing import SharedRegistry

MANIFEST_TYPES = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"
LAST_LINES = 8
COMPRESSION = "gzip"
"""Docker 20.10, Debian 12's, unpacks no zstd ("invalid tar header", measured). One format for all releases, because
podman takes a layer that the store has as it is; zstd took 10 % less time and 17 % less room."""


class Store:
    """Made by `open_store`. Questions are answered from the disk; the registry starts with the first copy.

    Attributes:
        root: CACHE/images/store.
        files: what lies there.
    """

    def __init__(self, root: Path, registry: SharedRegistry, *, podman: Podman) -> None:
        self.root = root
        self.files = StoreFiles(root)
        self._registry = registry
        self._podman = podman
        self._running: RunningStore | None = None
        self._starting = threading.Lock()

    @property
    def address(self) -> str:
        """HOST:PORT of the registry, on this machine alone, without TLS; started where it doesn't run yet."""
        return self._run().address

    @property
    def auth_file(self) -> Path:
        """Accounts for podman and skopeo, good for as long as the store is open."""
        self._run()
        return self._registry.auth_file

    def reference(self, name: str, tag_or_digest: str) -> str:
        """HOST:PORT/images/NAME with :TAG or @DIGEST; the registry runs from here on."""
        mark = "@" if tag_or_digest.startswith("sha256:") else ":"
        return f"{self.address}/{NAMESPACE}/{name}{mark}{tag_or_digest}"

    def has(self, name: str, tag: str) -> str | None:
        """The manifest's digest, where the image is there whole (each layer with its size); None otherwise."""
        digest = self.files.tag_digest(name, tag)
        return digest if digest is not None and self.files.is_whole(name, digest) else None

    def has_digest(self, name: str, digest: str) -> bool:
        """Whether the image with this manifest is there whole, whatever its tag."""
        return self.files.is_whole(name, digest)

    def push(self, local_name: str, name: str, tag: str, *, processes: Processes | None = None) -> str:
        """Copies an image of podman's storage here, its layers compressed; the manifest's digest.

        The tag comes last: an interrupted copy leaves none.

        Args:
            local_name: the image in podman's storage.
            processes: what ends the copy when somebody asks to.

        Raises:
            FailedError: the copy failed; carries podman's last lines.
            CancelledError: `processes` was stopped.
        """
        target = self.reference(name, tag)
        with tempfile.TemporaryDirectory(prefix="groundplane-push-") as folder:
            digest_file = Path(folder) / "digest"
            said: list[str] = []
            words = self._podman.words(
                *("push", "--format", "oci", "--compression-format", COMPRESSION, "--tls-verify=false", "--quiet"),
                *("--authfile", str(self.auth_file), "--digestfile", str(digest_file), local_name, target),
            )
            # Builds wait for nothing here; this one may wait for them.
            code = (processes or Processes()).run(["nice", "-n", "5", *words], on_line=said.append)
            if code != 0:
                raise FailedError(
                    f"Storing the image {name} failed",
                    why="\n".join([f"podman push ended with {code}", *said[-LAST_LINES:]]),
                    cure=f"Look at the free space of {self.root} (df -h {self.root}) and call again.",
                )
            digest = digest_file.read_text(encoding="ascii").strip()
        if self.has(name, tag) != digest:
            raise FailedError(
                f"Storing the image {name} failed",
                why=f"podman pushed {digest}, and that is not whole in {self.root}",
                cure=f"Look at the free space of {self.root} (df -h {self.root}) and call again.",
            )
        return digest

    def manifest(self, name: str, reference: str) -> dict[str, Any]:
        """The manifest by tag or digest.

        Raises:
            FailedError: there is no such image, or it is damaged.
        """
        digest: str | None = reference
        if not reference.startswith("sha256:"):
            digest = self.files.tag_digest(name, reference)
        found = self.files.json_blob(digest) if digest is not None and self.files.has_revision(name, digest) else None
        if found is None:
            raise missing_image(name, reference)
        return found

    def config(self, name: str, digest: str) -> dict[str, Any]:
        """An image's configuration, by its manifest's tag or digest.

        Raises:
            FailedError: there is no such image, or it is damaged.
        """
        found = self.files.json_blob(str(self.manifest(name, digest)["config"]["digest"]))
        if found is None:
            raise missing_image(name, digest)
        return found

    def stored_bytes(self, name: str, reference: str) -> int:
        """Compressed size of all layers, parents' included."""
        return sum(int(layer["size"]) for layer in self.manifest(name, reference)["layers"])

    def fetch(self, name: str, digest: str, *, tag: str | None = None) -> str:
        """Puts an image back into podman's storage; its local name there.

        Args:
            digest: the manifest's.
            tag: what it is called by there; the tag that the store has for the digest where absent.

        Raises:
            FailedError: it isn't here, or podman failed.
        """
        self.manifest(name, digest)
        if tag is None:
            tag = next((known for known, found in self.files.tags(name).items() if found == digest), digest[7:19])
        source = self.reference(name, digest)
        self._podman.run(
            *("pull", "--quiet", "--tls-verify=false", "--authfile", str(self.auth_file), source),
            doing=f"Taking {name} from the image store",
            timeout=1800,
        )
        local = f"{IMAGE_NAMESPACE}/{name}:{tag}"
        self._podman.run("tag", source, local, doing=f"Naming the image {name}")
        self._podman.run("untag", source, source, doing=f"Naming the image {name}")
        return local

    def remove(self, name: str, digest: str) -> None:
        """Takes a manifest and its tags away; its layers go with `collect_garbage`. Absent is fine.

        Raises:
            FailedError: the registry refused.
        """
        if not self.files.has_revision(name, digest):
            return
        status = self._request("DELETE", f"/v2/{NAMESPACE}/{name}/manifests/{digest}")
        if status not in (http.client.ACCEPTED, http.client.NOT_FOUND):
            raise FailedError(f"Removing {name}@{digest} from the image store failed", why=f"it answered {status}")

    def stop(self) -> None:
        """Ends the registry; the next copy starts it again."""
        with self._starting:
            if self._running is not None:
                self._running = None
                self._registry.leave()

    def free_bytes(self) -> int:
        self.root.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self.root).free

    def _run(self) -> RunningStore:
        with self._starting:
            if self._running is None:
                self._running = self._registry.join()
            return self._running

    def _request(self, method: str, path: str) -> int:
        running = self._run()
        connection = http.client.HTTPConnection(running.address, timeout=60)
        try:
            headers = {"Authorization": f"Basic {basic_credentials(running.password)}", "Accept": MANIFEST_TYPES}
            connection.request(method, path, headers=headers)
            return connection.getresponse().status
        except OSError as error:
            raise FailedError("The image store does not answer", why=f"{running.address}: {error}") from error
        finally:
            connection.close()


def missing_image(name: str, reference: str) -> FailedError:
    return FailedError(
        f"The image store has no whole {name} ({reference})", cure="Build what is missing: groundplane images build"
    )
