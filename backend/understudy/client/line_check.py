"""Why there is no line to a server that should be there: what a TLS handshake of our own says.

gRPC tells every such trouble as UNAVAILABLE, in words that differ from one version to the next.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
from pathlib import Path

from understudy.domain.errors import BadSettings, NotAuthenticated, UnderstudyError
from understudy.domain.server_file import ServerLocation

_PATIENCE_S = 2.0


def line_fault(location: ServerLocation) -> UnderstudyError | None:
    """What is wrong with the certificates or the kind of line; None when that is not the trouble.

    Trying again does not mend any of these, so they are no ServerUnreachable.
    """
    host, _, port = location.address.rpartition(":")
    if location.address.startswith("unix:") or not port.isdigit():
        return None
    if location.certificate:
        return _fault_of_tls(host.strip("[]"), int(port), location)
    return _fault_of_plain(host.strip("[]"), int(port), location)


def _secured(context: ssl.SSLContext, host: str, port: int) -> ssl.SSLSocket:
    """A TLS line, the handshake done. Raises: OSError, of which ssl.SSLError is one.

    Wrapped before it connects: a line that is reset between the two, Python would leave open.
    """
    refused: OSError = ConnectionRefusedError(f"nobody is at {host}:{port}")
    for family, kind, _, _, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        name = host if context.check_hostname else None
        line = context.wrap_socket(socket.socket(family, kind), server_hostname=name)
        line.settimeout(_PATIENCE_S)
        try:
            line.connect(where)
            return line
        except ConnectionRefusedError as error:
            line.close()
            refused = error
        except OSError:
            line.close()
            raise
    raise refused


def _fault_of_tls(host: str, port: int, location: ServerLocation) -> UnderstudyError | None:
    try:
        context = ssl.create_default_context(cadata=location.certificate)
        if location.client_certificate:
            _show(context, location)
    except (ssl.SSLError, ValueError) as cause:
        return BadSettings(f"the certificates to use are not PEM, or do not fit the key: {cause}")
    context.set_alpn_protocols(["h2"])
    shaken = False
    try:
        with _secured(context, host, port) as secured:
            shaken = True
            # A server that wants another certificate ends the line only now, and gRPC's says nothing.
            return None if secured.recv(1) else _refused(location)
    except ssl.SSLCertVerificationError as error:
        return NotAuthenticated(
            f"the certificate of the backend at {location.address} is not accepted: {error.verify_message}"
        )
    except ssl.SSLError as error:
        if "WRONG_VERSION_NUMBER" in str(error):
            return NotAuthenticated(
                f"the backend at {location.address} speaks no TLS; on its own machine use no certificate"
            )
        return _refused(location)
    except ConnectionResetError:
        return _refused(location) if shaken else None
    except OSError:
        return None


def _show(context: ssl.SSLContext, location: ServerLocation) -> None:
    """Show our certificate in this handshake too. Python takes it from files only."""
    with tempfile.TemporaryDirectory() as folder:  # nobody else may look into it
        certificate, key = Path(folder, "client.pem"), Path(folder, "client.key")
        certificate.write_text(location.client_certificate)
        key.write_text(location.client_key)
        context.load_cert_chain(certificate, key, password="")


def _refused(location: ServerLocation) -> UnderstudyError:
    if location.client_certificate:
        return NotAuthenticated(
            f"the backend at {location.address} does not accept our client certificate; it must be signed by "
            "the authority that the server trusts, and not have ended"
        )
    return NotAuthenticated(
        f"the backend at {location.address} wants a client certificate; "
        "give --client-certificate and --client-key"
    )


def _fault_of_plain(host: str, port: int, location: ServerLocation) -> UnderstudyError | None:
    """Whether the server speaks TLS while we do not. Nothing secret is sent, so anybody may answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    try:
        _secured(context, host, port).close()
    except OSError:
        return None
    return NotAuthenticated(
        f"the backend at {location.address} speaks TLS; say with --certificate (or UNDERSTUDY_CERTIFICATE) "
        "whom to trust"
    )
