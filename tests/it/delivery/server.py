"""A mail server that does what the recipient's name says, and writes each mail that it accepts as JSON.

Arguments: folder, certificate, key, port, and 'implicit' for TLS from the start. The first line of output is the port.
"""
import asyncio
import email.policy
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

folder, certificate, key = (pathlib.Path(argument) for argument in sys.argv[1:4])
seen = {}


class Handler:
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        if (folder / 'hold').exists():
            write('hangs-ehlo', {})
            while (folder / 'hold').exists():
                await asyncio.sleep(0.02)
        return responses

    async def handle_QUIT(self, server, session, envelope):
        if getattr(session, 'is_mute', False):
            await asyncio.sleep(3600)
        return '221 Bye'

    async def handle_RCPT(self, server, session, envelope, address, options):
        mode = address.split('@')[0]
        seen[address] = seen.get(address, 0) + 1
        session.is_mute = mode.startswith('mute')
        if mode == 'busy' and seen[address] == 1:
            return '451 4.3.0 come back later'
        if mode == 'named':
            return f'550 5.1.1 <{address.upper()}> is unknown here'
        if mode in ('no', 'muteno'):
            return '550 5.1.1 no such mailbox here'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        mode = address.split('@')[0]
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if mode == 'quote' and seen[address] == 1:
            text = message.get_body(('plain',)).get_content()
            link = next(line for line in text.splitlines() if line.startswith('http'))
            return f'554 5.7.1 bad link {link}'
        if mode == 'hang' or (mode == 'hangonce' and seen[address] == 1):
            write(f'hangs-{address}', {})
            await asyncio.sleep(3600)
        write(f'mail-{len(list(folder.glob("mail-*"))):04}', {
            'from': envelope.mail_from,
            'to': envelope.rcpt_tos,
            'encrypted': server.transport.get_extra_info('sslcontext') is not None,
            'user': getattr(session, 'auth_data', None),
            'headers': [[name, str(value)] for name, value in message.items()],
            'text': message.get_body(('plain',)).get_content(),
            'html': message.get_body(('html',)).get_content(),
            'raw': envelope.content.decode('latin-1'),
        })
        # The mail has arrived, and its sender does not learn it.
        if mode == 'slow':
            await asyncio.sleep(2)
        if mode == 'drop' and seen[address] == 1:
            server.transport.abort()
        return '250 OK'


def write(name, value):
    draft = folder / f'.{name}'
    draft.write_text(json.dumps(value))
    draft.rename(folder / f'{name}.json')


def authenticate(server, session, envelope, mechanism, data):
    session.is_mute = isinstance(data, LoginPassword) and data.login == b'mute'
    is_right = isinstance(data, LoginPassword) and data.login == b'keys' and data.password == b'right password'
    return AuthResult(success=is_right, handled=is_right, auth_data=data.login.decode() if is_right else None)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def session():
        return SMTP(Handler(), hostname='mail.test', tls_context=None if is_implicit else context,
                    require_starttls=not is_implicit, authenticator=authenticate, auth_required=True,
                    auth_require_tls=not is_implicit, timeout=120)

    is_implicit = sys.argv[5:] == ['implicit']
    create = asyncio.get_running_loop().create_server
    server = await create(session, '127.0.0.1', int(sys.argv[4]), ssl=context if is_implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(3600)


asyncio.run(main())
