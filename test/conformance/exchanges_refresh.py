"""Refresh over HTTP and on the socket, logout and revocation."""

import os
import struct
import time

from protocol_exchange import each, exchange
from protocol_keys import b64u, mac, refresh_token, server_key, token_claims
from protocol_session import AT_BODY, AUTH_ERR, DISCONNECT, ECHO, ERROR, REFRESH, Account, Session, authenticated, close_code
from protocol_socket import Closed, need, post

FAILED = (401, {'error': 'AUTH_FAILED'})


def refresh(server, account, **changes):
    """(status, body) of a /v1/refresh."""
    status, headers, answer = post(server['http'], '/v1/refresh', account.shown(**changes))
    need(headers['Cache-Control'], 'no-store', 'Cache-Control')
    return status, answer


def check_renewed(server, account, gen, old, answer):
    """Everything the sections Login and Tokens say of the answer to a refresh."""
    need(sorted(answer), ['access', 'accessExp', 'refresh', 'refreshExp', 'sid'], 'fields of the answer')
    need((answer['sid'], answer['refreshExp']), (b64u(account.sid), account.refresh_exp), 'sid, refreshExp')
    need(answer['refresh'], b64u(refresh_token(server['master'], account.refresh_token[:16], gen, account.uid)), 'refresh token')
    head, body, signature = answer['access'].split('.')
    need(signature, b64u(mac(server_key(server['master'], 'jwt'), f'{head}.{body}'.encode())), 'signature of the token')
    claims, before = token_claims(answer['access']), token_claims(old.decode('ascii'))
    need(claims['jti'] != before['jti'], True, 'jti is new')
    for name in ('iss', 'aud', 'sub', 'sid', 'dfp'):
        need(claims[name], before[name], f'claim {name}')
    need((claims['exp'], answer['accessExp']), (claims['iat'] + 900, claims['exp']), 'exp, accessExp')
    need(abs(claims['iat'] - time.time()) < 5, True, 'iat is now')


@exchange('POST /v1/refresh makes the next generation, repeats a lost answer to the letter, and only the new token opens')
def renewed(server):
    account = Account(server)
    old = account.token
    status, answer = refresh(server, account)
    need(status, 200, 'status')
    check_renewed(server, account, 2, old, answer)
    need(refresh(server, account), (200, answer), 'the same again')
    account.renew(answer)
    late = Session(account)
    late.send(late.auth(token=old))
    late.expect_auth_err(0x0201)
    status, third = refresh(server, account)
    need(status, 200, 'status of the third')
    check_renewed(server, account, 3, account.token, third)
    account.renew(third)
    authenticated(account).end()


@exchange('POST /v1/refresh answers every token that is not good in the same way')
def not_renewed(server):
    account, other = Account(server), Account(server)
    flipped = account.refresh_token[:35] + bytes([account.refresh_token[35] ^ 1])
    raised = account.refresh_token[:16] + struct.pack('<I', 2) + account.refresh_token[20:]
    unknown = refresh_token(server['master'], os.urandom(16), 1, account.uid)
    zero = refresh_token(server['master'], account.refresh_token[:16], 0, account.uid)

    def gets(wanted, **changes):
        return lambda: need(refresh(server, account, **changes), wanted, 'status and body')

    def malformed(**changes):
        def run():
            status, answer = refresh(server, account, **changes)
            need((status, answer['error']), (400, 'MALFORMED'), 'status, error')
        return run

    return each([
        ('its checksum', gets(FAILED, refresh=b64u(flipped))), ('its gen', gets(FAILED, refresh=b64u(raised))),
        ('another uid', gets(FAILED, uid=other.uid)), ('a uid that is none', gets(FAILED, uid='nobody')),
        ('unknown family', gets(FAILED, refresh=b64u(unknown))), ('gen 0', gets(FAILED, refresh=b64u(zero))),
        ('35 bytes', malformed(refresh=b64u(bytes(35)))), ('an array', malformed(refresh=[b64u(bytes(36))])), ('no uid', malformed(uid=None)),
        ('dfp of 31 bytes', malformed(dfp=b64u(bytes(31)))),
    ])


@exchange('a gen that is neither the current one nor the one before, or another device, ends the session and its connection: 0204')
def stolen(server):
    def ends(steal):
        def run():
            account = Account(server)
            session = authenticated(account)
            first = account.refresh_token
            for _ in range(2):
                account.renew(refresh(server, account)[1])
            need(refresh(server, account, **steal(first)), FAILED, 'status and body')
            session.expect_error(0x0204)
            need(refresh(server, account), FAILED, 'the family is dead')
            late = Session(account)
            late.send(late.auth())
            late.expect_auth_err(0x0201)
        return run

    return each([('an old gen', ends(lambda first: {'refresh': b64u(first)})), ('another device', ends(lambda first: {'dfp': b64u(os.urandom(32))}))])


@exchange('the gen before is good for 10 s and no longer, however often it was shown', slow=True)
def grace(server):
    account = Account(server)
    session = authenticated(account)
    status, answer = refresh(server, account)
    begun = time.monotonic()
    need(status, 200, 'status')
    while time.monotonic() - begun < 6:  # the last look, two seconds later, is before the end even on a slow machine
        time.sleep(2)
        session.send(session.ping())
        session.pong()
        need(refresh(server, account), (200, answer), 'the same again')
    time.sleep(max(0, begun + 10.2 - time.monotonic()))
    need(refresh(server, account), FAILED, 'after 10 s')
    session.expect_error(0x0204)


@exchange('REFRESH renews the tokens of a connection that stands, with ops before, behind and between')
def on_the_socket(server):
    account = Account(server)
    session = authenticated(account)
    for gen in (2, 3, 4):
        session.send(session.op(ECHO, b'x'), session.refresh())
        asked = session.seq
        session.ack(seq=asked - 1)
        need(session.refreshed(asked), gen, 'gen')
        need(account.refresh_token, refresh_token(server['master'], account.refresh_token[:16], gen, account.uid), 'rtMac')
        need(token_claims(account.token.decode('ascii'))['exp'], account.access_exp, 'accessExpS')
    session.send(session.ping())
    session.pong()
    status, answer = refresh(server, account)
    need(status, 200, 'status of a /v1/refresh with what the socket gave')
    account.renew(answer)
    authenticated(account).end()
    session.expect_error(0x0205)


@exchange('a REFRESH that does not hold: 0206 for its tag, 0104 while one waits, AUTH_ERR 0201 for what it shows')
def bad_refreshes(server):
    account, other = Account(server), Account(server)

    def closes(code, at, make):
        def run():
            session = authenticated(account)
            session.send(make(session))
            session.expect_error(code, REFRESH, session.seq, AT_BODY + at)
        return run

    def refused(**shown):
        def run():
            session = authenticated(account)
            session.send(session.refresh(**shown))
            session.expect_auth_err(0x0201, seq=2)
        return run

    def twice():
        session = authenticated(account)
        session.send(session.refresh(), session.refresh())
        session.expect_error(0x0104, REFRESH, 3, 92)

    def too_old():
        victim = Account(server)
        first = victim.refresh_token
        session = authenticated(victim)
        for _ in range(2):
            session.send(session.refresh())
            session.refreshed()
        session.send(session.refresh(token=first))
        got = session.next()
        need(got.type in (AUTH_ERR, ERROR), True, 'AUTH_ERR or ERROR')
        code = struct.unpack_from('<H', got.body)[0]
        need(code, 0x0201 if got.type == AUTH_ERR else 0x0204, 'code')
        session.expect_close(close_code(code))

    def leaving():
        session = authenticated(Account(server))
        session.send(session.plain(DISCONNECT, bytes(4)), session.refresh())
        try:
            while session.next().type != ERROR:
                pass
        except Closed as closed:
            need(closed.code, 4104, 'close code')

    forged = account.refresh_token[:35] + bytes([account.refresh_token[35] ^ 1])
    return each([
        ('another key', closes(0x0206, 68, lambda session: session.refresh(key=os.urandom(32)))),
        ('forged', refused(token=forged)), ('of another user', refused(token=other.refresh_token)), ('another dfp', refused(dfp=other.dfp)),
        ('two at once', twice), ('too old', too_old), ('after DISCONNECT', leaving),
    ])


@exchange('POST /v1/logout and /admin/v1/revoke end a session and its connection: 0204')
def ended(server):
    bearer = {'Authorization': 'Bearer ' + server['adminToken']}

    def logout():
        account = Account(server)
        session = authenticated(account)
        status, headers, answer = post(server['http'], '/v1/logout', account.shown())
        need((status, answer, headers['Cache-Control']), (200, {'sid': b64u(account.sid)}, 'no-store'), 'status, body, Cache-Control')
        session.expect_error(0x0204)
        need(post(server['http'], '/v1/logout', account.shown())[::2], FAILED, 'a second time')
        need(refresh(server, account), FAILED, 'a refresh afterwards')

    def revoke(body):
        def run():
            account = Account(server)
            session = authenticated(account)
            wanted = {'uid': account.uid, **({'sid': b64u(account.sid)} if 'sid' in body else {})}
            need(post(server['admin'], '/admin/v1/revoke', wanted, bearer)[::2], (200, {'revoked': 1}), 'status, body')
            session.expect_error(0x0204)
            need(post(server['admin'], '/admin/v1/revoke', wanted, bearer)[::2], (200, {'revoked': 0}), 'a second time')
        return run

    def gets(status, body, headers):
        return lambda: need(post(server['admin'], '/admin/v1/revoke', body, headers)[0], status, 'status')

    return each([
        ('logout', logout), ('revoke all', revoke(())), ('revoke one', revoke(('sid',))),
        ('no bearer', gets(401, {'uid': 'p1'}, {})), ('foreign Host', gets(403, {'uid': 'p1'}, {**bearer, 'Host': 'example.com'})),
        ('no uid', gets(400, {}, bearer)), ('sid of 15 bytes', gets(400, {'uid': 'p1', 'sid': b64u(bytes(15))}, bearer)),
    ])
