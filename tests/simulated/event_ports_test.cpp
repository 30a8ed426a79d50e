// The simulated event ports against port_create(3C), port_associate(3C), port_get(3C),
// port_send(3C) and port_alert(3C) of illumos.
#include <port.h>

#include <vector>

#include "support.h"

namespace eddy::simulated::test {
namespace {

class simulated_event_ports : public testing::Test {
 protected:
  void associate(int fd, int events, void* user = nullptr) {
    EXPECT_EQ(
        ::port_associate(port.get(), PORT_SOURCE_FD, static_cast<uintptr_t>(fd), events, user), 0);
  }
  int dissociation_error(int fd) {
    const auto object = static_cast<uintptr_t>(fd);
    return ::port_dissociate(port.get(), PORT_SOURCE_FD, object) == 0 ? 0 : errno;
  }

  // What can be taken without waiting.
  std::vector<port_event_t> poll() {
    std::vector<port_event_t> list(16);
    uint_t count = 1;
    const int result = ::port_getn(port.get(), list.data(), 16, &count, &at_once);
    EXPECT_EQ(result, count == 0 ? -1 : 0);
    list.resize(result == 0 || errno == ETIME ? count : 0);
    return list;
  }

  descriptor port{::port_create()};
  socket_pair pair;
};

TEST_F(simulated_event_ports, an_event_carries_its_source_object_events_and_user) {
  put(pair.b.get(), "x");
  associate(pair.a.get(), POLLIN, this);
  port_event_t event = {};
  ASSERT_EQ(::port_get(port.get(), &event, nullptr), 0);
  EXPECT_EQ(event.portev_source, PORT_SOURCE_FD);
  EXPECT_EQ(event.portev_object, static_cast<uintptr_t>(pair.a.get()));
  EXPECT_EQ(event.portev_events, POLLIN);
  EXPECT_EQ(event.portev_user, this);
}

TEST_F(simulated_event_ports, an_association_ends_when_its_event_is_taken) {
  put(pair.b.get(), "x");
  associate(pair.a.get(), POLLIN);
  EXPECT_EQ(poll().size(), 1u);
  put(pair.b.get(), "y");
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(dissociation_error(pair.a.get()), ENOENT);
}

TEST_F(simulated_event_ports, associating_again_tells_of_what_is_there) {
  put(pair.b.get(), "x");
  for (int i = 0; i < 3; ++i) {
    associate(pair.a.get(), POLLIN);
    EXPECT_EQ(poll().size(), 1u);
  }
}

TEST_F(simulated_event_ports, what_is_associated_already_gets_the_new_events_and_user) {
  put(pair.b.get(), "x");
  associate(pair.a.get(), POLLIN | POLLOUT, this);
  associate(pair.a.get(), POLLOUT, &pair);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].portev_events, POLLOUT);
  EXPECT_EQ(told[0].portev_user, &pair);
}

TEST_F(simulated_event_ports, at_most_one_event_comes_for_a_descriptor) {
  put(pair.b.get(), "x");
  associate(pair.a.get(), POLLIN | POLLOUT);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].portev_events, POLLIN | POLLOUT);
}

TEST_F(simulated_event_ports, a_hang_up_is_told_although_nobody_asked) {
  associate(pair.a.get(), 0);
  EXPECT_TRUE(poll().empty());
  pair.b.close();
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].portev_events & POLLHUP, 0);
}

TEST_F(simulated_event_ports, a_dissociated_descriptor_is_not_told) {
  associate(pair.a.get(), POLLOUT);
  EXPECT_EQ(dissociation_error(pair.a.get()), 0);
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_event_ports, what_is_not_associated_cannot_be_dissociated) {
  EXPECT_EQ(dissociation_error(pair.a.get()), ENOENT);
}

TEST_F(simulated_event_ports, a_descriptor_that_is_not_open_is_bad) {
  const int closed = pair.a.get();
  associate(closed, POLLOUT);
  pair.a.close();
  EXPECT_EQ(dissociation_error(closed), EBADFD);
  const auto object = static_cast<uintptr_t>(closed);
  EXPECT_EQ(::port_associate(port.get(), PORT_SOURCE_FD, object, POLLIN, nullptr), -1);
  EXPECT_EQ(errno, EBADFD);
}

TEST_F(simulated_event_ports, closing_a_descriptor_dissociates_it) {
  associate(pair.a.get(), POLLOUT);
  const int number = pair.a.get();
  pair.a.close();
  EXPECT_TRUE(poll().empty());
  const descriptor reused(::dup(pair.b.get()));
  ASSERT_EQ(reused.get(), number);
  EXPECT_TRUE(poll().empty());
  EXPECT_EQ(dissociation_error(number), ENOENT);
}

TEST_F(simulated_event_ports, a_number_that_was_replaced_is_not_associated) {
  pipe_pair p;
  associate(p.reader.get(), POLLIN | POLLOUT);
  ASSERT_EQ(::dup2(pair.a.get(), p.reader.get()), p.reader.get());
  EXPECT_TRUE(poll().empty());
}

TEST_F(simulated_event_ports, a_source_that_cannot_be_associated_is_invalid) {
  EXPECT_EQ(::port_associate(port.get(), PORT_SOURCE_USER, 1, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(::port_dissociate(port.get(), 99, 1), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_event_ports, what_is_no_port_is_told_from_what_is_not_open) {
  port_event_t event = {};
  EXPECT_EQ(::port_get(pair.a.get(), &event, &at_once), -1);
  EXPECT_EQ(errno, EBADFD);
  EXPECT_EQ(::port_send(pair.a.get(), 1, nullptr), -1);
  EXPECT_EQ(errno, EBADFD);
  const int closed = port.get();
  port.close();
  EXPECT_EQ(::port_get(closed, &event, &at_once), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(::port_alert(closed, PORT_ALERT_SET, 1, nullptr), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST_F(simulated_event_ports, closing_gives_every_descriptor_back) {
  const std::vector<int> before = open_descriptors();
  {
    const descriptor other(::port_create());
    EXPECT_EQ(::port_send(other.get(), 1, nullptr), 0);
    EXPECT_NE(open_descriptors(), before);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(simulated_event_ports, a_wait_ends_with_etime_when_nothing_came) {
  const timespec a_while = {0, 2'000'000};
  port_event_t event = {};
  EXPECT_EQ(::port_get(port.get(), &event, &a_while), -1);
  EXPECT_EQ(errno, ETIME);
}

TEST_F(simulated_event_ports, a_time_that_is_none_is_invalid) {
  port_event_t event = {};
  for (const timespec bad : {timespec{-1, 0}, timespec{0, -1}, timespec{0, 1'000'000'001}}) {
    EXPECT_EQ(::port_get(port.get(), &event, &bad), -1);
    EXPECT_EQ(errno, EINVAL);
  }
}

TEST_F(simulated_event_ports, too_few_events_come_with_etime_and_their_number) {
  associate(pair.a.get(), POLLOUT);
  port_event_t list[4] = {};
  uint_t count = 3;
  const timespec a_while = {0, 2'000'000};
  EXPECT_EQ(::port_getn(port.get(), list, 4, &count, &a_while), -1);
  EXPECT_EQ(errno, ETIME);
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(list[0].portev_object, static_cast<uintptr_t>(pair.a.get()));
  // They were taken.
  EXPECT_EQ(dissociation_error(pair.a.get()), ENOENT);
}

TEST_F(simulated_event_ports, etime_without_events_sets_their_number_to_0) {
  port_event_t list[4] = {};
  uint_t count = 1;
  EXPECT_EQ(::port_getn(port.get(), list, 4, &count, &at_once), -1);
  EXPECT_EQ(errno, ETIME);
  EXPECT_EQ(count, 0u);
}

TEST_F(simulated_event_ports, more_events_than_wanted_come_where_there_is_room) {
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(::port_send(port.get(), i, nullptr), 0);
  port_event_t list[4] = {};
  uint_t count = 1;
  EXPECT_EQ(::port_getn(port.get(), list, 4, &count, nullptr), 0);
  EXPECT_EQ(count, 4u);
  EXPECT_EQ(poll().size(), 1u);
}

TEST_F(simulated_event_ports, a_wait_goes_on_until_as_many_events_came_as_wanted) {
  std::thread sender([&] {
    for (int i = 1; i <= 3; ++i) EXPECT_EQ(::port_send(port.get(), i, nullptr), 0);
  });
  port_event_t list[4] = {};
  uint_t count = 3;
  EXPECT_EQ(::port_getn(port.get(), list, 4, &count, &long_enough), 0);
  EXPECT_EQ(count, 3u);
  sender.join();
}

TEST_F(simulated_event_ports, without_room_the_number_of_events_is_told_and_none_is_taken) {
  associate(pair.a.get(), POLLOUT);
  EXPECT_EQ(::port_send(port.get(), 1, nullptr), 0);
  uint_t count = 0;
  EXPECT_EQ(::port_getn(port.get(), nullptr, 0, &count, nullptr), 0);
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(poll().size(), 2u);
}

TEST_F(simulated_event_ports, wanting_more_than_there_is_room_for_is_invalid) {
  port_event_t list[2] = {};
  uint_t count = 3;
  EXPECT_EQ(::port_getn(port.get(), list, 2, &count, &at_once), -1);
  EXPECT_EQ(errno, EINVAL);
  count = 1;
  EXPECT_EQ(::port_getn(port.get(), nullptr, 2, &count, &at_once), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(::port_getn(port.get(), list, 2, nullptr, &at_once), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_event_ports, a_sent_event_carries_its_events_and_user) {
  EXPECT_EQ(::port_send(port.get(), 0x1234, this), 0);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].portev_source, PORT_SOURCE_USER);
  EXPECT_EQ(told[0].portev_events, 0x1234);
  EXPECT_EQ(told[0].portev_user, this);
}

TEST_F(simulated_event_ports, no_more_events_are_sent_than_a_port_may_hold) {
  int sent = 0;
  while (sent < 100'000 && ::port_send(port.get(), 1, nullptr) == 0) ++sent;
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(poll().size(), 16u);
  EXPECT_EQ(::port_send(port.get(), 1, nullptr), 0);
}

TEST_F(simulated_event_ports, events_are_sent_to_several_ports_and_errors_told_for_each) {
  const descriptor other(::port_create());
  int ports[3] = {port.get(), pair.a.get(), other.get()};
  int errors[3] = {-1, -1, -1};
  EXPECT_EQ(::port_sendn(ports, errors, 3, 1, nullptr), 2);
  EXPECT_EQ(errors[0], 0);
  EXPECT_EQ(errors[1], EBADFD);
  EXPECT_EQ(errors[2], 0);
  EXPECT_EQ(::port_sendn(ports, errors, 0, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_event_ports, an_event_of_another_thread_ends_a_wait) {
  for (int i = 1; i <= 50; ++i) {
    std::thread other([&] { EXPECT_EQ(::port_send(port.get(), i, nullptr), 0); });
    port_event_t event = {};
    EXPECT_EQ(::port_get(port.get(), &event, &long_enough), 0);
    EXPECT_EQ(event.portev_events, i);
    other.join();
  }
}

TEST_F(simulated_event_ports, an_association_of_another_thread_ends_a_wait) {
  std::thread other([&] { associate(pair.a.get(), POLLOUT); });
  port_event_t event = {};
  EXPECT_EQ(::port_get(port.get(), &event, &long_enough), 0);
  other.join();
}

TEST_F(simulated_event_ports, data_ends_a_wait) {
  associate(pair.a.get(), POLLIN);
  std::thread other([&] { put(pair.b.get(), "x"); });
  port_event_t event = {};
  EXPECT_EQ(::port_get(port.get(), &event, &long_enough), 0);
  other.join();
}

TEST_F(simulated_event_ports, closing_a_port_ends_a_wait) {
  const int fd = port.get();
  std::thread closer([&] { port.close(); });
  port_event_t event = {};
  EXPECT_EQ(::port_get(fd, &event, &long_enough), -1);
  EXPECT_EQ(errno, EBADF);
  closer.join();
}

TEST_F(simulated_event_ports, no_event_is_given_to_two_threads) {
  constexpr int rounds = 200;
  std::atomic<int> sum{0};
  const auto waiter = [&] {
    port_event_t event = {};
    while (::port_get(port.get(), &event, &long_enough) == 0 && event.portev_events != -1)
      sum += event.portev_events;
  };
  std::thread one(waiter), two(waiter);
  for (int i = 0; i < rounds; ++i) EXPECT_EQ(::port_send(port.get(), 1, nullptr), 0);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(::port_send(port.get(), -1, nullptr), 0);
  one.join();
  two.join();
  EXPECT_EQ(sum, rounds);
}

TEST_F(simulated_event_ports, a_signal_interrupts_a_wait_and_leaves_the_number_alone) {
  const counted_signal usr1(SIGUSR1);
  uint_t count = 3;
  interrupted(SIGUSR1, [&] {
    port_event_t list[4] = {};
    EXPECT_EQ(::port_getn(port.get(), list, 4, &count, &long_enough), -1);
    EXPECT_EQ(errno, EINTR);
  });
  EXPECT_EQ(count, 3u);
}

TEST_F(simulated_event_ports, an_event_can_be_sent_from_a_signal_handler) {
  static int to = -1;
  to = port.get();
  ::signal(SIGUSR1, [](int) {
    const int error = errno;
    ::port_send(to, 1, nullptr);
    errno = error;
  });
  interrupted(SIGUSR1, [&] {
    port_event_t event = {};
    while (::port_get(port.get(), &event, &long_enough) != 0) EXPECT_EQ(errno, EINTR);
  });
  ::signal(SIGUSR1, SIG_DFL);
}

TEST_F(simulated_event_ports, a_port_in_alert_mode_tells_every_call_of_it_and_of_nothing_else) {
  EXPECT_EQ(::port_send(port.get(), 1, nullptr), 0);
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_SET, 7, this), 0);
  for (int i = 0; i < 2; ++i) {
    const auto told = poll();
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].portev_source, PORT_SOURCE_ALERT);
    EXPECT_EQ(told[0].portev_events, 7);
    EXPECT_EQ(told[0].portev_user, this);
  }
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_SET, 0, nullptr), 0);
  const auto told = poll();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].portev_source, PORT_SOURCE_USER);
}

TEST_F(simulated_event_ports, an_alert_ends_the_wait_of_every_thread) {
  const auto waiter = [&] {
    port_event_t event = {};
    EXPECT_EQ(::port_get(port.get(), &event, &long_enough), 0);
    EXPECT_EQ(event.portev_source, PORT_SOURCE_ALERT);
  };
  std::thread one(waiter), two(waiter);
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_UPDATE, 1, nullptr), 0);
  one.join();
  two.join();
}

TEST_F(simulated_event_ports, an_alert_is_set_anew_but_not_updated_where_there_is_one) {
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_UPDATE, 1, nullptr), 0);
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_UPDATE, 2, nullptr), -1);
  EXPECT_EQ(errno, EBUSY);
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_SET, 3, nullptr), 0);
  EXPECT_EQ(poll().at(0).portev_events, 3);
  EXPECT_EQ(::port_alert(port.get(), PORT_ALERT_SET | PORT_ALERT_UPDATE, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(simulated_event_ports, only_the_owner_may_dissociate_and_a_child_may_associate) {
  associate(pair.a.get(), POLLIN);
  const int child = in_a_child([&] {
    if (dissociation_error(pair.a.get()) != EACCES) return 1;
    associate(pair.b.get(), POLLOUT);
    if (poll().size() != 1) return 2;
    associate(pair.b.get(), POLLIN);
    return dissociation_error(pair.b.get()) == 0 ? 0 : 3;
  });
  EXPECT_EQ(child, 0);
  EXPECT_EQ(dissociation_error(pair.a.get()), 0);
}

}  // namespace
}  // namespace eddy::simulated::test
