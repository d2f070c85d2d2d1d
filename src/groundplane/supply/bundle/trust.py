"""Whether a bundle comes from whom one trusts: by a signature, or by a checksum that its maker told."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundplane.errors import FailedError, InputError
from groundplane.supply.bundle.manifest import SIGNATURE, SIGNATURE_NAMESPACE

if TYPE_CHECKING:
    from groundplane.supply.bundle.reading import Bundle
    from groundplane.supply.signature import Signer


@dataclass(frozen=True, slots=True)
class Trust:
    """What a person vouches for, brought by another way than the bundle.

    Attributes:
        signers: a file of allowed signers.
        checksum: the SHA-256 of manifest.json, which stands for the whole bundle.
    """

    signers: Path | None = None
    checksum: str | None = None


def check_signature(bundle: Bundle, trust: Trust) -> Signer | None:
    """Who signed the manifest; None where a checksum vouches for it.

    Raises:
        InputError: nobody is said to be trusted, or the file of signers isn't there.
        FailedError: it isn't signed; it was changed; somebody else signed it; the checksum differs.
    """
    from groundplane.supply.signature import verify  # noqa: PLC0415

    if trust.checksum is not None:
        wanted = trust.checksum.removeprefix("sha256:").lower()
        if bundle.digest != f"sha256:{wanted}":
            raise FailedError(
                f"The bundle {bundle.path} isn't the one with that checksum",
                why=f"its manifest has {bundle.digest}, not sha256:{wanted}",
                cure="It was changed, or it's another one. Don't use it; ask its maker again.",
            )
        return None
    if trust.signers is None:
        raise InputError(
            "Nobody is known who may sign a bundle",
            why="neither a site nor a file of signers was given",
            cure="Name a file of allowed signers with --signers (not one from the bundle), or a site with --site.",
        )
    if not trust.signers.is_file():
        raise InputError(
            f"There is no file of signers {trust.signers}",
            cure="Bring the public keys of those whose bundles you trust, in ssh's format of allowed signers.",
        )
    if bundle.signature is None:
        raise FailedError(
            f"The bundle {bundle.path} isn't signed: it has no {SIGNATURE}",
            cure="Bring the bundle again; nothing of it was used.",
        )
    with tempfile.TemporaryDirectory(prefix="groundplane-bundle-") as folder:
        signature = Path(folder) / SIGNATURE
        signature.write_text(bundle.signature, encoding="utf-8")
        try:
            return verify(
                bundle.text,
                signature,
                trust.signers,
                namespace=SIGNATURE_NAMESPACE,
                what=f"the manifest of {bundle.path.name}",
                place=bundle.path,
            )
        except InputError as error:
            what = error.what[:1].upper() + error.what[1:]
            raise FailedError(what, why=error.why, cure=error.cure, place=error.place) from error
