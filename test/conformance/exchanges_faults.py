"""What hostile or broken clients send: handshakes, frames and packets, each with the answer the document gives it."""

import struct
import time

from protocol_exchange import each, exchange, wait_until
from protocol_keys import b64u
from protocol_session import (ACK_CLOSE, AT_BODY, AT_LEN, AT_SEQ, AUTH, DISCONNECT, ECHO, HELLO, MOVE, OP, OP_ACK, OP_SIGNED, PING, PONG, REFRESH, ROOM_JOIN, ROOM_LEAVE,
                              ROOM_STATE, Account, Session, authenticated, packet)
from protocol_socket import BINARY, CLOSE, TEXT, Stream, need, post, upgrade_head
from protocol_socket import PING as WS_PING
from protocol_socket import PONG as WS_PONG


@exchange('the upgrade: 101, and 400, 403, 404, 405, 426, 431, 505 for what is wrong with it')
def upgrades(server):
    address = server['ws']

    def gets(status, head):
        def run():
            stream = Stream(address)
            stream.write(head)
            got, headers = stream.answer_head()
            need(got, status, 'status')
            stream.end()
        return run

    good = upgrade_head(address)
    line = good.index(b'\r\n') + 2
    return each([
        ('good', gets(101, good)),
        ('names in any case', gets(101, upgrade_head(address).replace(b'Upgrade: websocket', b'uPGRADE: WebSocket').replace(b'Sec-WebSocket', b'sec-websocket'))),
        ('Connection list', gets(101, upgrade_head(address, Connection='keep-alive, Upgrade'))),
        ('extension offered', gets(101, upgrade_head(address, Sec_WebSocket_Extensions='permessage-deflate'))),
        ('subprotocol offered', gets(101, upgrade_head(address, Sec_WebSocket_Protocol='chat'))),
        ('another path', gets(404, upgrade_head(address, path='/'))), ('path below', gets(404, upgrade_head(address, path='/v1/ws/x'))),
        ('POST', gets(405, upgrade_head(address, method='POST'))),
        ('no upgrade', gets(426, upgrade_head(address, Upgrade=None, Connection=None))),
        ('version 8', gets(426, upgrade_head(address, Sec_WebSocket_Version='8'))),
        ('no version', gets(426, upgrade_head(address, Sec_WebSocket_Version=None))),
        ('no key', gets(400, upgrade_head(address, Sec_WebSocket_Key=None))),
        ('short key', gets(400, upgrade_head(address, Sec_WebSocket_Key='abc'))),
        ('no Host', gets(400, upgrade_head(address, Host=None))), ('two Hosts', gets(400, good[:line] + b'Host: other\r\n' + good[line:])),
        ('folded', gets(400, good[:line] + b'X: a\r\n b\r\n' + good[line:])), ('bare LF', gets(400, good[:line] + b'X: a\n' + good[line:])),
        ('a body', gets(400, upgrade_head(address, Content_Length='1') + b'x')),
        ('4,097 bytes', gets(431, upgrade_head(address, X='x' * 4097))),
        ('HTTP/1.0', gets(505, upgrade_head(address, version='HTTP/1.0'))),
        ('a foreign Origin', gets(403, upgrade_head(address, Origin='https://example.com'))),
    ])


@exchange('a request that is not whole within 3 s is 408', slow=True)
def slow_upgrade(server):
    stream = Stream(server['ws'])
    stream.write(upgrade_head(server['ws'])[:40])
    need(stream.answer_head()[0], 408, 'status')
    stream.expect_end()


@exchange('no room: 503 for a connection too many, and for a login too many', slow=True)
def full(server):
    other = server['second']
    try:
        server['accounts'] = [Account(other) for _ in range(4)]
        sessions = [authenticated(account) for account in server['accounts']]
        stream = Stream(other['ws'])
        stream.write(upgrade_head(other['ws']))
        need(stream.answer_head()[0], 503, 'status of the fifth upgrade')
        stream.end()
        status, _, answer = post(other['http'], '/v1/login', {'uid': 'one-more', 'dfp': b64u(bytes(32))})
        need((status, answer['error'], answer['code']), (503, 'FULL', '0304'), 'the fifth login')
        for session in sessions:
            session.end()
        wait_until(time.monotonic() + 0.3)
    finally:
        server['full'].set()


@exchange('frames: 1003 for text, 1002 for what RFC 6455 forbids, 1007, 1008, 1009, and no ERROR before them')
def frames(server):
    def fresh(auth=True):
        account = Account(server)
        return authenticated(account) if auth else Session(account)

    def closes(code, *frame_list, auth=True):
        def run():
            session = fresh(auth)
            for opcode, payload, options in frame_list:
                session.stream.frame(opcode, payload, **options)
            session.expect_close(code)
        return run

    def fragments(count):
        def run():
            session = fresh()
            whole = session.op(ECHO, b'in pieces')
            for at in range(count):
                session.stream.frame(BINARY if at == 0 else 0, whole[at * 5:at * 5 + 5] if at < count - 1 else whole[at * 5:], fin=at == count - 1)
            if count <= 4:
                need(session.ack(), b'in pieces', 'the echo')
                session.end()
            else:
                session.expect_close(1008)
        return run

    def largest():
        session = fresh()
        session.send(session.op(ECHO, bytes(4092)))
        need(session.ack(), bytes(4080), 'the echo of 4,104 bytes of message')
        session.send(*[session.op(ECHO, bytes(500)) for _ in range(8)])
        for at in range(8):
            session.ack(seq=3 + at)
        session.end()

    def pinged():
        session = fresh()
        session.stream.frame(WS_PING, b'are you there')
        need(session.stream.read_frame(), (WS_PONG, b'are you there'), 'the pong')
        session.stream.frame(WS_PONG, b'unasked')
        session.send(session.ping())
        session.pong()
        session.end()

    def announced():
        session = fresh()
        session.stream.write(b'\x82\xfe' + struct.pack('>H', 4105) + bytes(4))
        session.expect_close(1009)

    one = {}
    return each([
        ('text', closes(1003, (TEXT, b'hello', one))), ('empty text', closes(1003, (TEXT, b'', one))),
        ('text before AUTH', closes(1003, (TEXT, b'x', one), auth=False)),
        ('reserved bit', closes(1002, (BINARY, b'x', {'reserved': 4}))), ('opcode 3', closes(1002, (3, b'', one))),
        ('opcode 11', closes(1002, (11, b'', one))),
        ('unmasked', closes(1002, (BINARY, b'x', {'masked': False}))), ('fragmented ping', closes(1002, (WS_PING, b'', {'fin': False}))),
        ('ping of 126', closes(1002, (WS_PING, bytes(126), one))), ('continuation of nothing', closes(1002, (0, b'x', one))),
        ('binary inside a message', closes(1002, (BINARY, b'x', {'fin': False}), (BINARY, b'y', one))),
        ('close of 1 byte', closes(1002, (CLOSE, b'\x03', one))), ('close 1005', closes(1002, (CLOSE, b'\x03\xed', one))),
        ('close 999', closes(1002, (CLOSE, b'\x03\xe7', one))),
        ('close reason not UTF-8', closes(1007, (CLOSE, b'\x03\xe8\xff', one))), ('text not UTF-8', closes(1007, (TEXT, b'\xff', one))),
        ('4,105 bytes', closes(1009, (BINARY, bytes(4105), one))), ('4,105 bytes announced', announced),
        ('70,000 bytes', closes(1009, (BINARY, bytes(70000), one))),
        ('4,105 bytes in pieces', closes(1009, (BINARY, bytes(4000), {'fin': False}), (0, bytes(105), one))),
        ('1 frame', fragments(1)), ('4 frames', fragments(4)), ('5 frames', fragments(5)), ('4,104 bytes', largest), ('ping', pinged),
    ], at_once=8)


@exchange('every row of the order of checks: its ERROR with type, seq and offset, then its close code')
def checks(server):
    account = Account(server)

    def closes(code, make, kind=None, seq=2, detail=0, auth=True):
        """make(session) gives the message; kind None: refType and refSeq are 0."""
        def run():
            session = authenticated(account) if auth else Session(account)
            session.send(make(session))
            session.expect_error(code, kind or 0, seq if kind else 0, detail)
        return run

    def raw(kind, length, body=b'', seq=2):
        return lambda session: struct.pack('<HIH', kind, seq, length) + body

    def fits(kind, length, seq=2):
        return raw(kind, length, bytes(length), seq)

    server_only = [(HELLO, 40), (3, 48), (4, 8), (6, 45), (PONG, 40), (OP_ACK, 16), (0x31, 16), (0x33, 8), (ROOM_STATE, 24), (0x7F, 12)]
    early = [(PING, 32), (OP, 4), (OP_SIGNED, 40), (ROOM_JOIN, 8), (ROOM_LEAVE, 4), (DISCONNECT, 4), (ACK_CLOSE, 16), (REFRESH, 84), (HELLO, 40)]
    bounds = [(HELLO, 40, 40), (AUTH, 89, 1112), (3, 48, 48), (4, 8, 8), (REFRESH, 84, 84), (6, 45, 1068), (PING, 32, 32), (PONG, 40, 40), (OP, 4, None),
              (OP_SIGNED, 40, None), (OP_ACK, 16, None), (ROOM_JOIN, 8, 8), (0x31, 16, 16), (ROOM_LEAVE, 4, 4), (0x33, 8, 8),
              (ROOM_STATE, 24, None),
              (DISCONNECT, 4, 4), (ACK_CLOSE, 16, 16), (0x7F, 12, 12)]
    cases = [
        ('empty message', closes(0x0102, lambda session: b'')), ('7 bytes', closes(0x0102, lambda session: bytes(7))),
        ('7 bytes before AUTH', closes(0x0102, lambda session: bytes(7), auth=False)),
        ('len past the message', closes(0x0102, raw(OP, 5, bytes(4)), OP, detail=AT_LEN)),
        ('unknown type, len past the message', closes(0x0102, raw(0x99, 1), 0x99, detail=AT_LEN)),
        ('unknown type', closes(0x0103, fits(0x99, 4), 0x99)), 
        ('unknown type, wrong seq', closes(0x0103, fits(0x99, 4, seq=9), 0x99, seq=9)),
        ('type of a scenario', closes(0x0103, fits(0x8000, 4), 0x8000)),
        ('type 0xffff', closes(0x0103, fits(0xFFFF, 0), 0xFFFF)),
        ('unknown type before AUTH', closes(0x0103, fits(0x99, 0, seq=1), 0x99, seq=1, auth=False)),
        ('seq again', closes(0x0105, fits(OP, 4, seq=1), OP, seq=1, detail=AT_SEQ)),
        ('seq skipped', closes(0x0105, fits(OP, 4, seq=3), OP, seq=3, detail=AT_SEQ)),
        ('seq 0', closes(0x0105, fits(OP, 4, seq=0), OP, seq=0, detail=AT_SEQ)),
        ('AUTH with seq 2', closes(0x0105, fits(AUTH, 100), AUTH, auth=False, detail=AT_SEQ)),
        ('second AUTH', closes(0x0104, lambda session: session.auth(), AUTH)),
        ('second AUTH, wrong seq', closes(0x0104, fits(AUTH, 100, seq=7), AUTH, seq=7)),
        ('REFRESH', closes(0x0206, fits(REFRESH, 84), REFRESH, detail=AT_BODY + 68)),
        ('wrong seq before reserved', closes(0x0105, raw(ROOM_JOIN, 8, b'\x01' * 8, seq=3), ROOM_JOIN, seq=3, detail=AT_SEQ)),
        ('ROOM_JOIN flags', closes(0x0102, raw(ROOM_JOIN, 8, b'\x01' * 8), ROOM_JOIN, detail=AT_BODY + 4)),
        ('DISCONNECT flags', closes(0x0102, raw(DISCONNECT, 4, b'\0\0\1\0'), DISCONNECT, detail=AT_BODY + 2)),
        ('OP flags', closes(0x0102, raw(OP, 4, b'\1\0\0\x80'), OP, detail=AT_BODY + 2)),
        ('reserved before tag', closes(0x0102, raw(OP_SIGNED, 40, b'\1' * 40), OP_SIGNED, detail=AT_BODY + 2)),
        ('tag', closes(0x0206, fits(PING, 32), PING, detail=AT_BODY + 16)),
    ]
    cases += [(f'{kind:#x} from a client', closes(0x0104, fits(kind, size), kind)) for kind, size in server_only]
    cases += [(f'{kind:#x} before AUTH', closes(0x0104, fits(kind, size, seq=1), kind, seq=1, auth=False)) for kind, size in early]
    cases += [(f'{kind:#x} too short', closes(0x0102, fits(kind, least - 1), kind, detail=AT_LEN)) for kind, least, _ in bounds]
    cases += [(f'{kind:#x} too long', closes(0x0102, fits(kind, most + 1), kind, detail=AT_LEN)) for kind, _, most in bounds if most]
    return each(cases)


@exchange('bundles: 16 packets are answered in order, a 17th is 0109, and a fault comes after the answers before it')
def bundles(server):
    account = Account(server)

    def sixteen():
        session = authenticated(account)
        session.send(*[session.op(ECHO, bytes([at])) for at in range(16)])
        for at in range(16):
            need(session.ack(seq=2 + at), bytes([at]), 'echo')
        session.end()

    def seventeen():
        session = authenticated(account)
        session.send(*[session.op(ECHO, bytes([at])) for at in range(17)])
        for at in range(16):
            need(session.ack(seq=2 + at), bytes([at]), 'echo')
        session.expect_error(0x0109, OP, 18, 16 * 13)

    def seventeenth_unknown():
        session = authenticated(account)
        session.send(*[session.op(ECHO) for _ in range(16)], struct.pack('<HIH', 0x99, 99, 99))
        for at in range(16):
            session.ack(seq=2 + at)
        session.expect_error(0x0109, 0x99, 99, 16 * 12)

    def left_over(count):
        def run():
            session = authenticated(account)
            session.send(session.op(ECHO, b'first'), bytes(count))
            need(session.ack(seq=2), b'first', 'echo')
            session.expect_error(0x0102, 0, 0, 17)
        return run

    def sixteen_and_a_bit():
        session = authenticated(account)
        session.send(*[session.op(ECHO) for _ in range(16)], b'x')
        for at in range(16):
            session.ack(seq=2 + at)
        session.expect_error(0x0102, 0, 0, 16 * 12)

    def fault_between():
        session = authenticated(account)
        session.send(session.op(ECHO, b'before'), packet(OP, 9, bytes(4)), packet(OP, 3, bytes(4)))
        need(session.ack(seq=2), b'before', 'echo')
        session.expect_error(0x0105, OP, 9, 18 + AT_SEQ)

    def mixed():
        session = authenticated(account)
        room = server['room']()
        session.send(session.plain(ROOM_JOIN, struct.pack('<II', room, 0)), session.op(MOVE, bytes(8)), session.signed(ECHO, b'x'), session.ping(),
                     session.plain(ROOM_LEAVE, struct.pack('<I', room)))
        need(session.joined(2)[0], room, 'JOINED room')
        session.ack(seq=3)
        session.ack(seq=4)
        last, session.seq = session.seq, 5
        session.pong()
        session.seq = last
        session.expect(0x33, 6)
        session.end()

    return each([
        ('16', sixteen), ('17', seventeen), ('17th of unknown type', seventeenth_unknown), ('1 byte left over', left_over(1)),
        ('7 bytes left over', left_over(7)),
        ('16 and a byte', sixteen_and_a_bit), ('fault between two', fault_between), ('of five types', mixed),
    ])


@exchange('replay: a packet again has a used seq, and under the next seq its tag fails')
def replay(server):
    account = Account(server)

    def again(make):
        session = authenticated(account)
        whole = make(session)
        session.send(whole)
        session.next()
        session.send(whole)
        session.expect_error(0x0105, struct.unpack_from('<H', whole)[0], 2, AT_SEQ)

    def renumbered(make, tag_at):
        session = authenticated(account)
        whole = make(session)
        session.send(whole)
        session.next()
        session.send(whole[:2] + struct.pack('<I', 3) + whole[6:])
        session.expect_error(0x0206, struct.unpack_from('<H', whole)[0], 3, AT_BODY + tag_at)

    def ping(session):
        return session.ping()

    def signed(session):
        return session.signed(ECHO, b'once')

    return each([('PING again', lambda: again(ping)), ('OP_SIGNED again', lambda: again(signed)), ('PING renumbered', lambda: renumbered(ping, 16)),
                 ('OP_SIGNED renumbered', lambda: renumbered(signed, 24))])
