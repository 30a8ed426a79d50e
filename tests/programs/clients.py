"""Clients of a ROT13 server: many at a time, every answer checked."""
import codecs
import random
import selectors
import socket


def rot13(line):
    return codecs.encode(line.decode("latin-1"), "rot13").encode("latin-1")


def random_line(rng, longest):
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789.,-\xc3\xa4\xff"
    return bytes(rng.choices(letters, k=rng.randrange(longest))) + b"\n"


class Client:
    """Sends its lines one after the other, the next when the answer has come."""

    def __init__(self, address, lines):
        self.lines = list(lines)
        self.socket = socket.create_connection(address, timeout=20)
        self.socket.setblocking(False)
        self.to_send = b""
        self.expected = b""
        self.got = b""
        self.next_line()

    def next_line(self):
        self.to_send = self.lines.pop(0)
        self.expected = rot13(self.to_send)
        self.got = b""

    def step(self):
        """False when it is done."""
        if self.to_send:
            try:
                self.to_send = self.to_send[self.socket.send(self.to_send):]
            except BlockingIOError:
                pass
        try:
            got = self.socket.recv(65536)
            if not got:
                raise AssertionError("the server closed the connection")
            self.got += got
        except BlockingIOError:
            pass
        if not self.expected.startswith(self.got):
            raise AssertionError(f"wrong answer: {self.got[:80]!r} instead of {self.expected[:80]!r}")
        if self.got == self.expected:
            if not self.lines:
                return False
            self.next_line()
        return True

    def interest(self):
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.to_send else 0)


def drive(address, count, lines_each, longest=2000, seed=1):
    """`count` clients at once; returns the number of answers that were checked."""
    rng = random.Random(seed)
    poll = selectors.DefaultSelector()
    clients = []
    for _ in range(count):
        client = Client(address, [random_line(rng, longest) for _ in range(lines_each)])
        clients.append(client)
        poll.register(client.socket, client.interest(), client)
    left = count
    while left:
        ready = poll.select(timeout=30)
        if not ready:
            raise AssertionError(f"{left} clients wait for answers that do not come")
        for key, _ in ready:
            client = key.data
            if client.step():
                poll.modify(client.socket, client.interest(), client)
            else:
                poll.unregister(client.socket)
                left -= 1
    for client in clients:
        client.socket.close()
    return count * lines_each


def exchange(connection, data, size):
    connection.sendall(data)
    return receive(connection, size)


def receive(connection, size):
    got = b""
    while len(got) < size:
        more = connection.recv(size - len(got))
        if not more:
            break
        got += more
    return got


def receive_all(connection):
    got = b""
    while True:
        more = connection.recv(65536)
        if not more:
            return got
        got += more
