"""From HELLO to AUTH_OK, and every way not to get there."""

import os
import time

from protocol_exchange import each, exchange
from protocol_keys import b64u, signed_token, token_claims, token_header
from protocol_session import AT_BODY, AT_LEN, AUTH, ECHO, Account, Session, authenticated
from protocol_socket import BINARY, need


@exchange('HELLO, AUTH and AUTH_OK, whose tag proves that the server knows the secret')
def good_auth(server):
    account = Account(server)
    session = Session(account)
    session.send(session.auth())
    hb_ms, flags = session.auth_ok()
    need((hb_ms, flags), (server['heartbeatMs'], 0), 'AUTH_OK hbMs, flags')
    need(session.access_exp_s, account.access_exp, 'AUTH_OK.accessExpS')
    other = Session(account)
    need(other.snonce != session.snonce, True, 'snonce is fresh')
    other.end()
    session.end()


@exchange('AUTH_ERR 0201 for a bad tag, a bad dfp, a tampered token and a recorded AUTH')
def bad_auth(server):
    account = Account(server)
    flipped = account.token[:-1] + (b'A' if account.token[-1:] != b'A' else b'E')
    head, body, tail = account.token.split(b'.')
    record = {}

    def refused(**auth):
        def run():
            session = Session(account)
            session.send(session.auth(**auth))
            session.expect_auth_err(0x0201)
        return run

    def replayed():
        first = Session(account)
        record['auth'] = first.auth()
        first.send(record['auth'])
        first.auth_ok()
        second = Session(account)
        second.send(record['auth'])
        second.expect_auth_err(0x0201)
        first.send(first.ping())
        first.pong()
        first.end()

    return each([
        ('tag under another key', refused(key=os.urandom(32))), ('tag without snonce', refused(extra=b'')),
        ('another dfp', refused(dfp=os.urandom(32))),
        ('token signature', refused(token=flipped)), ('token claims', refused(token=head + b'.' + body[:-2] + b'AA.' + tail)),
        ('no token at all', refused(token=b'x')), ('1,024 letters', refused(token=b'x' * 1024)), ('recorded AUTH', replayed),
    ])


@exchange('AUTH_ERR 0201 for a well signed token that says the wrong thing')
def wrong_claims(server):
    account = Account(server)
    claims = token_claims(account.token.decode())
    now = int(time.time())

    def says(good=False, head=None, **changes):
        said = {name: value for name, value in {**claims, **changes}.items() if value is not None}

        def run():
            session = Session(account)
            session.send(session.auth(token=signed_token(server['master'], said, head).encode()))
            session.auth_ok() if good else session.expect_auth_err(0x0201)
            session.end()
        return run

    cases = [(f'no {name}', says(**{name: None})) for name in claims]
    return each(cases + [
        ('iss', says(iss='other')), ('aud', says(aud='gwrk')), ('aud an array', says(aud=['gwrk/ws'])), ('sub', says(sub='somebody')),
        ('sid', says(sid=b64u(os.urandom(16)))), ('jti', says(jti=b64u(os.urandom(16)))), ('exp over', says(iat=now - 901, exp=now - 1)),
        ('exp a text', says(exp=str(claims['exp']))), ('nbf to come', says(nbf=now + 60)), ('kid 2', says(head=token_header(2))),
        ('blank in the header', says(head=token_header() + ' ')), ('nbf gone by', says(good=True, nbf=now - 60)),
        ('nothing changed', says(good=True)),
    ])


@exchange('ERROR 0102 for the layout of AUTH, 0108 for its version')
def auth_layout(server):
    account = Account(server)

    def error(code, detail, **auth):
        def run():
            session = Session(account)
            session.send(session.auth(**auth))
            session.expect_error(code, AUTH, 1, detail)
        return run

    size = len(account.token)
    return each([
        ('ver 2', error(0x0108, AT_BODY, ver=2)), ('ver 0, and a flag', error(0x0108, AT_BODY, ver=0, flags=2)),
        ('flag 2', error(0x0102, AT_BODY + 2, flags=2)), ('tokLen short', error(0x0102, AT_BODY + 68, tok_len=size - 1)),
        ('tokLen long', error(0x0102, AT_BODY + 68, tok_len=size + 1)), ('tokLen 0', error(0x0102, AT_LEN, token=b'')),
        ('1,025 letters', error(0x0102, AT_LEN, token=b'x' * 1025)), ('reserved', error(0x0102, AT_BODY + 70, reserved=1)),
    ])


@exchange('packets behind the AUTH wait for its verdict and are then answered in order')
def early_packets(server):
    for apart in (False, True):
        session = Session(Account(server))
        auth, later = session.auth(), [session.op(ECHO, b'one'), session.op(ECHO, b'two'), session.ping()]
        if apart:
            session.send(auth)
            session.send(*later)
        else:
            session.send(auth, *later)
        session.auth_ok()
        need((session.ack(seq=2), session.ack(seq=3)), (b'one', b'two'), 'the echoes')
        session.pong()
        session.end()
    refused = Session(Account(server))
    refused.send(refused.auth(key=bytes(32)), refused.op(ECHO, b'one'))
    refused.expect_auth_err(0x0201)


@exchange('no good AUTH within 5 s is AUTH_ERR 0202, half a message or not', slow=True)
def auth_timeout(server):
    account = Account(server)
    silent, half = Session(account), Session(account)
    begun = silent.heard_at
    half.stream.frame(BINARY, half.auth()[:50], fin=False)
    silent.expect_auth_err(0x0202, 0)
    need(time.monotonic() - begun > 4.5, True, 'not before 5 s')
    half.expect_auth_err(0x0202, 0)


@exchange('a newer connection of a session replaces the older one: 0205')
def replaced(server):
    account = Account(server)
    old = authenticated(account)
    new = authenticated(account)
    old.expect_error(0x0205)
    new.send(new.op(ECHO, b'still here'))
    need(new.ack(), b'still here', 'the echo')
    new.end()


@exchange('resume keeps the seat in the room; without it the seat is gone')
def resumed(server):
    account, room = Account(server), server['room']()
    old = authenticated(account)
    slot = old.join(room).slot
    new = Session(account)
    new.send(new.auth(flags=1))
    need(new.auth_ok()[1], 1, 'AUTH_OK.flags')
    old.expect_error(0x0205)
    need(new.join(room).slot, slot, 'the slot')
    last = authenticated(account)
    need(last.leave(room), 0x0403, 'LEFT code')
    last.end()
    other = Session(Account(server))
    other.send(other.auth(flags=1))
    need(other.auth_ok()[1], 0, 'AUTH_OK.flags without a seat to keep')
    other.end()


@exchange('at the exp of the token: ERROR 0203')
def token_expires(server):
    account = Account(server)
    exp = int(time.time()) + 2
    token = signed_token(server['master'], {**token_claims(account.token.decode()), 'iat': exp - 900, 'exp': exp}).encode()
    session = authenticated(account, token=token)
    need(session.access_exp_s, exp, 'AUTH_OK.accessExpS')
    session.expect_error(0x0203)
    need(time.time() - exp > -0.1, True, 'not before the exp')


@exchange('a further login of the user ends the session of the first: ERROR 0205, and its token is good no more')
def logged_in_elsewhere(server):
    account = Account(server)
    session = authenticated(account)
    Account(server, account.uid)
    session.expect_error(0x0205)
    late = Session(account)
    late.send(late.auth())
    late.expect_auth_err(0x0201)
