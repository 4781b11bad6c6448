"""Rooms: joining, leaving, and states that are put together from full ones and deltas."""

import struct
import time

from protocol_exchange import exchange
from protocol_session import MOVE, Account, Joined, authenticated
from protocol_socket import Fault, need


class Room:
    """What a member knows of its room."""

    def __init__(self, session, room):
        self.session, self.room = session, room
        self.ticks = set()
        self.rows = {}
        self.kinds = []

    def take(self):
        state = self.session.state()
        need(state.room, self.room, 'room of a ROOM_STATE')
        if state.base == 0:
            self.rows = {}
        elif state.base not in self.ticks:
            raise Fault(f'base {state.base} was never sent here: {sorted(self.ticks)}')
        for row, flags, x, y, val in state.rows:
            if flags & 1:
                self.rows.pop(row, None)
            else:
                self.rows[row] = (x, y, val)
        self.ticks.add(state.tick)
        self.kinds.append('full' if state.base == 0 else 'delta')

    def until(self, rows):
        end = time.monotonic() + 60  # a guard, not a claim
        while self.rows != rows:
            if time.monotonic() > end:
                raise Fault(f'expected rows {rows}, got {self.rows}')
            self.take()


@exchange('ROOM_JOIN, JOINED, full and delta ROOM_STATE, ROOM_LEAVE, LEFT, with two members')
def room_states(server):
    room = server['room']()
    first, second = authenticated(Account(server)), authenticated(Account(server))
    one = first.join(room)
    need((one.room, one.members, one.tick_ms, one.code), (room, 1, server['tickMs'], 0), 'JOINED room, members, tickMs, code')
    seen_by_first = Room(first, room)
    seen_by_first.until({one.slot: (0, 0, 0)})
    need(seen_by_first.kinds, ['full'], 'the first state')
    two = second.join(room)
    need((two.members, two.code, two.slot != one.slot, two.tick >= one.tick), (2, 0, True, True), 'JOINED of the second')
    seen_by_second = Room(second, room)
    both = {one.slot: (0, 0, 0), two.slot: (0, 0, 0)}
    seen_by_second.until(both)
    need(seen_by_second.kinds[0], 'full', 'the first state of the second')
    seen_by_first.until(both)
    for step in range(3):
        second.send(second.op(MOVE, struct.pack('<ii', step + 1, -step)))
        second.ack()
        both[two.slot] = (step + 1, -step, 0)
        seen_by_first.until(both)
        seen_by_second.until(both)
    need('delta' in seen_by_first.kinds and 'delta' in seen_by_second.kinds, True, f'deltas came ({seen_by_first.kinds})')
    need(second.leave(room), 0, 'LEFT code')
    seen_by_first.until({one.slot: (0, 0, 0)})
    need(second.leave(room), 0x0403, 'LEFT code, when gone already')
    back = second.join(room).slot
    seen_by_first.until({one.slot: (0, 0, 0), back: (0, 0, 0)})
    first.end()
    second.end()


@exchange('joining again answers the same slot, joining another leaves the first')
def join_again(server):
    room, other = server['room'](), server['room']()
    session, witness = authenticated(Account(server)), authenticated(Account(server))
    witness.join(room)
    joined = session.join(room)
    need(session.join(room)[:3], (room, joined.slot, 2), 'JOINED again: room, slot, members')
    need(session.join(other)[:3], (other, 0, 1), 'JOINED of another: room, slot, members')
    need(session.leave(room), 0x0403, 'LEFT code of the room that the second join left')
    need(witness.join(room).members, 1, 'members of the room left behind')
    need(session.leave(other), 0, 'LEFT code')
    witness.end()
    session.end()


@exchange('a room that is not there: JOINED 0401 with slot 0xffff and nothing else, and the old seat stays')
def no_room(server):
    session, room = authenticated(Account(server)), server['room']()
    slot = session.join(room).slot
    for number in (server['rooms'], 0xFFFFFFFF):
        need(session.join(number), Joined(0, 0xFFFF, 0, 0, 0, 0x0401), 'JOINED')
    need(session.join(room).slot, slot, 'the slot')
    need(session.leave(server['rooms']), 0x0403, 'LEFT code of no room')
    last = session.join(server['rooms'] - 1)
    need(last.code, 0, 'the last room')
    session.end()


@exchange('a member that closes without a word is gone from the room')
def gone(server):
    room = server['room']()
    stays, goes = authenticated(Account(server)), authenticated(Account(server))
    one, two = stays.join(room), goes.join(room)
    seen = Room(stays, room)
    seen.until({one.slot: (0, 0, 0), two.slot: (0, 0, 0)})
    goes.end()
    seen.until({one.slot: (0, 0, 0)})
    stays.end()
