"""Packets and one connection's session, written from docs/protocol.md alone (from section Packets on)."""

import hmac
import os
import struct
import time
from collections import namedtuple
from itertools import count

from protocol_keys import b64u, connection_keys, mac, unb64u
from protocol_socket import BINARY, Closed, Fault, Stream, need, post

HELLO, AUTH, AUTH_OK, AUTH_ERR, REFRESH, REFRESH_OK = 1, 2, 3, 4, 5, 6
PING, PONG, OP, OP_SIGNED, OP_ACK = 0x10, 0x11, 0x20, 0x21, 0x22
ROOM_JOIN, JOINED, ROOM_LEAVE, LEFT, ROOM_STATE = 0x30, 0x31, 0x32, 0x33, 0x34
DISCONNECT, ACK_CLOSE, ERROR = 0x40, 0x41, 0x7F
ECHO, MOVE, TRADE = 1, 2, 3
# ERROR.detail counts from the message's first byte: where in a packet a fault stands.
AT_TYPE, AT_SEQ, AT_LEN, AT_BODY = 0, 2, 6, 8

# What a server may send, and its least and greatest body.
BOUNDS = {
    HELLO: (40, 40), AUTH_OK: (48, 48), AUTH_ERR: (8, 8), REFRESH_OK: (45, 44 + 1024), PONG: (40, 40), OP_ACK: (16, 4096),
    JOINED: (16, 16), LEFT: (8, 8), ROOM_STATE: (24, 24 + 16 * 4094), DISCONNECT: (4, 4), ACK_CLOSE: (16, 16), ERROR: (12, 12),
}

Packet = namedtuple('Packet', 'type seq body whole')
Ack = namedtuple('Ack', 'code dup proc_us server_ms result')
Joined = namedtuple('Joined', 'room slot members tick tick_ms code')
State = namedtuple('State', 'room tick base rows')

_numbers = count(1)


def fresh_number():
    """A number no other exchange has: for names of users and for rooms."""
    return next(_numbers)


def packet(kind, seq, body):
    return struct.pack('<HIH', kind, seq, len(body)) + body


def close_code(code):
    return 4000 + 100 * (code >> 8) + (code & 0xFF)


class Account:
    """A login: its answer, and the device it was made for."""

    def __init__(self, server, uid=None):
        self.server = server
        self.uid = uid or f'py-{os.getpid()}-{fresh_number()}'
        self.dfp = os.urandom(32)
        status, _, answer = post(server['http'], '/v1/login', {'uid': self.uid, 'dfp': b64u(self.dfp)})
        if status != 200:  # another proof than none: the bearer is the proof
            entry = {'sessions': [{'uid': self.uid, 'dfp': b64u(self.dfp)}]}
            status, _, answers = post(server['admin'], '/admin/v1/sessions', entry, {'Authorization': 'Bearer ' + server['adminToken']})
            need(status, 200, 'status of the bulk login')
            answer = answers['sessions'][0]
        self.take(answer)

    def take(self, answer):
        self.token = answer['access'].encode('ascii')
        self.sid = unb64u(answer['sid'])
        self.secret = unb64u(answer['secret'])
        self.access_exp = answer['accessExp']
        self.refresh_token = unb64u(answer['refresh'])
        self.refresh_exp = answer['refreshExp']

    def shown(self, **changes):
        """What /v1/refresh and /v1/logout ask for."""
        return {'uid': self.uid, 'refresh': b64u(self.refresh_token), 'dfp': b64u(self.dfp), **changes}

    def renew(self, answer):
        """Takes the answer of /v1/refresh."""
        self.token = answer['access'].encode('ascii')
        self.refresh_token = unb64u(answer['refresh'])
        self.access_exp = answer['accessExp']


class Session:
    """One connection: sends packets with the next seq, reads and checks those of the server."""

    def __init__(self, account):
        self.account = account
        self.stream = Stream(account.server['ws']).upgrade()
        self.seq = 0
        self.ops_sent = 0
        self.acks = 0
        self.beats = 0
        self.waiting = []
        self.states = []
        hello = self.expect(HELLO, 0)
        version, flags, self.hb_ms, max_body, max_bundle, reserved, self.server_ms, self.snonce = struct.unpack('<HHIHHIQ16s', hello)
        need((version, max_body, max_bundle, reserved), (1, 4096, 16, 0), 'HELLO ver, maxBody, maxBundle, reserved')
        need(abs(self.server_ms - time.time() * 1000) < 5000, True, 'HELLO.serverUnixMs is now')
        self.heard_at = time.monotonic()
        self.cnonce = os.urandom(16)
        self.c2s, self.s2c = connection_keys(account.secret, self.snonce, self.cnonce)

    # Sending

    def send(self, *packets):
        """One binary message of these packets."""
        self.stream.frame(BINARY, b''.join(packets))

    def plain(self, kind, body=b''):
        self.seq += 1
        return packet(kind, self.seq, body)

    def sealed(self, kind, before, after=b'', extra=b'', key=None):
        """A packet with a tag between before and after."""
        self.seq += 1
        head = struct.pack('<HIH', kind, self.seq, len(before) + 16 + len(after))
        return head + before + mac(key or self.c2s, head + before + after + extra)[:16] + after

    def auth(self, token=None, dfp=None, flags=0, ver=1, tok_len=None, reserved=0, last_nonce=bytes(8), key=None, extra=None):
        token = self.account.token if token is None else token
        before = struct.pack('<HHQ16s32s8sHH', ver, flags, int(time.time() * 1000), self.cnonce, dfp or self.account.dfp, last_nonce,
                             len(token) if tok_len is None else tok_len, reserved)
        return self.sealed(AUTH, before, token, self.snonce if extra is None else extra, key)

    def refresh(self, token=None, dfp=None, key=None):
        return self.sealed(REFRESH, (token or self.account.refresh_token) + (dfp or self.account.dfp), key=key)

    def ping(self, beat=None, ops_sent=None, key=None):
        self.beats += 1
        self.mono_us = time.monotonic_ns() // 1000
        body = struct.pack('<IIQ', self.beats if beat is None else beat, self.ops_sent if ops_sent is None else ops_sent, self.mono_us)
        return self.sealed(PING, body, key=key)

    def op(self, opcode, payload=b'', flags=0):
        self.ops_sent += 1
        return self.plain(OP, struct.pack('<HH', opcode, flags) + payload)

    def signed(self, opcode, payload, nonce=None, skew_ms=0, flags=0, reserved=0, key=None):
        self.ops_sent += 1
        now = self.server_ms + int((time.monotonic() - self.heard_at) * 1000) + skew_ms
        return self.sealed(OP_SIGNED, struct.pack('<HHQ8sI', opcode, flags, now, nonce or os.urandom(8), reserved), payload, key=key)

    def ack_close(self, phase):
        counts = (self.ops_sent, self.acks, self.seq) if phase == 2 else (0, 0, 0)
        return self.plain(ACK_CLOSE, struct.pack('<BBHIII', phase, 0, 0, *counts))

    # Receiving

    def next(self):
        """The next packet but ROOM_STATEs, which are kept in states."""
        while True:
            while not self.waiting:
                self.split(self.stream.message())
            found = self.waiting.pop(0)
            if found.type != ROOM_STATE:
                return found
            self.states.append(room_state(found))

    def split(self, message):
        need(len(message) > 0, True, 'a message holds a packet')
        at, found = 0, []
        while at < len(message):
            need(len(message) - at >= 8, True, 'a whole header is left')
            kind, seq, length = struct.unpack_from('<HIH', message, at)
            need(kind in BOUNDS, True, f'type {kind:#06x} may be sent by a server')
            need(BOUNDS[kind][0] <= length <= BOUNDS[kind][1], True, f'length {length} fits type {kind:#06x}')
            need(at + 8 + length <= len(message), True, 'the packet ends inside its message')
            found.append(Packet(kind, seq, message[at + 8:at + 8 + length], message[at:at + 8 + length]))
            at += 8 + length
        need(len(found) <= 64, True, 'at most 64 packets in a message')
        need(len(found) == 1 or all(one.type != ERROR for one in found), True, 'ERROR is in a message of its own')
        self.waiting += found

    def expect(self, kind, seq=None):
        """The body of the next packet, which must be of this type and, where given, this seq."""
        got = self.next()
        if got.type != kind:
            raise Fault(f'expected type {kind:#06x}, got {got.type:#06x} seq {got.seq} body {got.body.hex()}')
        if seq is not None:
            need(got.seq, seq, f'seq of type {kind:#06x}')
        self.whole = got.whole
        return got.body

    def check_tag(self, at):
        """The tag of the packet expect gave last, which stands at this offset of its body."""
        at += 8
        wanted = mac(self.s2c, self.whole[:at] + self.whole[at + 16:])[:16]
        need(hmac.compare_digest(self.whole[at:at + 16], wanted), True, 'the tag of the server holds')

    def auth_ok(self):
        """(hbMs, flags) of a good AUTH_OK."""
        sid, access_exp, hb_ms, flags, reserved, _ = struct.unpack('<16sIIII16s', self.expect(AUTH_OK, 1))
        self.check_tag(32)
        need((sid, reserved), (self.account.sid, 0), 'AUTH_OK sid, reserved')
        self.access_exp_s, self.hb_ms = access_exp, hb_ms
        return hb_ms, flags

    def refreshed(self, seq=None):
        """The REFRESH_OK of this seq; the account has its tokens then."""
        body = self.expect(REFRESH_OK, self.seq if seq is None else seq)
        gen, rt_mac, access_exp, tok_len, reserved = struct.unpack_from('<I16sIHH', body)
        self.check_tag(28)
        need((tok_len, reserved), (len(body) - 44, 0), 'REFRESH_OK tokLen, reserved')
        account = self.account
        account.refresh_token = account.refresh_token[:16] + struct.pack('<I', gen) + rt_mac
        account.token, account.access_exp = body[44:], access_exp
        return gen

    def pong(self, ops_seen=None):
        beat, seen, mono_us, _, _ = struct.unpack('<IIQQ16s', self.expect(PONG, self.seq))
        self.check_tag(24)
        need((beat, seen, mono_us), (self.beats, self.ops_sent if ops_seen is None else ops_seen, self.mono_us), 'PONG hbNo, opsSeen, clientMonoUs')

    def ack(self, code=0, seq=None, dup=False):
        """The result of the next OP_ACK, which must have this code."""
        body = self.expect(OP_ACK, self.seq if seq is None else seq)
        self.acks += 1
        got_code, flags, _, server_ms = struct.unpack_from('<HHIQ', body)
        need(f'{got_code:04x}', f'{code:04x}', 'code of the OP_ACK')
        need(flags, 1 if dup else 0, 'flags of the OP_ACK')
        need(abs(server_ms - time.time() * 1000) < 5000, True, 'OP_ACK.serverUnixMs is now')
        if code or dup:
            need(body[16:], b'', 'the result of an OP_ACK with a code, or DUP')
        return body[16:]

    def join(self, room):
        self.send(self.plain(ROOM_JOIN, struct.pack('<II', room, 0)))
        return self.joined()

    def joined(self, seq=None):
        return Joined(*struct.unpack('<IHHIHH', self.expect(JOINED, self.seq if seq is None else seq)))

    def leave(self, room):
        """The code of the LEFT."""
        self.send(self.plain(ROOM_LEAVE, struct.pack('<I', room)))
        left, code, reserved = struct.unpack('<IHH', self.expect(LEFT, self.seq))
        need((left, reserved), (room, 0), 'LEFT room, reserved')
        return code

    def state(self):
        """The next ROOM_STATE."""
        while not self.states:
            if not self.waiting:
                self.split(self.stream.message())
            if self.waiting[0].type != ROOM_STATE:
                raise Fault(f'expected ROOM_STATE, got {self.waiting[0]}')
            self.states.append(room_state(self.waiting.pop(0)))
        return self.states.pop(0)

    def expect_error(self, code, ref_type=0, ref_seq=0, detail=0):
        """An ERROR with these fields, then its close code, then the end."""
        body = self.expect(ERROR, ref_seq)
        got = struct.unpack('<HHII', body)
        need((f'{got[0]:04x}', *got[1:]), (f'{code:04x}', ref_type, ref_seq, detail), 'ERROR code, refType, refSeq, detail')
        self.expect_close(close_code(code))

    def expect_auth_err(self, code, seq=1):
        got, reserved, _ = struct.unpack('<HHI', self.expect(AUTH_ERR, seq))
        need((f'{got:04x}', reserved), (f'{code:04x}', 0), 'AUTH_ERR code, reserved')
        self.expect_close(close_code(code))

    def expect_close(self, code):
        try:
            got = self.next()
        except Closed as closed:
            need(closed.code, code, 'close code')
            return
        raise Fault(f'expected close {code}, got {got}')

    def end(self):
        self.stream.end()


def room_state(found):
    room, tick, base, rows, stride, _ = struct.unpack_from('<IIIHHQ', found.body)
    need((stride, len(found.body)), (16, 24 + 16 * rows), 'ROOM_STATE stride, length')
    need(found.seq, tick, 'seq of a ROOM_STATE')
    return State(room, tick, base, [struct.unpack_from('<HHiiI', found.body, 24 + 16 * row) for row in range(rows)])


def authenticated(account, **auth):
    """A Session that is past its AUTH_OK."""
    session = Session(account)
    session.send(session.auth(**auth))
    session.auth_ok()
    return session
