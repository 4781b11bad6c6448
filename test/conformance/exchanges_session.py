"""Heartbeats, the two ways of leaving, and rates: what a session that stands does."""

import os
import signal
import struct
import time

from protocol_exchange import each, exchange, wait_until
from protocol_session import (ACK_CLOSE, AT_BODY, DISCONNECT, ECHO, ERROR, OP, OP_ACK, PING, ROOM_JOIN, TRADE, Account, Session, authenticated,
                              close_code, packet)
from protocol_socket import CLOSE, need


@exchange('PING and PONG are signed, numbered, early if one likes, and agree on the ops')
def heartbeat(server):
    session = authenticated(Account(server))
    session.send(session.ping())
    session.pong()
    session.send(session.op(ECHO, b'a'), session.op(99), session.signed(ECHO, b'b'), session.ping())
    session.ack(0, seq=3)
    session.ack(0x0404, seq=4)
    session.ack(0, seq=5)
    session.pong()
    for _ in range(3):
        session.send(session.ping())
        session.pong()
    session.end()


@exchange('a PING that does not hold: 0206 for its tag, 0207 for its number and for its ledger')
def bad_heartbeats(server):
    account = Account(server)

    def closes(code, field, before=0, **ping):
        def run():
            session = authenticated(account)
            for _ in range(before):
                session.send(session.ping())
                session.pong()
            session.send(session.ping(**ping))
            session.expect_error(code, PING, session.seq, AT_BODY + field)
        return run

    def other_connection():
        first = authenticated(account)
        recorded = first.ping()
        first.end()
        session = authenticated(account)
        session.send(recorded)
        session.seq += 1
        session.expect_error(0x0206, PING, 2, AT_BODY + 16)

    return each([
        ('wrong key', closes(0x0206, 16, key=bytes(32))), ('wrong key and number', closes(0x0206, 16, key=bytes(32), beat=9)),
        ('number 0', closes(0x0207, 0, beat=0)), ('number 2 first', closes(0x0207, 0, beat=2)),
        ('number 1 twice', closes(0x0207, 0, before=1, beat=1)),
        ('ops too many', closes(0x0207, 4, ops_sent=1)), ('ops far off', closes(0x0207, 4, before=1, ops_sent=0xFFFFFFFF)),
        ('recorded on another connection', other_connection),
    ])


@exchange('no good PING for 3 x hbMs + 1 s: ERROR 0503', slow=True)
def silence(server):
    account = Account(server)
    silent, beating = authenticated(account), authenticated(Account(server))
    for second in range(int(3 * silent.hb_ms / 1000) + 3):
        beating.send(beating.ping())
        beating.pong()
        wait_until(time.monotonic() + 0.9)
        if second < 2:
            silent.send(silent.op(ECHO, b'an operation is no heartbeat'))
            silent.ack()
    silent.expect_error(0x0503)
    beating.send(beating.ping())
    beating.pong()
    beating.end()


def server_counts(session, phase, seq):
    """The counts of the server's next ACK_CLOSE."""
    got, reserved, code, seen, acked, last = struct.unpack('<BBHIII', session.expect(ACK_CLOSE, seq))
    need((got, reserved, code), (phase, 0, 0), 'ACK_CLOSE phase, reserved, code')
    return seen, acked, last


@exchange('the client disconnects: heard, drained, agreed, close 1000')
def client_disconnects(server):
    for lie in (0, 1):  # counts that differ are noted by the server, and change nothing on the wire
        session = authenticated(Account(server))
        session.send(session.op(ECHO, b'1'), session.op(ECHO, b'2'), session.plain(DISCONNECT, struct.pack('<HH', 0, 0)))
        session.ack(seq=2)
        session.ack(seq=3)
        need(server_counts(session, 1, 4), (0, 0, 0), 'counts of phase 1')
        need(server_counts(session, 2, 4), (2, 2, 4), 'counts of phase 2')
        session.seq += 1
        session.send(packet(ACK_CLOSE, 5, struct.pack('<BBHIII', 2, 0, 0, 2 + lie, 2, 4)))
        session.expect_close(1000)


@exchange('after its own DISCONNECT a client may send ACK_CLOSE only, and before its AUTH no DISCONNECT')
def disconnect_out_of_turn(server):
    account = Account(server)
    leave = struct.pack('<HH', 0, 0)

    def after(kind):
        def run():
            session = authenticated(account)
            session.send(session.plain(DISCONNECT, leave))
            server_counts(session, 1, 2)
            server_counts(session, 2, 2)
            session.send(session.ping() if kind == PING else session.plain(kind, leave))
            session.expect_error(0x0104, kind, 3, 0)
        return run

    def closing(phase, reserved, field):
        def run():
            session = authenticated(account)
            session.send(session.plain(DISCONNECT, leave))
            server_counts(session, 1, 2)
            server_counts(session, 2, 2)
            session.send(session.plain(ACK_CLOSE, struct.pack('<BBHIII', phase, reserved, 0, 0, 0, 0)))
            session.expect_error(0x0102, ACK_CLOSE, 3, AT_BODY + field)
        return run

    def early():
        session = Session(account)
        session.send(session.plain(DISCONNECT, leave))
        session.expect_error(0x0104, DISCONNECT, 1, 0)

    def unasked():
        session = authenticated(account)
        session.send(session.ack_close(1))
        session.expect_error(0x0104, ACK_CLOSE, 2, 0)

    return each([('PING', after(PING)), ('OP', after(OP)), ('DISCONNECT', after(DISCONNECT)), ('before AUTH', early), ('ACK_CLOSE unasked', unasked),
                 ('phase 3', closing(3, 0, 0)), ('reserved', closing(2, 1, 1))])


@exchange('the close frame of a client is answered in kind')
def close_frames(server):
    account = Account(server)

    def answered(session, payload, code):
        session.stream.frame(CLOSE, payload)
        session.expect_close(code)

    return each([
        ('1000 before AUTH', lambda: answered(Session(account), b'\x03\xe8', 1000)),
        ('1000 with a reason', lambda: answered(authenticated(account), b'\x03\xe8bye', 1000)),
        ('4000', lambda: answered(authenticated(account), b'\x0f\xa0', 4000)),
        ('no code', lambda: answered(authenticated(account), b'', 1005)),
    ])


def ack_codes(session, number, first_seq):
    return [struct.unpack_from('<H', session.expect(OP_ACK, first_seq + at))[0] for at in range(number)]


@exchange('an empty bucket: OP_ACK and JOINED 0301, counted in the ledger, and PING passes')
def rate(server):
    session = authenticated(Account(server))
    session.send(session.ping())
    session.pong()
    for _ in range(20):
        session.send(*[session.op(ECHO, b'x') for _ in range(15)])
    codes = ack_codes(session, 300, 3)
    refused = codes.count(0x0301)
    need(set(codes), {0, 0x0301}, 'codes')
    need(1 <= refused <= 102 and codes[:190] == [0] * 190, True, f'what is above 200 a second is refused ({refused})')
    for _ in range(5):  # a pause of this machine may have let some tokens come back
        session.send(*[session.op(ECHO) for _ in range(15)], session.plain(ROOM_JOIN, struct.pack('<II', server['room'](), 0)))
        ack_codes(session, 15, session.seq - 15)
        joined = session.joined()
        if joined.code:
            break
    need(joined, (0, 0xFFFF, 0, 0, 0, 0x0301), 'JOINED when the bucket is empty')
    session.send(session.ping())
    session.pong()
    session.end()
    big = authenticated(Account(server))
    for _ in range(24):
        big.send(big.op(ECHO, bytes(4092)))
    codes = ack_codes(big, 24, 2)
    need(codes[:15] == [0] * 15 and 1 <= codes.count(0x0301) <= 9, True, f'what is above 65,536 bytes a second is refused ({codes})')
    big.end()


@exchange('more than twice the rate for 5 s: ERROR 0301', slow=True)
def flood(server):
    session = authenticated(Account(server))
    begun = time.monotonic()
    sent_for = 0
    try:
        while time.monotonic() - begun < 60:  # until this machine has kept the rate up for five seconds
            for _ in range(4):
                session.send(*[session.op(ECHO) for _ in range(15)])
            session.send(session.ping())
            for _ in range(61):
                got = session.next()
                if got.type == ERROR:
                    session.waiting.insert(0, got)
                    raise StopIteration
            wait_until(begun + (sent_for := sent_for + 0.1))
    except StopIteration:
        pass
    error = session.expect(ERROR)
    code, ref_type, ref_seq, _ = struct.unpack('<HHII', error)
    need((f'{code:04x}', ref_type in (OP, PING), 0 < ref_seq <= session.seq), ('0301', True, True), 'ERROR code, refType, refSeq')
    need(time.monotonic() - begun > 4, True, 'not before 5 s')
    session.expect_close(close_code(0x0301))


@exchange('a client that disconnects and then says nothing is closed with 1000 after 5 s', slow=True)
def silent_leaver(server):
    session = authenticated(Account(server))
    session.send(session.plain(DISCONNECT, struct.pack('<HH', 0, 0)))
    server_counts(session, 1, 2)
    server_counts(session, 2, 2)
    begun = time.monotonic()
    session.expect_close(1000)
    need(time.monotonic() - begun > 4, True, 'not before 5 s')


@exchange('SIGTERM: the server disconnects, ops are answered 0502, counts agree, the client closes with 1000', slow=True)
def server_disconnects(server):
    leaving = server['ticket']
    server['tickets'].wait(60)  # the other exchange on this server is over, or is not of this run
    session, deaf, crossing = (authenticated(Account(leaving)) for _ in range(3))
    greeted = Session(Account(leaving))
    session.send(session.op(ECHO, b'before'))
    session.ack()
    os.kill(leaving['pid'], signal.SIGTERM)
    begun = time.monotonic()
    for one in (session, deaf, crossing):
        need(struct.unpack('<HH', one.expect(DISCONNECT, 0)), (0x0502, 0), 'DISCONNECT reason, flags')
    greeted.expect_error(0x0502)
    session.send(session.op(ECHO, b'late'), session.signed(TRADE, bytes(8)), session.plain(ROOM_JOIN, struct.pack('<II', 1, 0)), session.ping())
    session.ack(0x0502, seq=3)
    session.ack(0x0502, seq=4)
    need(session.joined(5), (0, 0xFFFF, 0, 0, 0, 0x0502), 'JOINED while the server leaves')
    session.pong()
    session.send(session.ack_close(1), session.ping())
    session.pong()
    session.send(session.ack_close(2))
    need(server_counts(session, 2, 0)[:2], (3, 3), 'counts of phase 2')
    session.stream.frame(CLOSE, b'\x03\xe8')
    session.expect_close(1000)
    crossing.send(crossing.plain(DISCONNECT, struct.pack('<HH', 0, 0)), crossing.ack_close(1))
    server_counts(crossing, 1, 2)
    server_counts(crossing, 2, 2)
    crossing.send(crossing.ack_close(2))
    crossing.expect_close(1000)
    deaf.expect_error(0x0502)
    need(time.monotonic() - begun > 4, True, 'not before 5 s')


@exchange('after its phase 1 a client may send PING and ACK_CLOSE only; an initiator that waits 5 s for the close sends it', slow=True)
def after_phase_one(server):
    leaving = server['second']
    need(server['full'].wait(120), True, 'the other exchange on this server is over')
    ops, late, hasty = (authenticated(account) for account in server['accounts'][:3])
    os.kill(leaving['pid'], signal.SIGTERM)
    for one in (ops, late, hasty):
        one.expect(DISCONNECT, 0)
    ops.send(ops.ack_close(1), ops.op(ECHO))
    ops.expect_error(0x0104, OP, 3, 24)
    hasty.send(hasty.ack_close(2))
    hasty.expect_error(0x0104, ACK_CLOSE, 2, AT_BODY)
    late.send(late.ack_close(1), late.ack_close(2))
    server_counts(late, 2, 0)
    begun = time.monotonic()
    late.expect_close(1000)
    need(time.monotonic() - begun > 4, True, 'not before 5 s')
