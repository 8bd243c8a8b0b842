"""A mail server on one port, made of aiosmtpd: what it takes it writes into a folder, a JSON file a message."""

import argparse
import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

options = argparse.ArgumentParser()
options.add_argument("--port", type=int, required=True)
options.add_argument("--folder", required=True)
options.add_argument("--cert")
options.add_argument("--key")
options.add_argument("--implicit", action="store_true")
options.add_argument("--user")
options.add_argument("--password")
options = options.parse_args()


def part(message, kind):
    found = message.get_body(preferencelist=(kind,))
    return found.get_content() if found else ""


class Keep:
    count = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy"):
            return "451 4.3.0 come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        kept = {
            "to": envelope.rcpt_tos,
            "from": envelope.mail_from,
            "header_from": str(message["From"]),
            "subject": str(message["Subject"]),
            "id": str(message["Message-ID"]),
            "date": str(message["Date"]),
            "text": part(message, "plain"),
            "html": part(message, "html"),
            "tls": session.ssl is not None,
            "user": (session.auth_data or b"").decode() if session.authenticated else "",
            "raw": envelope.content.decode("utf-8", "replace"),
        }
        Keep.count += 1
        path = os.path.join(options.folder, "%06d.%d" % (Keep.count, os.getpid()))
        with open(path + ".new", "w") as file:
            json.dump(kept, file)
        os.rename(path + ".new", path + ".json")
        if Keep.count == 1 and envelope.rcpt_tos[0].startswith("slow"):
            await asyncio.sleep(20)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == options.user.encode() and data.password == options.password.encode()
    # Not handled: aiosmtpd says so itself.
    return AuthResult(success=right, handled=right, auth_data=data.login if right else None)


context = None
if options.cert:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.cert, options.key)
settings = {"hostname": "127.0.0.1", "port": options.port, "ready_timeout": 20}
if options.implicit:
    settings["ssl_context"] = context
elif context:
    settings.update(tls_context=context, require_starttls=True)
if options.user:
    settings.update(
        authenticator=authenticate,
        auth_required=True,
        # aiosmtpd takes a connection that is TLS from its first byte for one without.
        auth_require_tls=bool(context) and not options.implicit,
    )
controller = Controller(Keep(), **settings)
controller.start()
print("listening", flush=True)
# Whoever started it closes this when it goes.
sys.stdin.read()
controller.stop()
