#include <eddy/error.hpp>

#include <cstring>

#include "base/memory.h"
#include "base/sys_errors.h"

namespace eddy {
namespace {

// "receive from fd 7"
std::string subject_of(const error& e) {
  const std::string on = e.on();
  std::string all = e.tried();
  if (!on.empty() && !all.empty()) all += ' ';
  return all + on;
}

std::error_code in_words(const std::error_code& code) {
  if (code.category() != std::generic_category()) return code;
  return {code.value(), engine::sys::errno_category()};
}

}  // namespace

struct error::text {
  int references;
  std::size_t size;
  char* characters() { return reinterpret_cast<char*>(this + 1); }
};

error::error(std::error_code code, const char* tried, std::string_view on) noexcept
    : error(code, tried) {
  auto* t = static_cast<text*>(engine::memory::allocate(sizeof(text) + on.size()));
  if (t == nullptr) return;
  t->references = 1;
  t->size = on.size();
  std::memcpy(t->characters(), on.data(), on.size());
  on_ = t;
}

void error::keep(text* t) noexcept {
  __atomic_add_fetch(&t->references, 1, __ATOMIC_RELAXED);
  on_ = t;
}

void error::forget() noexcept {
  if (__atomic_sub_fetch(&on_->references, 1, __ATOMIC_ACQ_REL) == 0) engine::memory::release(on_);
  on_ = nullptr;
}

std::string error::on() const {
  if (on_ != nullptr) return std::string(on_->characters(), on_->size);
  return fd_ >= 0 ? "fd " + std::to_string(fd_) : std::string();
}

std::string error::message() const {
  const std::string what = subject_of(*this);
  return what + (what.empty() ? "" : ": ") + in_words(code_).message();
}

void error::raise() const { throw exception(*this); }

// std::system_error appends ": " and the code's message by itself.
exception::exception(const eddy::error& e)
    : std::system_error(in_words(e.code()), subject_of(e)), error_(e) {}

exception::~exception() = default;

bool is_cancelled(const std::exception_ptr& thrown) noexcept {
  if (thrown == nullptr) return false;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::system_error& e) {
    return e.code() == std::errc::operation_canceled;
  } catch (...) {
    return false;
  }
}

error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const exception& e) {
    return e.error();
  } catch (const std::system_error& e) {
    // Its text ends with what the code says.
    std::string_view what = e.what();
    const std::string reason = ": " + e.code().message();
    if (what.ends_with(reason)) what.remove_suffix(reason.size());
    return error(e.code(), "", what);
  }
}

}  // namespace eddy
