"""Keys, tags and tokens, written from docs/protocol.md alone (sections Keys, Tokens and Login)."""

import base64
import hashlib
import hmac
import json
import struct


def b64u(data):
    """base64url without padding, as text."""
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode('ascii')


def unb64u(text):
    """The bytes of base64url text; ValueError when it is not the one canonical form."""
    data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    if b64u(data) != text:
        raise ValueError(f'not canonical base64url: {text!r}')
    return data


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt, secret):
    """HKDF-Extract; an empty salt is 32 zero bytes."""
    return mac(salt or bytes(32), secret)


def expand(prk, info):
    """HKDF-Expand for L = 32: one block."""
    return mac(prk, info.encode('ascii') + b'\x01')


def server_key(master, name):
    """K_jwt, K_rt, K_sess, K_dfp or K_ticket of a master key."""
    return expand(extract(b'', master), f'gwrk/1 {name}')


def session_secret(master, kid, sid):
    return mac(server_key(master, 'sess'), sid + bytes([kid]))


def connection_keys(secret, snonce, cnonce):
    """(K_c2s, K_s2c) of one connection."""
    prk = extract(snonce + cnonce, secret)
    return expand(prk, 'gwrk/1 c2s'), expand(prk, 'gwrk/1 s2c')


def ticket(master, uid, exp_s):
    exp = struct.pack('<I', exp_s)
    return b64u(exp + mac(server_key(master, 'ticket'), exp + uid.encode('ascii'))[:16])


def token_claims(token):
    return json.loads(unb64u(token.split('.')[1]))


def token_header(kid=1):
    return f'{{"alg":"HS256","typ":"at+jwt","kid":"{kid}"}}'


def signed_token(master, claims, head=None):
    """An access token with these claims under the server's own key: for tokens that only differ in what they say."""
    signed = b64u((head or token_header()).encode()) + '.' + b64u(json.dumps(claims, separators=(',', ':')).encode())
    return signed + '.' + b64u(mac(server_key(master, 'jwt'), signed.encode('ascii')))


def refresh_token(master, fam, gen, uid):
    body = fam + struct.pack('<I', gen)
    return body + mac(server_key(master, 'rt'), body + uid.encode('ascii'))[:16]
