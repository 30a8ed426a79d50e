"""Everything that is measured, in the order in which it is shown."""

from suite.accept import accept
from suite.buffers import buffers
from suite.bulk import bulk
from suite.compile import compile
from suite.connections import connections
from suite.coroutines import coroutines
from suite.idle import idle
from suite.memcached import memcached
from suite.pairs import pairs
from suite.ring import instructions, ring
from suite.rot13 import rot13
from suite.sizes import sizes
from suite.streams import streams
from suite.switch import switch
from suite.timers import timers
from suite.wakeups import wakeups

ALL = {make.__name__: make for make in (rot13, streams, memcached, bulk, accept, pairs, buffers,
                                        ring, instructions, timers, wakeups, sizes, idle,
                                        coroutines, switch, connections, compile)}
