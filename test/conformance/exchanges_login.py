"""Login, bulk logins, keys and tokens."""

import os
import struct
import time

from protocol_exchange import each, exchange
from protocol_keys import b64u, mac, refresh_token, server_key, session_secret, ticket, token_claims, token_header, unb64u
from protocol_session import Account, authenticated, fresh_number
from protocol_socket import need, post

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


def uid():
    return f'login-{os.getpid()}-{fresh_number()}'


def dfp():
    return b64u(os.urandom(32))


def check_answer(server, name, device, answer):
    """Everything the sections Login, Keys and Tokens say of a login's answer."""
    need(sorted(answer), ['access', 'accessExp', 'refresh', 'refreshExp', 'secret', 'sid'], 'fields of the answer')
    sid, fam_gen_mac = unb64u(answer['sid']), unb64u(answer['refresh'])
    need((len(sid), len(fam_gen_mac)), (16, 36), 'lengths of sid, refresh')
    need(unb64u(answer['secret']), session_secret(server['master'], 1, sid), 'secret')
    need(fam_gen_mac, refresh_token(server['master'], fam_gen_mac[:16], 1, name), 'refresh token')
    head, body, signature = answer['access'].split('.')
    need(unb64u(head), token_header().encode(), 'header of the token')
    need(unb64u(signature), mac(server_key(server['master'], 'jwt'), f'{head}.{body}'.encode()), 'signature of the token')
    claims = token_claims(answer['access'])
    need((claims['iss'], claims['aud'], claims['sub'], claims['sid']), ('gwrk', 'gwrk/ws', name, answer['sid']), 'iss, aud, sub, sid')
    need(len(unb64u(claims['jti'])), 16, 'length of jti')
    need(claims['dfp'], b64u(mac(server_key(server['master'], 'dfp'), unb64u(device))), 'claim dfp')
    need(claims['exp'], claims['iat'] + 900, 'exp')
    need(abs(claims['iat'] - time.time()) < 5, True, 'iat is now')
    need((answer['accessExp'], answer['refreshExp']), (claims['exp'], claims['iat'] + 86400), 'accessExp, refreshExp')


@exchange('POST /v1/login answers a token, a secret and a refresh token that the master key gives again')
def login(server):
    name, device = uid(), dfp()
    status, headers, answer = post(server['http'], '/v1/login', {'uid': name, 'proof': 'any text', 'dfp': device, 'loginNonce': b64u(os.urandom(16))})
    need((status, headers['Cache-Control']), (200, 'no-store'), 'status, Cache-Control')
    check_answer(server, name, device, answer)


@exchange('POST /v1/login refuses what is not of its form with 400, and a body above 4 KiB with 413')
def refused_logins(server):
    good = {'uid': uid(), 'dfp': dfp()}
    # 43 letters hold 258 bits, two of them unused: the next letter of the alphabet spells the same bytes.
    twin = LETTERS[LETTERS.index(good['dfp'][-1]) + 1]

    def refused(body, status=400):
        def run():
            got, headers, answer = post(server['http'], '/v1/login', body)
            need(got, status, 'status')
            need(headers['Cache-Control'], 'no-store', 'Cache-Control')
            if status == 400:
                need(answer['error'], 'MALFORMED', 'error')
        return run

    return each([
        ('not JSON', refused(b'{')), ('an array', refused([])), ('null', refused(b'null')), ('no uid', refused({'dfp': good['dfp']})),
        ('uid a number', refused({**good, 'uid': 7})), ('uid an array', refused({**good, 'uid': ['p1']})),
        ('uid empty', refused({**good, 'uid': ''})), ('uid of 65', refused({**good, 'uid': 'a' * 65})),
        ('uid with a dot', refused({**good, 'uid': 'a.b'})), ('uid with a line end', refused({**good, 'uid': 'ab\n'})),
        ('no dfp', refused({'uid': good['uid']})), ('dfp of 31 bytes', refused({**good, 'dfp': b64u(bytes(31))})),
        ('dfp with padding', refused({**good, 'dfp': good['dfp'] + '='})),
        ('dfp with unused bits', refused({**good, 'dfp': good['dfp'][:-1] + twin})),
        ('dfp an array', refused({**good, 'dfp': [good['dfp']]})), ('proof a number', refused({**good, 'proof': 1})),
        ('loginNonce of 15 bytes', refused({**good, 'loginNonce': b64u(bytes(15))})),
        ('4,097 bytes', refused({**good, 'proof': 'x' * 4097}, 413)),
        ('uid of 64 is good', lambda: need(post(server['http'], '/v1/login', {**good, 'uid': 'a' * 64})[0], 200, 'status')),
    ])


@exchange('the eleventh login of one uid at once is 429 with Retry-After')
def login_rate(server):
    body = {'uid': uid(), 'dfp': dfp()}
    need([post(server['http'], '/v1/login', body)[0] for _ in range(10)], [200] * 10, 'the first ten')
    status, headers, answer = post(server['http'], '/v1/login', body)
    need((status, answer), (429, {'error': 'RATE'}), 'the eleventh')
    need(1 <= int(headers['Retry-After']) <= 60, True, 'Retry-After is seconds until the next one')


@exchange('POST /admin/v1/sessions answers a login for each entry, in order')
def bulk(server):
    entries = [{'uid': uid(), 'dfp': dfp()} for _ in range(50)]
    bearer = {'Authorization': 'Bearer ' + server['adminToken']}
    status, _, answer = post(server['admin'], '/admin/v1/sessions', {'sessions': entries}, bearer)
    need(status, 200, 'status')
    need(len(answer['sessions']), 50, 'answers')
    for entry, one in zip(entries, answer['sessions']):
        check_answer(server, entry['uid'], entry['dfp'], one)
    account = Account(server)
    account.dfp = unb64u(entries[49]['dfp'])
    account.take(answer['sessions'][49])
    authenticated(account).end()


@exchange('POST /admin/v1/sessions refuses a foreign Host before a wrong bearer, and one bad entry refuses all')
def refused_bulk(server):
    bearer = {'Authorization': 'Bearer ' + server['adminToken']}
    good = {'uid': uid(), 'dfp': dfp()}

    def gets(status, entries, headers):
        return lambda: need(post(server['admin'], '/admin/v1/sessions', {'sessions': entries}, headers)[0], status, 'status')

    return each([
        ('foreign Host without bearer', gets(403, [good], {'Host': 'example.com'})),
        ('foreign Host with bearer', gets(403, [good], {'Host': 'example.com', **bearer})),
        ('no bearer', gets(401, [good], {})), ('wrong bearer', gets(401, [good], {'Authorization': 'Bearer no'})),
        ('localhost', gets(200, [good], {'Host': 'localhost:1', **bearer})), ('[::1]', gets(200, [good], {'Host': '[::1]', **bearer})),
        ('one bad entry', gets(400, [good, {'uid': 'a b', 'dfp': good['dfp']}], bearer)),
        ('10,001 entries', gets(400, [good] * 10001, bearer)),
    ])


@exchange('a ticket is a proof until its second and for its uid')
def tickets(server):
    other, now = server['ticket'], int(time.time())

    def gets(status, name, proof):
        def run():
            device = dfp()
            got, _, answer = post(other['http'], '/v1/login', {'uid': name, 'proof': proof, 'dfp': device})
            need(got, status, 'status')
            if status == 200:
                check_answer(other, name, device, answer)
            else:
                need(answer, {'error': 'AUTH_FAILED'}, 'body')
        return run

    good = uid()
    forged = b64u(struct.pack('<I', now + 60) + bytes(16))
    shown = [
        ('good', gets(200, good, ticket(other['master'], good, now + 60))),
        ('run out', gets(401, uid(), ticket(other['master'], good, now - 1))),
        ('of another uid', gets(401, uid(), ticket(other['master'], good, now + 60))), ('forged', gets(401, uid(), forged)),
        ('empty', gets(401, uid(), '')),
    ]
    try:
        return each(shown)
    finally:
        server['tickets'].set()
