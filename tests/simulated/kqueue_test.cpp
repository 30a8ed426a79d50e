// The simulated kqueue against kqueue(2) of FreeBSD 14: the calls, the flags, and the filters of
// descriptors. (Signals, timers and user events: kqueue_filters_test.cpp.)
#include "kqueue_support.h"

namespace eddy::simulated::test {
namespace {

using simulated_kqueue = with_kqueue;

TEST_F(simulated_kqueue, an_event_is_told_as_long_as_its_condition_holds) {
  put(pair.b.get(), "abc");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  for (int i = 0; i < 3; ++i) {
    const auto told = poll();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].ident, static_cast<uintptr_t>(pair.a.get()));
    EXPECT_EQ(told[0].filter, EVFILT_READ);
    EXPECT_EQ(told[0].data, 3);
    EXPECT_EQ(told[0].flags & (EV_EOF | EV_ERROR), 0);
  }
}

TEST_F(simulated_kqueue, an_event_whose_condition_ended_is_not_told) {
  put(pair.b.get(), "abc");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  drain(pair.a.get());
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, a_condition_that_holds_at_registration_is_told) {
  put(pair.b.get(), "x");
  struct kevent add = made(pair.a.get(), EVFILT_READ, EV_ADD), told = {};
  EXPECT_EQ(::kevent(kq.get(), &add, 1, &told, 1, &at_once), 1);
  EXPECT_EQ(told.data, 1);
}

TEST_F(simulated_kqueue, the_list_of_changes_may_be_the_list_of_events) {
  put(pair.b.get(), "x");
  struct kevent both = made(pair.a.get(), EVFILT_READ, EV_ADD, 0, 0, this);
  EXPECT_EQ(::kevent(kq.get(), &both, 1, &both, 1, &at_once), 1);
  EXPECT_EQ(both.udata, this);
  EXPECT_EQ(both.flags & EV_ERROR, 0);
}

TEST_F(simulated_kqueue, user_data_and_extensions_come_back_unchanged) {
  struct kevent add = made(pair.a.get(), EVFILT_WRITE, EV_ADD, 0, 0, &kq);
  add.ext[2] = 7;
  add.ext[3] = 8;
  apply(add);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].udata, &kq);
  EXPECT_EQ(told[0].ext[2], 7u);
  EXPECT_EQ(told[0].ext[3], 8u);
}

TEST_F(simulated_kqueue, adding_again_changes_the_event_and_makes_no_second) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD, 0, 0, &kq);
  change(pair.a.get(), EVFILT_READ, EV_ADD, 0, 0, &pair);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].udata, &pair);
}

TEST_F(simulated_kqueue, adding_again_does_not_change_edge_level_or_one_shot_as_on_freebsd) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_ONESHOT | EV_CLEAR);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, reading_and_writing_are_two_events_of_a_descriptor) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  change(pair.a.get(), EVFILT_WRITE, EV_ADD);
  EXPECT_EQ(poll().size(), 2u);
  change(pair.a.get(), EVFILT_READ, EV_DELETE);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].filter, EVFILT_WRITE);
}

TEST_F(simulated_kqueue, a_disabled_event_is_not_told_until_it_is_enabled) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_DISABLE);
  EXPECT_TRUE(poll().empty());
  change(pair.a.get(), EVFILT_READ, EV_ENABLE);
  EXPECT_EQ(poll().size(), 1u);
  change(pair.a.get(), EVFILT_READ, EV_DISABLE);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, adding_enables) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_DISABLE);
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, an_event_with_dispatch_is_disabled_once_it_is_told) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_DISPATCH);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
  change(pair.a.get(), EVFILT_READ, EV_ENABLE);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, an_event_with_oneshot_is_deleted_once_it_is_told) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_ONESHOT);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(error_of(pair.a.get(), EVFILT_READ, EV_DELETE), ENOENT);
}

TEST_F(simulated_kqueue, an_event_with_clear_is_told_again_only_when_something_new_comes) {
  put(pair.b.get(), "abc");
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
  put(pair.b.get(), "d");
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data, 4);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, as_much_as_was_read_is_new_when_it_comes_again) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  for (int i = 0; i < 3; ++i) {
    put(pair.b.get(), "abc");
    EXPECT_EQ(poll().size(), 1u);
    EXPECT_EQ(drain(pair.a.get()), 3u);
    EXPECT_TRUE(poll().empty());
  }
}

TEST_F(simulated_kqueue, what_is_new_and_taken_already_is_not_told_with_clear) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  put(pair.b.get(), "abc");
  drain(pair.a.get());
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, room_to_write_is_new_with_clear_when_the_peer_read) {
  pipe_pair p;
  change(p.writer.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
  fill(p.writer.get());
  EXPECT_TRUE(poll().empty());
  drain(p.reader.get());
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, the_two_edges_of_a_socket_are_apart) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  change(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR);
  ASSERT_EQ(poll().size(), 1u);
  put(pair.b.get(), "x");
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].filter, EVFILT_READ);
}

TEST_F(simulated_kqueue, what_is_new_while_an_event_with_clear_is_disabled_is_told_later) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR | EV_DISABLE);
  put(pair.b.get(), "x");
  EXPECT_TRUE(poll().empty());
  change(pair.a.get(), EVFILT_READ, EV_ENABLE);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, what_is_not_there_cannot_be_changed_or_deleted) {
  EXPECT_EQ(error_of(pair.a.get(), EVFILT_READ, EV_DELETE), ENOENT);
  EXPECT_EQ(error_of(pair.a.get(), EVFILT_READ, EV_ENABLE), ENOENT);
  EXPECT_EQ(error_of(pair.a.get(), EVFILT_READ, EV_DISABLE), ENOENT);
  EXPECT_EQ(error_of(1, EVFILT_USER, 0, NOTE_TRIGGER), ENOENT);
}

TEST_F(simulated_kqueue, a_descriptor_that_is_not_open_is_bad_for_every_change) {
  const int closed = pair.a.get();
  pair.a.close();
  EXPECT_EQ(error_of(closed, EVFILT_READ, EV_ADD), EBADF);
  EXPECT_EQ(error_of(closed, EVFILT_READ, EV_DELETE), EBADF);
}

TEST_F(simulated_kqueue, an_unknown_filter_and_contrary_flags_are_invalid) {
  EXPECT_EQ(error_of(pair.a.get(), 99, EV_ADD), EINVAL);
  EXPECT_EQ(error_of(pair.a.get(), EVFILT_READ, EV_ADD | EV_ENABLE | EV_DISABLE), EINVAL);
}

TEST_F(simulated_kqueue, an_error_comes_as_an_event_where_there_is_room) {
  put(pair.b.get(), "x");
  struct kevent changes[3] = {made(pair.a.get(), EVFILT_READ, EV_ADD, 0, 0, this),
                              made(pair.b.get(), EVFILT_READ, EV_DELETE, 0, 0, &kq),
                              made(pair.b.get(), EVFILT_WRITE, EV_ADD)};
  struct kevent events[4] = {};
  ASSERT_EQ(::kevent(kq.get(), changes, 3, events, 4, nullptr), 1);
  EXPECT_EQ(events[0].ident, static_cast<uintptr_t>(pair.b.get()));
  EXPECT_EQ(events[0].filter, EVFILT_READ);
  EXPECT_EQ(events[0].flags, EV_ERROR);
  EXPECT_EQ(events[0].data, ENOENT);
  EXPECT_EQ(events[0].udata, &kq);
  // The others were applied.
  EXPECT_EQ(poll().size(), 2u);
}

TEST_F(simulated_kqueue, an_error_without_room_fails_the_call_and_ends_the_changes) {
  struct kevent changes[3] = {made(pair.a.get(), EVFILT_WRITE, EV_ADD),
                              made(pair.a.get(), EVFILT_READ, EV_DELETE),
                              made(pair.b.get(), EVFILT_WRITE, EV_ADD)};
  EXPECT_EQ(::kevent(kq.get(), changes, 3, nullptr, 0, nullptr), -1);
  EXPECT_EQ(errno, ENOENT);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].ident, static_cast<uintptr_t>(pair.a.get()));
}

TEST_F(simulated_kqueue, the_second_error_fails_the_call_where_there_is_room_for_one) {
  struct kevent changes[2] = {made(pair.a.get(), EVFILT_READ, EV_DELETE),
                              made(pair.a.get(), 99, EV_ADD)};
  struct kevent event = {};
  EXPECT_EQ(::kevent(kq.get(), changes, 2, &event, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_kqueue, receipts_come_instead_of_events) {
  put(pair.b.get(), "x");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  struct kevent both[2] = {made(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_RECEIPT),
                           made(pair.b.get(), EVFILT_READ, EV_DELETE | EV_RECEIPT)};
  ASSERT_EQ(::kevent(kq.get(), both, 2, both, 2, nullptr), 2);
  EXPECT_EQ(both[0].flags, EV_ERROR);
  EXPECT_EQ(both[0].data, 0);
  EXPECT_EQ(both[1].flags, EV_ERROR);
  EXPECT_EQ(both[1].data, ENOENT);
  EXPECT_EQ(poll().size(), 2u);
}

TEST_F(simulated_kqueue, a_receipt_without_room_ends_the_changes) {
  struct kevent changes[2] = {made(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_RECEIPT),
                              made(pair.b.get(), EVFILT_WRITE, EV_ADD | EV_RECEIPT)};
  EXPECT_EQ(::kevent(kq.get(), changes, 2, nullptr, 0, nullptr), 0);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, without_room_for_events_the_call_returns_at_once) {
  change(pair.a.get(), EVFILT_WRITE, EV_ADD);
  EXPECT_EQ(::kevent(kq.get(), nullptr, 0, nullptr, 0, nullptr), 0);
}

TEST_F(simulated_kqueue, a_short_list_is_filled_and_starves_nobody) {
  change(pair.a.get(), EVFILT_WRITE, EV_ADD);
  change(pair.b.get(), EVFILT_WRITE, EV_ADD);
  struct kevent first = {}, second = {};
  EXPECT_EQ(::kevent(kq.get(), nullptr, 0, &first, 1, nullptr), 1);
  EXPECT_EQ(::kevent(kq.get(), nullptr, 0, &second, 1, nullptr), 1);
  EXPECT_NE(first.ident, second.ident);
}

TEST_F(simulated_kqueue, a_wait_ends_with_0_when_its_time_is_over) {
  const timespec a_while = {0, 5'000'000};
  const std::int64_t before = now();
  struct kevent event = {};
  EXPECT_EQ(::kevent(kq.get(), nullptr, 0, &event, 1, &a_while), 0);
  EXPECT_GE(now() - before, 5'000'000);
}

TEST_F(simulated_kqueue, a_time_limit_that_is_none_is_invalid) {
  struct kevent event = {};
  for (const timespec bad : {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1'000'000'000}}) {
    EXPECT_EQ(::kevent(kq.get(), nullptr, 0, &event, 1, &bad), -1);
    EXPECT_EQ(errno, EINVAL);
  }
}

TEST_F(simulated_kqueue, a_descriptor_that_is_no_kqueue_is_bad) {
  struct kevent event = {};
  for (const int fd : {-1, pair.a.get()}) {
    EXPECT_EQ(::kevent(fd, nullptr, 0, &event, 1, &at_once), -1);
    EXPECT_EQ(errno, EBADF);
  }
}

TEST_F(simulated_kqueue, a_kqueue_is_closed_by_close) {
  const int fd = kq.get();
  kq.close();
  struct kevent event = {};
  EXPECT_EQ(::kevent(fd, nullptr, 0, &event, 1, &at_once), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(::close(fd), -1);
}

TEST_F(simulated_kqueue, closing_gives_every_descriptor_back) {
  const std::vector<int> before = open_descriptors();
  with_more_of_everything();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(simulated_kqueue, a_number_that_was_taken_by_something_else_is_no_kqueue_any_more) {
  ASSERT_EQ(::dup2(pair.a.get(), kq.get()), kq.get());
  struct kevent event = {};
  EXPECT_EQ(::kevent(kq.get(), nullptr, 0, &event, 1, &at_once), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(simulated_kqueue, closing_a_descriptor_removes_its_events) {
  change(pair.a.get(), EVFILT_WRITE, EV_ADD);
  const int number = pair.a.get();
  pair.a.close();
  EXPECT_TRUE(poll().empty());
  const descriptor reused(::dup(pair.b.get()));
  ASSERT_EQ(reused.get(), number);
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(error_of(number, EVFILT_WRITE, EV_DELETE), ENOENT);
}

TEST_F(simulated_kqueue, events_are_removed_also_where_a_duplicate_keeps_the_file_open) {
  const descriptor duplicate(::dup(pair.a.get()));
  change(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR);
  pair.a.close();
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, events_of_a_number_that_was_replaced_are_not_told) {
  pipe_pair p;
  change(p.reader.get(), EVFILT_READ, EV_ADD);
  put(pair.b.get(), "x");
  ASSERT_EQ(::dup2(pair.a.get(), p.reader.get()), p.reader.get());
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, a_child_of_fork_does_not_have_it) {
  change(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR);
  const int child = in_a_child([&] {
    struct kevent event = {};
    if (::kevent(kq.get(), nullptr, 0, &event, 1, &at_once) != -1 || errno != EBADF) return 1;
    if (::fcntl(kq.get(), F_GETFD) != -1) return 2;
    const int own = ::kqueue();
    struct kevent add = made(pair.a.get(), EVFILT_WRITE, EV_ADD);
    return ::kevent(own, &add, 1, &event, 1, &at_once) == 1 ? 0 : 3;
  });
  EXPECT_EQ(child, 0);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, a_parent_goes_on_after_a_fork) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  EXPECT_EQ(in_a_child([] { return 0; }), 0);
  put(pair.b.get(), "x");
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, a_signal_interrupts_a_wait) {
  const counted_signal usr1(SIGUSR1);
  int result = 0, error = 0;
  interrupted(SIGUSR1, [&] {
    struct kevent event = {};
    result = ::kevent(kq.get(), nullptr, 0, &event, 1, &long_enough);
    error = errno;
  });
  EXPECT_EQ(result, -1);
  EXPECT_EQ(error, EINTR);
}

TEST_F(simulated_kqueue, the_changes_of_a_call_that_was_interrupted_are_applied) {
  const counted_signal usr1(SIGUSR1);
  interrupted(SIGUSR1, [&] {
    struct kevent add = made(pair.a.get(), EVFILT_READ, EV_ADD), event = {};
    EXPECT_EQ(::kevent(kq.get(), &add, 1, &event, 1, &long_enough), -1);
  });
  put(pair.b.get(), "x");
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, a_wait_ends_when_data_comes) {
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  std::thread writer([&] { put(pair.b.get(), "x"); });
  EXPECT_EQ(wait().size(), 1u);
  writer.join();
}

TEST_F(simulated_kqueue, a_wait_ends_when_another_thread_adds_what_is_ready) {
  std::thread adder([&] { change(pair.a.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR); });
  EXPECT_EQ(wait().size(), 1u);
  adder.join();
}

TEST_F(simulated_kqueue, a_wait_fails_when_another_thread_closes_the_kqueue) {
  const int fd = kq.get();
  std::thread closer([&] { kq.close(); });
  struct kevent event = {};
  EXPECT_EQ(::kevent(fd, nullptr, 0, &event, 1, &long_enough), -1);
  EXPECT_EQ(errno, EBADF);
  closer.join();
}

TEST_F(simulated_kqueue, the_end_of_a_socket_is_told_with_what_is_left_to_read) {
  put(pair.b.get(), "abc");
  change(pair.a.get(), EVFILT_READ, EV_ADD);
  ::shutdown(pair.b.get(), SHUT_WR);
  auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  EXPECT_EQ(told[0].data, 3);
  EXPECT_EQ(told[0].fflags, 0u);
  drain(pair.a.get());
  told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  EXPECT_EQ(told[0].data, 0);
}

TEST_F(simulated_kqueue, the_end_of_a_socket_is_new_with_clear) {
  change(pair.a.get(), EVFILT_READ, EV_ADD | EV_CLEAR);
  EXPECT_TRUE(poll().empty());
  pair.b.close();
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, a_writer_is_told_the_end_when_the_reader_went) {
  pipe_pair p;
  fill(p.writer.get());
  change(p.writer.get(), EVFILT_WRITE, EV_ADD);
  EXPECT_TRUE(poll().empty());
  p.reader.close();
  auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  change(pair.a.get(), EVFILT_WRITE, EV_ADD);
  change(p.writer.get(), EVFILT_WRITE, EV_DELETE);
  pair.b.close();
  told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
}

TEST_F(simulated_kqueue, a_pipe_ends_when_its_last_writer_went) {
  pipe_pair p;
  change(p.reader.get(), EVFILT_READ, EV_ADD);
  put(p.writer.get(), "ab");
  auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data, 2);
  EXPECT_EQ(told[0].flags & EV_EOF, 0);
  p.writer.close();
  told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  EXPECT_EQ(told[0].data, 2);
}

TEST_F(simulated_kqueue, data_of_a_writer_is_the_room) {
  pipe_pair p;
  change(p.writer.get(), EVFILT_WRITE, EV_ADD);
  const std::int64_t empty = poll().at(0).data;
  put(p.writer.get(), "0123456789");
  EXPECT_EQ(poll().at(0).data, empty - 10);
}

TEST_F(simulated_kqueue, data_of_a_listener_is_the_number_of_connections_that_wait) {
  tcp_listener listener;
  change(listener.socket.get(), EVFILT_READ, EV_ADD);
  EXPECT_TRUE(poll().empty());
  const descriptor one(connected_to(listener)), two(connected_to(listener));
  // The second may arrive after its connect returned.
  auto told = wait();
  while (told.size() == 1 && told[0].data == 1) told = wait();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data, 2);
}

TEST_F(simulated_kqueue, a_refused_connection_is_told_with_its_error_which_stays_the_programs) {
  const descriptor refused(connecting_to_nobody());
  change(refused.get(), EVFILT_WRITE, EV_ADD);
  const auto told = wait();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  EXPECT_EQ(told[0].fflags, static_cast<unsigned>(ECONNREFUSED));
  int error = 0;
  socklen_t size = sizeof error;
  ASSERT_EQ(::getsockopt(refused.get(), SOL_SOCKET, SO_ERROR, &error, &size), 0);
  EXPECT_EQ(error, ECONNREFUSED);
}

TEST_F(simulated_kqueue, a_reset_connection_is_told_with_its_error) {
  tcp_listener listener(0);
  descriptor client(connected_to(listener));
  const descriptor server(::accept(listener.socket.get(), nullptr, nullptr));
  change(server.get(), EVFILT_READ, EV_ADD);
  const linger hard = {1, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  client.close();
  const auto told = wait();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].flags & EV_EOF, 0);
  EXPECT_EQ(told[0].fflags, static_cast<unsigned>(ECONNRESET));
}

TEST_F(simulated_kqueue, a_socket_that_is_not_connected_is_not_ready) {
  const descriptor fresh(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  change(fresh.get(), EVFILT_READ, EV_ADD);
  change(fresh.get(), EVFILT_WRITE, EV_ADD | EV_CLEAR);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_kqueue, a_file_is_told_as_long_as_its_end_is_not_reached) {
  const descriptor file(::memfd_create("file", MFD_CLOEXEC));
  change(file.get(), EVFILT_READ, EV_ADD);
  EXPECT_TRUE(poll().empty());
  put(file.get(), "abc");
  ASSERT_EQ(::lseek(file.get(), 1, SEEK_SET), 1);
  const auto told = wait();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].data, 2);
}

TEST_F(simulated_kqueue, a_file_at_its_end_is_told_when_it_shall_be_as_with_poll) {
  const descriptor file(::memfd_create("file", MFD_CLOEXEC));
  change(file.get(), EVFILT_READ, EV_ADD, NOTE_FILE_POLL);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_kqueue, a_file_cannot_be_watched_for_writing) {
  const descriptor file(::memfd_create("file", MFD_CLOEXEC));
  EXPECT_EQ(error_of(file.get(), EVFILT_WRITE, EV_ADD), EINVAL);
}

}  // namespace
}  // namespace eddy::simulated::test
