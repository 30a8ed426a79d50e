// Buffers against a model, which is a string.
#include "buffer/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"

namespace eddy::engine {
namespace {

std::string text_of(const buffer& b) {
  std::string text(b.size(), '\0');
  EXPECT_EQ(b.copy(0, text.data(), text.size() + 10), text.size());
  return text;
}

void count_back(const void*, std::size_t, void* context) { ++*static_cast<int*>(context); }

// As the pieces that a kernel filled.
chain* lent_piece(const char* text, std::size_t size, int& back) {
  chain* c = make_borrowed_chain(text, size, count_back, &back);
  c->lent = true;
  c->next = c;
  return c;
}

TEST(lent_memory, goes_back_at_once_when_few_bytes_are_held_behind_others) {
  buffer b;
  int back = 0;
  for (int i = 0; i < 4000; ++i) {
    EXPECT_EQ(b.take_circle(lent_piece("x", 1, back), SIZE_MAX), nullptr);
    b.own_little();
    ASSERT_EQ(back, i + 1);
  }
  EXPECT_EQ(text_of(b), std::string(4000, 'x'));
}

TEST(lent_memory, goes_back_when_most_of_a_large_piece_was_drained) {
  const std::string large(60'000, 'l');
  buffer b;
  int back = 0;
  EXPECT_EQ(b.take_circle(lent_piece(large.data(), large.size(), back), SIZE_MAX), nullptr);
  b.own_little();
  EXPECT_EQ(back, 0) << "it is worth keeping";
  b.drain(large.size() - 10);
  EXPECT_EQ(b.take_circle(lent_piece("end", 3, back), SIZE_MAX), nullptr);
  b.own_little();
  EXPECT_EQ(back, 2);
  EXPECT_EQ(text_of(b), "llllllllllend");
}

// One buffer, and what it should hold.
struct pair {
  buffer real;
  std::string model;

  void check() const {
    ASSERT_EQ(real.size(), model.size());
    iovec pieces[64];
    std::string seen;
    const int count = real.peek(0, buffer::all, pieces, 64);
    for (int i = 0; i < std::min(count, 64); ++i) {
      ASSERT_NE(pieces[i].iov_len, 0u);
      seen.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    ASSERT_EQ(model.compare(0, seen.size(), seen), 0);
    if (count <= 64) {
      ASSERT_EQ(seen.size(), model.size());
    }
    ASSERT_EQ(real.first_piece(), count == 0 ? 0 : pieces[0].iov_len);
  }
};

class buffer_model : public testing::Test {
 protected:
  static constexpr int how_many = 4;
  std::vector<pair> pairs{how_many};
  std::mt19937_64 random{20261123};
  long borrowed = 0, given_back = 0;

  std::size_t draw(std::size_t below) { return random() % below; }

  // Small most of the time, over several chains now and then.
  std::string bytes() {
    const std::size_t size = draw(10) == 0 ? draw(9000) : draw(60);
    std::string made(size, '\0');
    for (char& c : made) c = "ab\r\n"[draw(4)];
    return made;
  }

  void add_borrowed(pair& p) {
    struct loan {
      buffer_model* test;
      std::string text;
    };
    auto* lent = new loan{this, bytes() + "b"};
    ++borrowed;
    p.model += lent->text;
    ASSERT_EQ(p.real.add_borrowed(
                  lent->text.data(), lent->text.size(),
                  [](const void* data, std::size_t size, void* argument) {
                    auto* back = static_cast<loan*>(argument);
                    EXPECT_EQ(data, back->text.data());
                    EXPECT_EQ(size, back->text.size());
                    ++back->test->given_back;
                    delete back;
                  },
                  lent),
              0);
  }

  void reserve_and_commit(pair& p) {
    iovec pieces[2];
    const std::size_t wanted = draw(3000) + 1;
    const int most = static_cast<int>(draw(2)) + 1;
    const int count = p.real.reserve(wanted, pieces, most);
    ASSERT_GE(count, 1);
    ASSERT_LE(count, most);
    std::size_t room = 0;
    for (int i = 0; i < count; ++i) room += pieces[i].iov_len;
    ASSERT_GE(room, wanted);
    std::size_t left = draw(wanted + 1);
    for (int i = 0; i < count; ++i) {
      pieces[i].iov_len = std::min(left, pieces[i].iov_len);
      left -= pieces[i].iov_len;
      std::memset(pieces[i].iov_base, 'r', pieces[i].iov_len);
      p.model.append(pieces[i].iov_len, 'r');
    }
    ASSERT_EQ(p.real.commit(pieces, count), 0);
  }

  void add_in_one(pair& p) {
    const std::string more = bytes() + "a";
    ASSERT_EQ(p.real.expand_in_one(more.size()), 0);
    const std::size_t before = p.real.size(), half = more.size() / 2;
    ASSERT_EQ(p.real.add(more.data(), half), 0);
    ASSERT_EQ(p.real.add(more.data() + half, more.size() - half), 0);
    p.model += more;
    iovec piece;
    ASSERT_EQ(p.real.peek(before, buffer::all, &piece, 1), 1);
  }

  void search(const pair& p) {
    std::string what;
    for (std::size_t n = draw(4) + 1; n-- > 0;) what += "ab\r\n"[draw(4)];
    const std::size_t from = draw(p.model.size() + 2), until = draw(p.model.size() + 2);
    std::size_t expected = from <= p.model.size() ? p.model.find(what, from) : std::string::npos;
    if (expected != std::string::npos && expected + what.size() > until) expected = buffer::nowhere;
    ASSERT_EQ(p.real.find(what.data(), what.size(), from, until), expected);
    ASSERT_EQ(p.real.find_byte('\n', from), p.model.find('\n', from));
    ASSERT_EQ(p.real.find_either('\r', '\n', from), p.model.find_first_of("\r\n", from));
    std::size_t end_size = 0;
    const std::size_t feed = p.model.find('\n', from);
    const bool two = feed != std::string::npos && feed > from && p.model[feed - 1] == '\r';
    ASSERT_EQ(p.real.find_line_end(from, end_size), two ? feed - 1 : feed);
    ASSERT_EQ(end_size, feed == std::string::npos ? 0u : two ? 2u : 1u);
    if (from < p.model.size()) {
      const std::size_t end = p.model.find_first_not_of("\r\n", from);
      ASSERT_EQ(p.real.count_either('\r', '\n', from),
                (end == std::string::npos ? p.model.size() : end) - from);
      ASSERT_EQ(p.real.at(from), static_cast<unsigned char>(p.model[from]));
    }
  }

  void step() {
    pair& p = pairs[draw(how_many)];
    pair& other = pairs[draw(how_many)];
    const std::size_t some = draw(p.model.size() + 20);
    switch (draw(18)) {
      case 0:
      case 1:
      case 2: {
        const std::string more = bytes();
        ASSERT_EQ(p.real.add(more.data(), more.size()), 0);
        p.model += more;
        break;
      }
      case 3: {
        const std::string more = bytes();
        ASSERT_EQ(p.real.prepend(more.data(), more.size()), 0);
        p.model.insert(0, more);
        break;
      }
      case 4:
      case 5:
        p.real.drain(some);
        p.model.erase(0, some);
        break;
      case 6: {
        std::string got(some, '\0');
        got.resize(p.real.remove(got.data(), some));
        ASSERT_EQ(got, p.model.substr(0, some));
        p.model.erase(0, some);
        break;
      }
      case 7: {
        unsigned char* piece = p.real.pull_up(some);
        ASSERT_EQ(piece == nullptr, some == 0 || some > p.model.size());
        ASSERT_TRUE(piece == nullptr || std::memcmp(piece, p.model.data(), some) == 0);
        break;
      }
      case 8:
        if (draw(4) == 0)
          add_in_one(p);
        else
          ASSERT_EQ(p.real.expand(some), 0);
        break;
      case 9:
        reserve_and_commit(p);
        break;
      case 10:
        p.real.move_all_behind(other.real);
        if (&p != &other) p.model += std::exchange(other.model, "");
        break;
      case 11:
        p.real.move_all_before(other.real);
        if (&p != &other) p.model.insert(0, std::exchange(other.model, ""));
        break;
      case 12: {
        const std::size_t part = draw(other.model.size() + 2);
        ASSERT_EQ(p.real.move_some(other.real, part), 0);
        if (&p == &other) break;
        p.model += other.model.substr(0, part);
        other.model.erase(0, part);
        break;
      }
      case 13: {
        std::string got(40, '\0');
        const std::size_t from = draw(p.model.size() + 5);
        got.resize(p.real.copy(from, got.data(), got.size()));
        ASSERT_EQ(got, from <= p.model.size() ? p.model.substr(from, 40) : "");
        break;
      }
      case 14: {
        const int error = p.real.add_shown(other.real);
        ASSERT_TRUE(error == 0 || error == EINVAL);
        ASSERT_TRUE(&p != &other || error == EINVAL);
        if (error == 0) p.model += other.model;
        break;
      }
      case 15:
        add_borrowed(p);
        break;
      default:
        search(p);
    }
    if (p.model.size() > 200'000) {
      p.real.clear();
      p.model.clear();
    }
  }
};

// Instrumented, a tenth of it takes as long.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int model_steps = 1'000'000;
#else
constexpr int model_steps = 10'000'000;
#endif

TEST_F(buffer_model, agrees_with_a_string_over_ten_million_random_steps) {
  for (int i = 0; i < model_steps && !HasFatalFailure(); ++i) {
    step();
    if (i % 16 != 0) continue;
    for (const pair& p : pairs) p.check();
  }
  for (pair& p : pairs) p.real.clear();
  EXPECT_EQ(given_back, borrowed);
}

TEST(buffer, gives_borrowed_memory_back_when_the_last_who_shows_it_is_done) {
  static int given_back;
  given_back = 0;
  const auto count = [](const void* data, std::size_t size, void* context) {
    EXPECT_EQ(data, context);
    EXPECT_EQ(size, 5u);
    ++given_back;
  };
  char text[] = "hello";
  buffer a, b, c;
  ASSERT_EQ(a.add_borrowed(text, 5, count, text), 0);
  ASSERT_EQ(b.add_shown(a), 0);
  c.move_all_behind(a);
  a.clear();
  c.drain(4);
  EXPECT_EQ(given_back, 0);
  c.clear();
  EXPECT_EQ(given_back, 0) << "b still shows it";
  EXPECT_EQ(text_of(b), "hello");
  b.clear();
  EXPECT_EQ(given_back, 1);
}

TEST(buffer, leaves_what_is_shown_elsewhere_alone) {
  buffer a, b;
  ASSERT_EQ(a.add("hello", 5), 0);
  ASSERT_EQ(b.add_shown(a), 0);
  a.drain(3);
  ASSERT_EQ(a.prepend("XYZ", 3), 0);
  ASSERT_EQ(a.add(" world", 6), 0);
  EXPECT_EQ(text_of(a), "XYZlo world");
  EXPECT_EQ(text_of(b), "hello");
  ASSERT_NE(a.pull_up(buffer::all), nullptr);
  EXPECT_EQ(text_of(b), "hello");
}

TEST(buffer, moves_a_large_part_of_a_chain_without_copying_it_and_may_be_shown_then) {
  buffer a, b, c;
  const std::string much(20'000, 'm');
  ASSERT_EQ(a.add(much.data(), much.size()), 0);
  const unsigned char* where = a.pull_up(1);
  ASSERT_EQ(b.move_some(a, 8'000), 0);
  EXPECT_EQ(b.pull_up(1), where);
  EXPECT_EQ(a.pull_up(1), where + 8'000);
  ASSERT_EQ(c.add_shown(b), 0);
  ASSERT_EQ(c.add_shown(a), 0);
  a.clear();
  b.clear();
  EXPECT_EQ(text_of(c), much);
}

TEST(buffer, keeps_little_when_it_is_emptied) {
  static std::size_t held;
  held = 0;
  const memory::functions before = memory::get_functions();
  memory::set_functions({[](std::size_t size) { return ++held, std::malloc(size); }, std::realloc,
                         [](void* p) { --held, std::free(p); }});
  {
    buffer b;
    const std::string much(20'000, 'm');
    ASSERT_EQ(b.add("little", 6), 0);
    b.clear();
    EXPECT_EQ(held, 1u);
    ASSERT_EQ(b.add("little", 6), 0);
    EXPECT_EQ(held, 1u);
    b.clear();
    ASSERT_EQ(b.add(much.data(), much.size()), 0);
    b.clear();
    EXPECT_EQ(held, 0u);
  }
  memory::set_functions(before);
  EXPECT_EQ(held, 0u);
}

// Where a search went is remembered; what is changed in between must not matter.
TEST(buffer, finds_what_is_there_after_the_front_was_changed_since_the_last_search) {
  buffer b, other;
  const auto add_piece = [&b](const char* text) {
    buffer one;
    ASSERT_EQ(one.add(text, std::strlen(text)), 0);
    b.move_all_behind(one);
  };
  for (const char* text : {"aaaa", "bbbb", "cccc", "ddxd"}) add_piece(text);
  EXPECT_EQ(b.find_byte('x', 5), 14u);
  b.drain(2);
  EXPECT_EQ(b.find_byte('x', 5), 12u);
  ASSERT_EQ(b.prepend("0123456789", 10), 0);
  EXPECT_EQ(b.find_byte('x', 5), 22u);
  ASSERT_NE(b.pull_up(13), nullptr);
  EXPECT_EQ(b.find_byte('x', 15), 22u);
  ASSERT_EQ(other.move_some(b, 17), 0);
  EXPECT_EQ(b.find_byte('x', 2), 5u);
  EXPECT_EQ(other.find_byte('x', 2), buffer::nowhere);
  EXPECT_EQ(text_of(other) + text_of(b), "0123456789aabbbbccccddxd");
}

TEST(buffer, refuses_sizes_that_cannot_be_before_it_allocates) {
  buffer b;
  ASSERT_EQ(b.add("x", 1), 0);
  static int allocations;
  allocations = 0;
  const memory::functions before = memory::get_functions();
  memory::set_functions(
      {[](std::size_t size) { return ++allocations, std::malloc(size); }, std::realloc, std::free});
  // (Of an object that the compiler sees it would warn.)
  const char* volatile data = "x";
  for (const std::size_t size : {buffer::longest, SIZE_MAX, SIZE_MAX - 1}) {
    EXPECT_EQ(b.add(data, size), EOVERFLOW);
    EXPECT_EQ(b.prepend(data, size), EOVERFLOW);
    EXPECT_EQ(b.expand(size), EOVERFLOW);
    EXPECT_EQ(b.add_borrowed(data, size, nullptr, nullptr), EOVERFLOW);
    iovec piece;
    EXPECT_EQ(b.reserve(size, &piece, 1), -EOVERFLOW);
  }
  memory::set_functions(before);
  EXPECT_EQ(allocations, 0);
  EXPECT_EQ(text_of(b), "x");
}

TEST(buffer, is_as_it_was_when_memory_fails) {
  buffer a, b;
  const std::string much(20'000, 'm');
  ASSERT_EQ(a.add(much.data(), much.size()), 0);
  ASSERT_EQ(a.add(much.data(), much.size()), 0);
  ASSERT_EQ(b.add("b", 1), 0);
  memory::set_functions({[](std::size_t) -> void* { return nullptr; },
                         [](void*, std::size_t) -> void* { return nullptr; }, std::free});
  EXPECT_EQ(a.add(much.data(), 1 << 20), ENOMEM);
  EXPECT_EQ(a.prepend(much.data(), much.size()), ENOMEM);
  EXPECT_EQ(a.expand(1 << 20), ENOMEM);
  EXPECT_EQ(b.move_some(a, 10'000), ENOMEM);
  EXPECT_EQ(b.move_some(a, 20'001), ENOMEM);
  EXPECT_EQ(b.add_shown(a), ENOMEM);
  EXPECT_EQ(a.pull_up(buffer::all), nullptr);
  memory::set_functions({nullptr, nullptr, nullptr});
  EXPECT_EQ(text_of(a), much + much);
  EXPECT_EQ(text_of(b), "b");
}

TEST(buffer, commits_only_what_it_gave) {
  buffer b;
  iovec pieces[2];
  ASSERT_GE(b.reserve(100, pieces, 2), 1);
  const iovec given = pieces[0];
  iovec wrong = given;
  wrong.iov_base = static_cast<char*>(given.iov_base) + 1;
  EXPECT_EQ(b.commit(&wrong, 1), EINVAL);
  wrong = given;
  ++wrong.iov_len;
  EXPECT_EQ(b.commit(&wrong, 1), EINVAL);
  ASSERT_EQ(b.add("later", 5), 0);
  EXPECT_EQ(b.commit(&given, 1), EINVAL) << "data was added since";
  EXPECT_EQ(text_of(b), "later");
}

}  // namespace
}  // namespace eddy::engine
