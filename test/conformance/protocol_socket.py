"""TCP, HTTP and RFC 6455 frames, as far as docs/protocol.md (sections Login and WebSocket) asks for them."""

import base64
import hashlib
import http.client
import json
import os
import socket
import struct
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
# Longer than any time limit of the protocol that is waited for here: it only ends what would wait for ever.
WAIT_S = 60


class Fault(Exception):
    """What the server did is not what the document says."""


class Closed(Exception):
    """The server closed: with a close frame's code, or None when the stream only ended."""

    def __init__(self, code):
        super().__init__(f'closed {code}')
        self.code = code


def need(actual, expected, what):
    if actual != expected:
        raise Fault(f'{what}: expected {expected!r}, got {actual!r}')


def post(base, path, body, headers=None, method='POST'):
    """(status, headers, body as JSON or None) of one request; body is a value to encode, or bytes as they are."""
    at = urlsplit(base)
    link = http.client.HTTPConnection(at.hostname, at.port, timeout=WAIT_S)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        link.request(method, path, data, {'Content-Type': 'application/json', **(headers or {})})
        answer = link.getresponse()
        text = answer.read()
        try:
            return answer.status, answer.headers, json.loads(text)
        except ValueError:
            return answer.status, answer.headers, None
    finally:
        link.close()


def upgrade_head(address, path='/v1/ws', method='GET', version='HTTP/1.1', key=None, **changes):
    """The request's head as bytes. A change replaces a header (underscores for dashes), adds it, or drops it (None)."""
    headers = {
        'Host': urlsplit(address).netloc,
        'Upgrade': 'websocket',
        'Connection': 'Upgrade',
        'Sec-WebSocket-Key': key or base64.b64encode(os.urandom(16)).decode(),
        'Sec-WebSocket-Version': '13',
    }
    headers.update({name.replace('_', '-'): value for name, value in changes.items()})
    lines = [f'{name}: {value}' for name, value in headers.items() if value is not None]
    return '\r\n'.join([f'{method} {path} {version}', *lines, '', '']).encode()


class Stream:
    """One TCP connection to the ws address, and frames on it once it is upgraded."""

    def __init__(self, address):
        at = urlsplit(address)
        self.address = address
        self.socket = socket.create_connection((at.hostname, at.port), timeout=WAIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.held = b''

    def write(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has already closed; what it said before is still to be read

    def read(self, count):
        while len(self.held) < count:
            try:
                more = self.socket.recv(65536)
            except ConnectionResetError:
                more = b''
            except TimeoutError:
                raise Fault(f'nothing from the server for {self.socket.gettimeout()} s')
            if not more:
                raise Closed(None)
            self.held += more
        data, self.held = self.held[:count], self.held[count:]
        return data

    def answer_head(self):
        """(status, headers in lower case) of an HTTP answer; what follows it stays to be read."""
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            head += self.read(1)
        first, *lines = head.decode('latin-1').split('\r\n')
        headers = {}
        for line in lines:
            name, found, value = line.partition(':')
            if found:
                headers[name.lower()] = value.strip()
        return int(first.split(' ')[1]), headers

    def upgrade(self, **changes):
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(upgrade_head(self.address, key=key, **changes))
        status, headers = self.answer_head()
        need(status, 101, 'status of the upgrade')
        wanted = base64.b64encode(hashlib.sha1((key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').encode()).digest()).decode()
        need(headers.get('sec-websocket-accept'), wanted, 'Sec-WebSocket-Accept')
        need(headers.get('sec-websocket-extensions'), None, 'an extension')
        return self

    def frame(self, opcode, payload, fin=True, masked=True, reserved=0):
        """Writes one frame."""
        self.write(frame_bytes(opcode, payload, fin, masked, reserved))

    def read_frame(self):
        """(opcode, payload) of the next frame. Servers neither mask nor, in this protocol, fragment."""
        first, second = self.read(2)
        need(first & 0x70, 0, 'reserved bits of a server frame')
        need(first & 0x80, 0x80, 'FIN of a server frame')
        need(second & 0x80, 0, 'mask of a server frame')
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack('>H', self.read(2))
        elif length == 127:
            (length,) = struct.unpack('>Q', self.read(8))
        return first & 0x0F, self.read(length)

    def message(self):
        """The next binary message. Answers pings; Closed when the server closes, after the close handshake is done."""
        while True:
            opcode, payload = self.read_frame()
            if opcode == BINARY:
                return payload
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode == CLOSE:
                code = struct.unpack('>H', payload[:2])[0] if payload else 1005
                self.frame(CLOSE, payload[:2])
                self.expect_end()
                raise Closed(code)
            elif opcode != PONG:
                raise Fault(f'a frame with opcode {opcode} from the server')

    def expect_end(self):
        """The stream ends behind the close frame."""
        try:
            self.read(1)
        except Closed:
            self.socket.close()
            return
        raise Fault('bytes behind the close frame')

    def expect_close(self, code):
        """The next thing is a close frame with this code."""
        try:
            payload = self.message()
        except Closed as closed:
            need(closed.code, code, 'close code')
            return
        raise Fault(f'expected close {code}, got a message {payload.hex()}')

    def end(self):
        self.socket.close()


def frame_bytes(opcode, payload, fin=True, masked=True, reserved=0):
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 65536:
        head += bytes([bit | 126]) + struct.pack('>H', len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack('>Q', len(payload))
    if not masked:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(value ^ key[at % 4] for at, value in enumerate(payload))
