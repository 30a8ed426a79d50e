// Any sequence of calls on evbuffers against strings that go through the same.
#include <event2/buffer.h>

#include <array>
#include <memory>
#include <utility>

#include "input.h"

namespace {

struct side {
  evbuffer* real = evbuffer_new();
  std::string model;
  std::size_t told = 0;  // what the callbacks made of its length
  bool counts = false;
};

void count(evbuffer*, const evbuffer_cb_info* change, void* argument) {
  auto* of = static_cast<side*>(argument);
  REQUIRE(change->orig_size == of->told);
  of->told += change->n_added;
  of->told -= change->n_deleted;
}

class game {
 public:
  explicit game(fuzz::input& input) : input_(input) {
    for (side& s : sides_) REQUIRE(s.real != nullptr);
  }
  game(const game&) = delete;
  game& operator=(const game&) = delete;
  ~game() {
    for (side& s : sides_) evbuffer_free(s.real);
    REQUIRE(lent_ == 0);
  }

  void play() {
    for (int moves = 0; !input_.used_up() && moves < 2000; ++moves) {
      side& one = sides_[input_.below(sides_.size())];
      side& other = sides_[input_.below(sides_.size())];
      move(one, other);
      check(one);
      check(other);
      if (one.model.size() > (1u << 20)) drain(one, one.model.size());
    }
  }

 private:
  void move(side& one, side& other) {
    switch (input_.below(17)) {
      case 0:
        return add(one, input_.text(input_.size()));
      case 1:
        return add(one, std::string(input_.size(), 'x'));
      case 2:
        return prepend(one, input_.text(input_.size()));
      case 3:
        return prepend(one, std::string(input_.size(), 'p'));
      case 4:
        return drain(one, input_.size());
      case 5:
        return remove(one, input_.size());
      case 6:
        return pull_up(one, input_.size());
      case 7:
        return void(evbuffer_expand(one.real, input_.size()));
      case 8:
        return reserve(one, input_.size());
      case 9:
        return move_all(one, other);
      case 10:
        return move_before(one, other);
      case 11:
        return move_some(one, other, input_.size());
      case 12:
        return copy_out(one, input_.size(), input_.size());
      case 13:
        return show(one, other);
      case 14:
        return lend(one, input_.size());
      case 15:
        return formatted(one, input_.size());
      default:
        return watch(one);
    }
  }

  void add(side& to, const std::string& what) {
    REQUIRE(evbuffer_add(to.real, what.data(), what.size()) == 0);
    to.model += what;
  }
  void prepend(side& to, const std::string& what) {
    REQUIRE(evbuffer_prepend(to.real, what.data(), what.size()) == 0);
    to.model.insert(0, what);
  }
  void drain(side& from, std::size_t size) {
    REQUIRE(evbuffer_drain(from.real, size) == 0);
    from.model.erase(0, size);
  }
  void remove(side& from, std::size_t size) {
    std::string got(size, '\0');
    const int count = evbuffer_remove(from.real, got.data(), size);
    REQUIRE(count >= 0);
    got.resize(static_cast<std::size_t>(count));
    REQUIRE(got == from.model.substr(0, size));
    from.model.erase(0, size);
  }
  void pull_up(side& of, std::size_t size) {
    const unsigned char* piece = evbuffer_pullup(of.real, static_cast<ssize_t>(size));
    if (size == 0 || size > of.model.size()) return REQUIRE(piece == nullptr);
    REQUIRE(piece != nullptr &&
            of.model.compare(0, size, reinterpret_cast<const char*>(piece), size) == 0);
    REQUIRE(evbuffer_get_contiguous_space(of.real) >= size);
  }
  void reserve(side& at, std::size_t size) {
    evbuffer_iovec pieces[3];
    const int most = 1 + static_cast<int>(input_.below(3));
    const int count = evbuffer_reserve_space(at.real, static_cast<ssize_t>(size), pieces, most);
    REQUIRE(count >= 0 && count <= most);
    if (count == 0) return;
    std::size_t left = input_.size();
    int used = 0;
    for (; used < count; ++used) {
      pieces[used].iov_len = std::min(left, pieces[used].iov_len);
      left -= pieces[used].iov_len;
      std::fill_n(static_cast<char*>(pieces[used].iov_base), pieces[used].iov_len, 'r');
    }
    std::string written;
    for (int i = 0; i < used; ++i) written.append(pieces[i].iov_len, 'r');
    REQUIRE(evbuffer_commit_space(at.real, pieces, used) == 0);
    at.model += written;
  }
  void move_all(side& to, side& from) {
    if (evbuffer_add_buffer(to.real, from.real) != 0) return;
    if (&to != &from) take_model(to, from, from.model.size(), to.model.size());
  }
  void move_before(side& to, side& from) {
    if (evbuffer_prepend_buffer(to.real, from.real) != 0) return;
    if (&to != &from) take_model(to, from, from.model.size(), 0);
  }
  void move_some(side& to, side& from, std::size_t size) {
    const int moved = evbuffer_remove_buffer(from.real, to.real, size);
    if (moved <= 0 || &to == &from) return;
    REQUIRE(static_cast<std::size_t>(moved) == std::min(size, from.model.size()));
    take_model(to, from, static_cast<std::size_t>(moved), to.model.size());
  }
  void take_model(side& to, side& from, std::size_t size, std::size_t at) {
    to.model.insert(at, from.model.substr(0, size));
    from.model.erase(0, size);
  }
  void copy_out(side& of, std::size_t from, std::size_t size) {
    evbuffer_ptr place;
    const bool there = evbuffer_ptr_set(of.real, &place, from, EVBUFFER_PTR_SET) == 0;
    REQUIRE(there == (from <= of.model.size()));
    if (!there) return;
    std::string got(size, '\0');
    const ev_ssize_t count = evbuffer_copyout_from(of.real, &place, got.data(), size);
    if (size > 0) REQUIRE(count >= 0);
    if (count < 0) return;
    got.resize(static_cast<std::size_t>(count));
    REQUIRE(got == of.model.substr(from, size));
  }
  void show(side& to, side& from) {
    if (evbuffer_add_buffer_reference(to.real, from.real) != 0) return;
    REQUIRE(&to != &from || from.model.empty());
    to.model += from.model;
  }
  void lend(side& to, std::size_t size) {
    struct loan {
      int* open;
      std::string text;
    };
    auto lent = std::make_unique<loan>(loan{&lent_, std::string(size, 'l')});
    const auto give_back = [](const void* data, std::size_t, void* argument) {
      const std::unique_ptr<loan> back(static_cast<loan*>(argument));
      REQUIRE(data == back->text.data());
      --*back->open;
    };
    ++lent_;
    to.model += lent->text;
    loan* const raw = lent.release();
    REQUIRE(evbuffer_add_reference(to.real, raw->text.data(), raw->text.size(), give_back, raw) ==
            0);
  }
  void formatted(side& to, std::size_t width) {
    const int spaces = static_cast<int>(std::min<std::size_t>(width, 5000));
    REQUIRE(evbuffer_add_printf(to.real, "%*d", spaces, 7) == std::max(spaces, 1));
    to.model += std::string(static_cast<std::size_t>(std::max(spaces, 1)) - 1, ' ') + "7";
  }
  void watch(side& one) {
    if (one.counts) {
      REQUIRE(evbuffer_remove_cb(one.real, count, &one) == 0);
    } else {
      REQUIRE(evbuffer_add_cb(one.real, count, &one) != nullptr);
      one.told = one.model.size();
    }
    one.counts = !one.counts;
  }

  void check(side& one) {
    REQUIRE(evbuffer_get_length(one.real) == one.model.size());
    if (one.counts) REQUIRE(one.told == one.model.size());
    evbuffer_iovec pieces[64];
    const int count = evbuffer_peek(one.real, -1, nullptr, pieces, 64);
    std::size_t at = 0;
    for (int i = 0; i < std::min(count, 64); ++i) {
      REQUIRE(pieces[i].iov_len <= one.model.size() - at);
      REQUIRE(one.model.compare(at, pieces[i].iov_len, static_cast<const char*>(pieces[i].iov_base),
                                pieces[i].iov_len) == 0);
      at += pieces[i].iov_len;
    }
    // (Of more pieces than fit, as many as fit are filled in, and counted.)
    if (evbuffer_peek(one.real, -1, nullptr, nullptr, 0) <= 64) REQUIRE(at == one.model.size());
  }

  fuzz::input& input_;
  int lent_ = 0;
  std::array<side, 3> sides_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::input input(bytes, size);
  game(input).play();
  return 0;
}
