// Socket streams on a backend that receives and sends by itself.
#pragma once

#include "stream/stream.h"

namespace eddy::engine {

// From now on the kernel receives and sends, where it can.
void use_transfers(stream& s);
// It does not any more; what it had received and was not seen is dropped. For another descriptor.
void stop_transfers(stream& s);
// Nothing comes from the kernel any more.
void abandon(stream& s);
// Of one that is disabled: bytes that the kernel took in this turn, and that nobody was told of, go
// into the input, where whoever goes on with the descriptor by itself finds them. The read callback
// is owed until it is enabled again.
void show_received(stream& s);
void tell_shown(stream& s);
// Pieces that were taken of the same socket by another descriptor.
void go_on_with(stream& s, chain* received);
// How much the next receive may bring.
void limit_receive(stream& s);
inline bool sends_now(const stream& s) { return s.owner->is_under_way(&s.writing); }
// What is being sent ends, and what went is gone from the output. False on another thread than the
// loop's, which alone can wait for that.
bool finish_sending(stream& s);

// What went and was not told yet is gone from the output.
void note_sent(stream& s);

// For socket_io.cpp: the transfer's part of reading and writing.
void take_received(stream& s, std::size_t room);
// False when the send has to be made by a call.
bool start_send(stream& s);
void send_ended(stream& s, std::int32_t outcome);

}  // namespace eddy::engine
