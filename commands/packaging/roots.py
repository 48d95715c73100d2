"""The five roots that sign for AWS's endpoints, out of botocore's list of all that anybody trusts."""

import re
import ssl
from functools import cache
from pathlib import Path

import botocore

ROOTS = "serving/aws/roots.pem"
"""Where a zip has them."""
NAMES = {
    *(f"Amazon Root CA {number}" for number in (1, 2, 3, 4)),
    "Starfield Services Root Certificate Authority - G2",
}
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)


@cache
def amazon_roots() -> str:
    """As PEM. Raises RuntimeError when the list of this botocore lacks one."""
    listed = (Path(botocore.__file__).parent / "cacert.pem").read_text(encoding="utf-8")
    found = {name: block for block in _CERTIFICATE.findall(listed) if (name := _name(block)) in NAMES}
    if found.keys() != NAMES:
        lacking = ", ".join(sorted(NAMES - found.keys()))
        raise RuntimeError(f"botocore {botocore.__version__} does not trust {lacking}, which sign for AWS")
    return "".join(found[name] for name in sorted(found))


def _name(block: str) -> str:
    """The last part of the subject."""
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.load_verify_locations(cadata=block)
    (root,) = trusted.get_ca_certs() or ({"subject": ((("", ""),),)},)
    return str(root["subject"][-1][0][1])
