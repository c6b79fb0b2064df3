"""Certificates for a test, made by openssl."""

import subprocess


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificate(folder, name, ca, days=2, hosts="DNS:localhost,IP:127.0.0.1", more=()):
    """folder/name.pem and .key, signed by `ca` (a name, or None for an authority of its own)."""
    key, request, out = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    if ca is None:
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", out, "-subj",
                f"/CN={name}", "-days", days)
        return
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}",
            "-addext", f"subjectAltName={hosts}")
    openssl("x509", "-req", "-in", request, "-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key",
            "-CAcreateserial", "-out", out, "-days", days, "-copy_extensions", "copy", *more)
