"""Operations: plain, signed, sent again, skewed, too many."""

import os
import struct

from protocol_exchange import each, exchange
from protocol_session import AT_BODY, ECHO, MOVE, TRADE, Account, Session, authenticated
from protocol_socket import need


def trade_of(amount, item=17):
    return struct.pack('<II', item, amount)


def place(x, y):
    return struct.pack('<ii', x, y)


@exchange('echo answers its payload, at most 4,080 bytes of it')
def echo(server):
    session = authenticated(Account(server))
    for size in (0, 1, 4080, 4081, 4092):
        payload = os.urandom(size)
        session.send(session.op(ECHO, payload))
        need(session.ack() == payload[:4080], True, f'echo of {size} bytes')
    for size in (0, 1, 4056):
        payload = os.urandom(size)
        session.send(session.signed(ECHO, payload))
        need(session.ack() == payload, True, f'signed echo of {size} bytes')
    session.end()


@exchange('move answers nothing and the row of the room has the new place')
def move(server):
    session = authenticated(Account(server))
    room = server['room']()
    slot = session.join(room).slot
    need(session.state().rows, [(slot, 0, 0, 0, 0)], 'the row of a new member')
    session.send(session.op(MOVE, place(-5, 2**31 - 1)))
    need(session.ack(), b'', 'result')
    need(session.state().rows, [(slot, 0, -5, 2**31 - 1, 0)], 'the row')
    session.end()


@exchange('what cannot be done is OP_ACK 0403 or 0404 and the connection stays')
def refused_ops(server):
    session = authenticated(Account(server))

    def gets(code, op):
        def run():
            session.send(op())
            session.ack(code)
        return run

    outside = [
        ('unknown opcode', gets(0x0404, lambda: session.op(0))), ('opcode 65535', gets(0x0404, lambda: session.op(65535, b'abc'))),
        ('short move', gets(0x0404, lambda: session.op(MOVE, bytes(7)))), ('long move', gets(0x0404, lambda: session.op(MOVE, bytes(9)))),
        ('plain trade', gets(0x0404, lambda: session.op(TRADE, trade_of(1)))),
        ('short trade', gets(0x0404, lambda: session.signed(TRADE, bytes(7)))),
        ('unknown opcode, signed', gets(0x0404, lambda: session.signed(4, b''))),
        ('signed move', gets(0x0404, lambda: session.signed(MOVE, place(1, 1)))),
        ('move outside a room', gets(0x0403, lambda: session.op(MOVE, place(1, 2)))),
        ('trade outside a room', gets(0x0403, lambda: session.signed(TRADE, trade_of(1)))),
    ]
    detail = each(outside)
    session.send(session.ping())
    session.pong()
    session.end()
    return detail


@exchange('a signed trade answers the new val of the row, modulo 2^32')
def trade(server):
    session = authenticated(Account(server))
    room = server['room']()
    slot = session.join(room).slot
    session.state()
    val = 0
    for amount in (3, 4, 2**32 - 1):
        session.send(session.signed(TRADE, trade_of(amount)))
        val = (val + amount) % 2**32
        need(session.ack(), struct.pack('<I', val), 'result')
    while True:
        rows = session.state().rows
        if rows == [(slot, 0, 0, 0, val)]:
            break
        need(len(rows) == 1 and rows[0][4] in (3, 7), True, f'rows on the way {rows}')
    session.end()


@exchange('the same nonce again, on this connection and on the next: the stored code, DUP, and nothing done twice')
def duplicates(server):
    account, room = Account(server), server['room']()
    session = authenticated(account)
    early, nonce = os.urandom(8), os.urandom(8)
    session.send(session.signed(TRADE, trade_of(1), early))
    session.ack(0x0403)
    session.join(room)
    session.send(session.signed(TRADE, trade_of(5), nonce), session.signed(TRADE, trade_of(5), nonce), session.signed(TRADE, trade_of(5), early))
    first = session.seq - 2
    need(session.ack(seq=first), struct.pack('<I', 5), 'result')
    session.ack(seq=first + 1, dup=True)
    session.ack(0x0403, dup=True)
    session.send(session.signed(ECHO, b'another op, another payload', nonce), session.ping())
    session.ack(seq=session.seq - 1, dup=True)
    session.pong()
    session.end()
    again = Session(account)
    again.send(again.auth(last_nonce=early))
    again.auth_ok()
    again.send(again.signed(TRADE, trade_of(5), nonce))
    again.ack(dup=True)
    again.join(room)
    again.send(again.signed(TRADE, trade_of(1), os.urandom(8)))
    again.ack()
    again.end()


@exchange('tsUnixMs more than 300 s off: 0208, and the nonce may be used again')
def skew(server):
    session = authenticated(Account(server))
    for skew_ms in (-302_000, 302_000):
        nonce = os.urandom(8)
        session.send(session.signed(ECHO, b'', nonce, skew_ms))
        session.ack(0x0208)
        session.send(session.signed(ECHO, b'x', nonce, skew_ms * 298 // 302))
        need(session.ack(), b'x', 'result')
    session.end()


@exchange('the sixth critical operation of a uid in 10 s: 0302, before DUP it does not come, and it leaves no trace')
def window(server):
    account, room = Account(server), server['room']()
    session = authenticated(account)
    session.join(room)
    nonces = [os.urandom(8) for _ in range(6)]
    for nonce in nonces[:5]:
        session.send(session.signed(TRADE, trade_of(1), nonce))
        session.ack()
    for _ in range(2):
        session.send(session.signed(TRADE, trade_of(1), nonces[5]))
        session.ack(0x0302)
    session.send(session.signed(TRADE, trade_of(1), nonces[0]), session.op(ECHO, b'plain ops pass'))
    session.ack(seq=session.seq - 1, dup=True)
    need(session.ack(), b'plain ops pass', 'the echo')
    session.end()
    account_again = Account(server, account.uid)  # the window is of the uid, not of the session
    other = authenticated(account_again)
    other.join(room)
    other.send(other.signed(TRADE, trade_of(1), nonces[0]))
    other.ack(0x0302)
    other.end()
    session = authenticated(Account(server))  # every OP_SIGNED counts, whatever its opcode and its answer
    for opcode, code in ((ECHO, 0), (99, 0x0404), (MOVE, 0x0404), (TRADE, 0x0403), (ECHO, 0), (ECHO, 0x0302)):
        session.send(session.signed(opcode, bytes(8)))
        session.ack(code)
    session.end()


@exchange('an OP_SIGNED that does not hold: 0206; with a flag or a reserved field: 0102')
def bad_signed(server):
    account = Account(server)

    def closes(code, field, make):
        def run():
            session = authenticated(account)
            whole = make(session)
            session.send(whole)
            session.expect_error(code, struct.unpack_from('<H', whole)[0], 2, AT_BODY + field)
        return run

    def tampered(session):
        whole = bytearray(session.signed(TRADE, trade_of(1)))
        whole[-1] ^= 1
        return bytes(whole)

    return each([
        ('tag', closes(0x0206, 24, lambda one: one.signed(TRADE, trade_of(1), key=bytes(32)))), ('payload', closes(0x0206, 24, tampered)),
        ('signed by the other key', closes(0x0206, 24, lambda one: one.signed(TRADE, trade_of(1), key=one.s2c))),
        ('flags', closes(0x0102, 2, lambda one: one.signed(TRADE, trade_of(1), flags=1))),
        ('reserved', closes(0x0102, 20, lambda one: one.signed(TRADE, trade_of(1), reserved=1))),
        ('flags of a plain OP', closes(0x0102, 2, lambda one: one.op(ECHO, flags=1))),
    ])
