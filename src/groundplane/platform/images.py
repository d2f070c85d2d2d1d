"""Images (step platform.images).

An image is uploaded for nobody but the administrator, its digest as Glance computed it compared with the file's, and
only then shown to whom it is for. What has another content than before comes as a new image of the same name; the old
one is renamed and hidden, because servers and volumes may still be made from it by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from groundplane.errors import FailedError
from groundplane.platform.image_files import Upload, checksum_of, image_file, is_url
from groundplane.platform.marks import PROPERTY, mark
from groundplane.platform.reconcile import Found, Leftover, Thing
from groundplane.platform.rest import IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from groundplane.platform.configuration import PlatformConfiguration
    from groundplane.platform.image_files import ImageFile
    from groundplane.platform.options import Image
    from groundplane.platform.rest import Rest
    from groundplane.site.site import Site

CHECKSUM = "groundplane_checksum"
"""The property with the declared checksum; it is set once the content was verified in the cloud."""
CONTENT, FORMAT, PROPERTIES = "content", "format", "property"
_FIELDS = ("visibility", "min_disk", "min_ram", "protected")
_SHOWN = {"min_disk": "least disk in GB", "min_ram": "least RAM in MiB"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


@dataclass(frozen=True, slots=True)
class ImageWork:
    """What only the work needs, and not the looking: where downloads are kept, and whether to stop."""

    cache: Path
    stopped: Callable[[], bool]


class Images:
    """See `reconcile.Kind`. Without `work` nothing is fetched: lists of checksums aren't looked at then."""

    def __init__(self, site: Site, asked: PlatformConfiguration, rest: Rest, work: ImageWork | None = None) -> None:
        self._site = site
        self._asked = asked
        self._rest = rest
        self._work = work
        listed = rest.all(IMAGE, "/images", "images", params={"limit": "500"})
        self._known = [one for one in listed if not one.get("os_hidden")]

    def things(self) -> Iterator[Thing]:
        for image in self._asked.images:
            yield self._thing(image)

    def leftovers(self) -> Iterator[Leftover]:
        declared = {image.name for image in self._asked.images}
        for one in self._known:
            if one["name"] not in declared and self._ours(one):
                prune = "images" in self._asked.prune
                yield Leftover(f"image {one['name']}", partial(self._remove, one) if prune else None)

    def _ours(self, one: Mapping[str, Any]) -> bool:
        return one.get(PROPERTY) == mark(self._site)

    def _declared(self, image: Image) -> dict[str, str]:
        """The properties, with where the file is from."""
        return {"image_source": image.source if is_url(image.source) else "private", **image.properties}

    def _thing(self, image: Image) -> Thing:
        checksum = checksum_of(image) if self._work is not None or not is_url(image.checksum) else ""
        wanted: dict[str, Any] = {
            CONTENT: checksum,
            FORMAT: image.disk_format,
            **{_SHOWN.get(name, name): getattr(image, name) for name in _FIELDS},
            PROPERTIES: self._declared(image),
        }
        return Thing(
            name=f"image {image.name}",
            wanted=wanted,
            look=lambda: self._look(image, checksum),
            make=lambda: self._make(image, checksum),
            change=lambda seen, names: self._change(image, checksum, seen, names),
            adopt=image.adopt,
        )

    def _find(self, name: str) -> dict[str, Any] | None:
        """Ours first; else one that everybody sees. Other projects' own images are none of our business."""
        named = [one for one in self._known if one["name"] == name]
        ours = [one for one in named if self._ours(one)]
        shown = [one for one in named if one.get("visibility") in ("public", "community")]
        return next(iter([*ours, *shown]), None)

    def _look(self, image: Image, checksum: str) -> Found | None:
        one = self._find(image.name)
        if one is None:
            return None
        content = one.get(CHECKSUM) or f"{one.get('os_hash_algo')}:{one.get('os_hash_value')}"
        declared = self._declared(image)
        return Found(
            id=one["id"],
            have={
                CONTENT: content if checksum else "",
                FORMAT: one.get("disk_format"),
                **{_SHOWN.get(name, name): one.get(name) for name in _FIELDS},
                PROPERTIES: {name: one[name] for name in declared if name in one},
            },
            ours=self._ours(one),
        )

    def _make(self, image: Image, checksum: str) -> None:
        if self._work is None:
            return
        file = image_file(image, checksum, site_path=self._site.path, cache=self._work.cache)
        body: dict[str, Any] = {
            "image_build_date": file.built,
            **self._declared(image),
            "name": image.name,
            "disk_format": image.disk_format,
            "container_format": "bare",
            "visibility": "private",
            "min_disk": image.min_disk,
            "min_ram": image.min_ram,
            PROPERTY: mark(self._site),
        }
        made = self._rest.call(IMAGE, "POST", "/images", body=body)
        try:
            self._send(made["id"], image, file)
        except FailedError:
            self._rest.call(IMAGE, "DELETE", f"/images/{made['id']}")
            raise
        shown = {"visibility": image.visibility, "protected": image.protected, CHECKSUM: checksum}
        self._patch(made, shown)

    def _send(self, id_: str, image: Image, file: ImageFile) -> None:
        from openstack.exceptions import raise_from_response  # noqa: PLC0415 - heavy

        stopped = self._work.stopped if self._work is not None else lambda: False
        with Upload(file, stopped) as upload:
            answer = self._rest.connection.image.put(
                f"/images/{id_}/file", data=upload, headers={"Content-Type": "application/octet-stream"}
            )
        raise_from_response(answer)
        arrived = self._rest.call(IMAGE, "GET", f"/images/{id_}")
        if arrived.get("os_hash_algo") == "sha512" and arrived.get("os_hash_value") != file.sha512:
            raise FailedError(
                f"The image {image.name} arrived damaged",
                why=f"Glance has sha512 {arrived.get('os_hash_value')}, the file {file.sha512}",
                cure="Apply again; look at Glance's logs where it comes again: groundplane openstack logs glance",
            )

    def _change(self, image: Image, checksum: str, seen: Found, names: Sequence[str]) -> None:
        one = next(each for each in self._known if each["id"] == seen.id)
        if {CONTENT, FORMAT} & set(names):
            unfinished = seen.ours and CHECKSUM not in one
            if not unfinished:
                self._retire(one)
            self._make(image, checksum)
            if unfinished:
                self._remove(one)
            return
        changed = {name: getattr(image, name) for name in _FIELDS if one.get(name) != getattr(image, name)}
        properties = {name: value for name, value in self._declared(image).items() if one.get(name) != value}
        self._patch(one, {**changed, **properties, PROPERTY: mark(self._site)})

    def _retire(self, one: Mapping[str, Any]) -> None:
        built = one.get("image_build_date") or str(one.get("created_at", ""))[:10]
        self._patch(one, {"name": f"{one['name']} ({built})", "os_hidden": True})

    def _patch(self, one: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        body = [
            {"op": "replace" if name in one else "add", "path": f"/{name}", "value": value}
            for name, value in values.items()
        ]
        self._rest.call(IMAGE, "PATCH", f"/images/{one['id']}", body=body, headers=PATCH)

    def _remove(self, one: Mapping[str, Any]) -> None:
        if one.get("protected"):
            self._patch(one, {"protected": False})
        self._rest.call(IMAGE, "DELETE", f"/images/{one['id']}")
