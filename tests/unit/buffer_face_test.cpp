// The C face of buffers where libevent cannot be asked: it crashes, or its answer is not promised.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "support/system.h"

namespace {

std::string text_of(evbuffer* b) {
  std::string text(evbuffer_get_length(b), '\0');
  EXPECT_EQ(evbuffer_copyout(b, text.data(), text.size()), static_cast<ev_ssize_t>(text.size()));
  return text;
}

TEST(buffer_face, reads_a_part_of_a_file_that_may_not_be_mapped) {
  std::FILE* file = std::tmpfile();
  std::fputs("0123456789", file);
  std::fflush(file);
  evbuffer* b = evbuffer_new();
  evbuffer_file_segment* s =
      evbuffer_file_segment_new(::fileno(file), 3, -1, EVBUF_FS_DISABLE_MMAP);
  ASSERT_NE(s, nullptr);
  EXPECT_EQ(evbuffer_add_file_segment(b, s, 0, -1), 0);
  EXPECT_EQ(evbuffer_add_file_segment(b, s, 5, 2), 0);
  EXPECT_EQ(evbuffer_add_file_segment(b, s, 5, 100), -1);
  EXPECT_EQ(evbuffer_add_file_segment(b, s, 8, 1), -1);
  evbuffer_file_segment_free(s);
  std::fclose(file);
  EXPECT_EQ(text_of(b), "345678989");
  evbuffer_free(b);
}

TEST(buffer_face, refuses_a_part_that_the_file_does_not_have) {
  std::FILE* file = std::tmpfile();
  std::fputs("short", file);
  std::fflush(file);
  EXPECT_EQ(evbuffer_file_segment_new(::fileno(file), 2, 100, EVBUF_FS_DISABLE_MMAP), nullptr);
  EXPECT_EQ(evbuffer_file_segment_new(::fileno(file), 6, -1, 0), nullptr);
  EXPECT_EQ(evbuffer_file_segment_new(::fileno(file), -1, 1, 0), nullptr);
  EXPECT_EQ(evbuffer_file_segment_new(-1, 0, -1, 0), nullptr);
  std::fclose(file);
}

TEST(buffer_face, writes_to_a_socket_without_a_reader_without_a_signal) {
  EDDY_NEEDS(pairs_of_unix_sockets_are_there);
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  ::close(fds[1]);
  evbuffer* b = evbuffer_new();
  ASSERT_EQ(evbuffer_add(b, "lost", 4), 0);
  EXPECT_EQ(evbuffer_write(b, fds[0]), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(text_of(b), "lost");
  evbuffer_free(b);
  ::close(fds[0]);
}

TEST(buffer_face, takes_its_lines_from_the_programs_allocator) {
  evbuffer* b = evbuffer_new();
  ASSERT_EQ(evbuffer_add(b, "line\n", 5), 0);
  size_t size = 0;
  char* line = evbuffer_readln(b, &size, EVBUFFER_EOL_LF);
  ASSERT_STREQ(line, "line");
  std::free(line);
  evbuffer_free(b);
}

TEST(buffer_face, is_used_by_two_threads_that_move_data_in_both_directions) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  evbuffer *a = evbuffer_new(), *b = evbuffer_new();
  ASSERT_EQ(evbuffer_enable_locking(a, nullptr), 0);
  ASSERT_EQ(evbuffer_enable_locking(b, nullptr), 0);
  const auto move = [](evbuffer* from, evbuffer* to) {
    for (int i = 0; i < 20'000; ++i) {
      EXPECT_EQ(evbuffer_add(from, "0123456789", 10), 0);
      EXPECT_EQ(evbuffer_add_buffer(to, from), 0);
      EXPECT_GE(evbuffer_remove_buffer(to, from, i % 3 == 0 ? 7 : 0), 0);
    }
  };
  std::thread other(move, a, b);
  move(b, a);
  other.join();
  EXPECT_EQ(evbuffer_get_length(a) + evbuffer_get_length(b), 400'000u);
  evbuffer_free(a);
  evbuffer_free(b);
}

TEST(buffer_face, forgets_a_deferred_callback_when_it_is_freed) {
  event_base* base = event_base_new();
  evbuffer* b = evbuffer_new();
  evbuffer_add_cb(
      b, [](evbuffer*, const evbuffer_cb_info*, void*) { FAIL(); }, nullptr);
  evbuffer_defer_callbacks(b, base);
  ASSERT_EQ(evbuffer_add(b, "x", 1), 0);
  evbuffer_free(b);
  EXPECT_EQ(event_base_loop(base, EVLOOP_NONBLOCK), 1);
  event_base_free(base);
}

TEST(buffer_face, outlives_the_base_of_its_deferred_callbacks) {
  event_base* base = event_base_new();
  evbuffer* b = evbuffer_new();
  evbuffer_add_cb(
      b, [](evbuffer*, const evbuffer_cb_info*, void*) { FAIL(); }, nullptr);
  evbuffer_defer_callbacks(b, base);
  ASSERT_EQ(evbuffer_add(b, "x", 1), 0);
  event_base_free(base);
  evbuffer_free(b);
}

TEST(buffer_face, lets_a_callback_remove_itself_and_change_the_buffer) {
  evbuffer* b = evbuffer_new();
  struct once {
    evbuffer_cb_entry* entry = nullptr;
    int calls = 0;
  } state;
  state.entry = evbuffer_add_cb(
      b,
      [](evbuffer* changed, const evbuffer_cb_info*, void* argument) {
        auto* s = static_cast<once*>(argument);
        ++s->calls;
        evbuffer_remove_cb_entry(changed, s->entry);
        evbuffer_drain(changed, 1);
      },
      &state);
  ASSERT_EQ(evbuffer_add(b, "xyz", 3), 0);
  ASSERT_EQ(evbuffer_add(b, "!", 1), 0);
  EXPECT_EQ(state.calls, 1);
  EXPECT_EQ(text_of(b), "yz!");
  evbuffer_free(b);
}

void ignore(evbuffer*, const evbuffer_cb_info*, void*) {}

TEST(buffer_face, stays_frozen_and_locked_whatever_callbacks_come_and_go) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  evbuffer* b = evbuffer_new();
  ASSERT_EQ(evbuffer_add(b, "xyz", 3), 0);
  ASSERT_EQ(evbuffer_freeze(b, 1), 0);
  ASSERT_NE(evbuffer_add_cb(b, ignore, nullptr), nullptr);
  EXPECT_EQ(evbuffer_drain(b, 1), -1);
  ASSERT_EQ(evbuffer_enable_locking(b, nullptr), 0);
  EXPECT_EQ(evbuffer_enable_locking(b, nullptr), -1);
  EXPECT_EQ(evbuffer_remove_cb(b, ignore, nullptr), 0);
  EXPECT_EQ(evbuffer_drain(b, 1), -1);
  EXPECT_EQ(evbuffer_add(b, "!", 1), 0);
  ASSERT_EQ(evbuffer_unfreeze(b, 1), 0);
  ASSERT_EQ(evbuffer_freeze(b, 0), 0);
  EXPECT_EQ(evbuffer_enable_locking(b, nullptr), -1);
  EXPECT_EQ(evbuffer_drain(b, 1), 0);
  EXPECT_EQ(evbuffer_add(b, "?", 1), -1);
  EXPECT_EQ(text_of(b), "yz!");
  evbuffer_free(b);
}

TEST(buffer_face, of_a_stream_has_its_ends_frozen_and_its_lock_also_with_callbacks) {
  ASSERT_EQ(evthread_use_pthreads(), 0);
  event_base* base = event_base_new();
  for (const int options : {0, static_cast<int>(BEV_OPT_THREADSAFE)}) {
    bufferevent* stream = bufferevent_socket_new(base, -1, options);
    evbuffer* const out = bufferevent_get_output(stream);
    evbuffer* const in = bufferevent_get_input(stream);
    for (int with_callback = 0; with_callback < 2; ++with_callback) {
      EXPECT_EQ(evbuffer_add(out, "x", 1), 0);
      EXPECT_EQ(evbuffer_drain(out, 1), -1);
      EXPECT_EQ(evbuffer_add(in, "x", 1), -1);
      ASSERT_NE(evbuffer_add_cb(in, ignore, nullptr), nullptr);
      ASSERT_NE(evbuffer_add_cb(out, ignore, nullptr), nullptr);
    }
    // One that has no lock may get one of its own.
    EXPECT_EQ(evbuffer_enable_locking(out, nullptr), options == 0 ? 0 : -1);
    EXPECT_EQ(evbuffer_enable_locking(out, nullptr), -1);
    EXPECT_EQ(evbuffer_add(out, "x", 1), 0);
    EXPECT_EQ(evbuffer_get_length(out), 3U);
    bufferevent_free(stream);
    (void)event_base_loop(base, EVLOOP_NONBLOCK);
  }
  event_base_free(base);
}

}  // namespace
