// The simulated /dev/poll against poll(7D) of Solaris.
#include <sys/devpoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <vector>

#include "support.h"

namespace eddy::simulated::test {
namespace {

class simulated_dev_poll : public testing::Test {
 protected:
  static int open() { return EDDY_DEVPOLL_OPEN("/dev/poll", O_RDWR | O_CLOEXEC); }

  void write(std::vector<pollfd> entries) {
    const std::size_t bytes = entries.size() * sizeof(pollfd);
    EXPECT_EQ(EDDY_DEVPOLL_WRITE(set.get(), entries.data(), bytes), static_cast<ssize_t>(bytes));
  }
  void add(int fd, short events) { write({{fd, events, 0}}); }

  int ioctl_poll(pollfd* events, std::size_t room, int timeout) {
    dvpoll call = {};
    call.dp_fds = events;
    call.dp_nfds = static_cast<decltype(call.dp_nfds)>(room);
    call.dp_timeout = timeout;
    return EDDY_DEVPOLL_IOCTL(set.get(), DP_POLL, &call);
  }
  std::vector<pollfd> wait(int timeout) {
    std::vector<pollfd> events(16);
    const int told = ioctl_poll(events.data(), events.size(), timeout);
    EXPECT_GE(told, 0) << errno;
    events.resize(static_cast<std::size_t>(std::max(told, 0)));
    return events;
  }
  std::vector<pollfd> poll() { return wait(0); }

  descriptor set{open()};
  socket_pair pair;
};

TEST_F(simulated_dev_poll, an_event_carries_the_descriptor_what_was_asked_and_what_is) {
  put(pair.b.get(), "x");
  add(pair.a.get(), POLLIN | POLLPRI);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].fd, pair.a.get());
  EXPECT_EQ(told[0].events, POLLIN | POLLPRI);
  EXPECT_EQ(told[0].revents, POLLIN);
}

TEST_F(simulated_dev_poll, an_event_is_told_as_long_as_it_is_true) {
  put(pair.b.get(), "x");
  add(pair.a.get(), POLLIN);
  EXPECT_EQ(poll().size(), 1u);
  EXPECT_EQ(poll().size(), 1u);
  drain(pair.a.get());
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_dev_poll, events_that_are_written_again_are_added_to_the_old_ones) {
  put(pair.b.get(), "x");
  add(pair.a.get(), POLLIN);
  add(pair.a.get(), POLLOUT);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].events, POLLIN | POLLOUT);
  EXPECT_EQ(told[0].revents, POLLIN | POLLOUT);
}

TEST_F(simulated_dev_poll, events_of_a_descriptor_twice_in_one_write_are_both_wanted) {
  put(pair.b.get(), "x");
  write({{pair.a.get(), POLLIN, 0}, {pair.b.get(), POLLOUT, 0}, {pair.a.get(), POLLOUT, 0}});
  const auto told = poll();
  ASSERT_EQ(told.size(), 2u);
}

TEST_F(simulated_dev_poll, fewer_events_are_wanted_after_removing_and_adding_in_one_write) {
  put(pair.b.get(), "x");
  add(pair.a.get(), POLLIN | POLLOUT);
  write({{pair.a.get(), POLLREMOVE, 0}, {pair.a.get(), POLLOUT, 0}});
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].revents, POLLOUT);
}

TEST_F(simulated_dev_poll, a_removed_descriptor_is_not_told) {
  add(pair.a.get(), POLLOUT);
  add(pair.a.get(), POLLREMOVE);
  EXPECT_TRUE(poll().empty());
  // Once more is no error.
  add(pair.a.get(), POLLREMOVE);
}

TEST_F(simulated_dev_poll, a_closed_descriptor_that_was_not_removed_is_told_as_invalid) {
  add(pair.a.get(), POLLIN);
  const int closed = pair.a.get();
  pair.a.close();
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].fd, closed);
  EXPECT_EQ(told[0].revents, POLLNVAL);
  add(closed, POLLREMOVE);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_dev_poll, the_next_file_of_a_closed_number_is_polled) {
  add(pair.a.get(), POLLOUT);
  const int number = pair.a.get();
  pair.a.close();
  const descriptor reused(::dup(pair.b.get()));
  ASSERT_EQ(reused.get(), number);
  EXPECT_NE(poll().at(0).revents & POLLOUT, 0);
}

TEST_F(simulated_dev_poll, there_is_a_set_for_each_time_it_is_opened) {
  const descriptor other(open());
  add(pair.a.get(), POLLOUT);
  pollfd asked = {pair.a.get(), 0, 0};
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(other.get(), DP_ISPOLLED, &asked), 0);
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(set.get(), DP_ISPOLLED, &asked), 1);
}

TEST_F(simulated_dev_poll, whether_a_descriptor_is_in_the_set_can_be_asked) {
  add(pair.a.get(), POLLIN);
  pollfd asked = {pair.a.get(), POLLOUT, 0};
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(set.get(), DP_ISPOLLED, &asked), 1);
  EXPECT_EQ(asked.events, 0);
  EXPECT_EQ(asked.revents, POLLIN);
  asked = {pair.b.get(), POLLOUT, 5};
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(set.get(), DP_ISPOLLED, &asked), 0);
  EXPECT_EQ(asked.events, POLLOUT);
  EXPECT_EQ(asked.revents, 5);
}

TEST_F(simulated_dev_poll, a_wait_that_ends_with_its_time_returns_0_and_changes_nothing) {
  pollfd untouched = {-7, 1, 2};
  EXPECT_EQ(ioctl_poll(&untouched, 1, 0), 0);
  EXPECT_EQ(ioctl_poll(&untouched, 1, 3), 0);
  EXPECT_EQ(untouched.fd, -7);
  EXPECT_EQ(untouched.events, 1);
  EXPECT_EQ(untouched.revents, 2);
}

TEST_F(simulated_dev_poll, no_more_events_are_told_than_there_is_room_for_and_all_in_turn) {
  write({{pair.a.get(), POLLOUT, 0}, {pair.b.get(), POLLOUT, 0}});
  pollfd first = {}, second = {};
  EXPECT_EQ(ioctl_poll(&first, 1, -1), 1);
  EXPECT_EQ(ioctl_poll(&second, 1, -1), 1);
  EXPECT_NE(first.fd, second.fd);
}

TEST_F(simulated_dev_poll, room_for_as_many_events_as_files_can_be_open_is_invalid) {
  rlimit limit = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  rlimit lower = limit;
  lower.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lower), 0);
  std::vector<pollfd> events(64);
  EXPECT_EQ(ioctl_poll(events.data(), 64, 0), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(ioctl_poll(events.data(), 63, 0), 0);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_F(simulated_dev_poll, other_requests_and_pieces_of_entries_are_invalid) {
  pollfd entry = {pair.a.get(), POLLIN, 0};
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(set.get(), DPIOC | 9, &entry), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(EDDY_DEVPOLL_WRITE(set.get(), &entry, sizeof entry - 1), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_dev_poll, a_hang_up_is_told_although_nobody_asked) {
  add(pair.a.get(), 0);
  EXPECT_TRUE(poll().empty());
  pair.b.close();
  EXPECT_NE(poll().at(0).revents & POLLHUP, 0);
}

TEST_F(simulated_dev_poll, data_ends_a_wait) {
  add(pair.a.get(), POLLIN);
  std::thread other([&] { put(pair.b.get(), "x"); });
  EXPECT_EQ(wait(60'000).size(), 1u);
  other.join();
}

TEST_F(simulated_dev_poll, a_write_of_another_thread_ends_a_wait) {
  std::thread other([&] { add(pair.a.get(), POLLOUT); });
  EXPECT_EQ(wait(60'000).size(), 1u);
  other.join();
}

TEST_F(simulated_dev_poll, a_signal_interrupts_a_wait) {
  const counted_signal usr1(SIGUSR1);
  interrupted(SIGUSR1, [&] {
    pollfd event = {};
    EXPECT_EQ(ioctl_poll(&event, 1, 60'000), -1);
    EXPECT_EQ(errno, EINTR);
  });
}

TEST_F(simulated_dev_poll, a_child_of_fork_may_only_close_it) {
  add(pair.a.get(), POLLOUT);
  const int child = in_a_child([&] {
    pollfd entry = {pair.a.get(), POLLIN, 0};
    if (EDDY_DEVPOLL_WRITE(set.get(), &entry, sizeof entry) != -1 || errno != EACCES) return 1;
    if (ioctl_poll(&entry, 1, 0) != -1 || errno != EACCES) return 2;
    if (EDDY_DEVPOLL_IOCTL(set.get(), DP_ISPOLLED, &entry) != -1 || errno != EACCES) return 3;
    if (EDDY_DEVPOLL_CLOSE(set.get()) != 0) return 4;
    set = descriptor(open());
    add(pair.a.get(), POLLOUT);
    return poll().size() == 1 ? 0 : 5;
  });
  EXPECT_EQ(child, 0);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_dev_poll, what_is_not_it_is_bad) {
  pollfd entry = {pair.a.get(), POLLIN, 0};
  EXPECT_EQ(EDDY_DEVPOLL_WRITE(pair.a.get(), &entry, sizeof entry), -1);
  EXPECT_EQ(errno, EBADF);
  const int closed = set.get();
  set.close();
  EXPECT_EQ(EDDY_DEVPOLL_IOCTL(closed, DP_ISPOLLED, &entry), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(EDDY_DEVPOLL_OPEN("/dev/null", O_RDWR), -1);
}

TEST_F(simulated_dev_poll, closing_gives_every_descriptor_back) {
  const std::vector<int> before = open_descriptors();
  EXPECT_EQ(EDDY_DEVPOLL_CLOSE(open()), 0);
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(simulated_dev_poll, polling_it_says_error) {
  pollfd itself = {set.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&itself, 1, 0), 1);
  EXPECT_NE(itself.revents & POLLERR, 0);
}

}  // namespace
}  // namespace eddy::simulated::test
