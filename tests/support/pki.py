"""Certificates for tests, made by openssl."""

import subprocess


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificate(folder, name, ca=None, days=2):
    """folder/name.pem and .key, for localhost and 127.0.0.1; signed by the CA of that name, or one itself."""
    key, request, out = (folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    if ca is None:
        openssl("req", "-x509", "-new", "-key", key, "-out", out, "-subj", f"/CN={name}", "-days", days)
        return
    openssl("req", "-new", "-key", key, "-out", request, "-subj", f"/CN={name}", "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1")
    openssl("x509", "-req", "-in", request, "-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key",
            "-CAcreateserial", "-out", out, "-days", days, "-copy_extensions", "copy")
