#include <eddy/directory.hpp>

#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "coro/file_call.h"
#include "coro/file_info.h"

namespace eddy {
namespace {

struct close_directory {
  void operator()(DIR* d) const noexcept { ::closedir(d); }
};
using open_directory = std::unique_ptr<DIR, close_directory>;

file_kind kind_of(const dirent& e) noexcept {
  return detail::kind_from(DTTOIF(static_cast<unsigned>(e.d_type)));
}

bool is_dots(const char* name) noexcept {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// Some of them; none at the end. 0 or an errno.
int read_some(DIR* from, std::vector<directory_entry>& to) {
  constexpr std::size_t most = 256;
  to.clear();
  while (to.size() < most) {
    errno = 0;
    const dirent* e = ::readdir(from);
    if (e == nullptr) return errno;
    if (!is_dots(e->d_name)) to.push_back({e->d_name, kind_of(*e)});
  }
  return 0;
}

}  // namespace

async_generator<directory_entry> list_directory(std::string path) {
  detail::refuse_zeroes(path, "list");
  open_directory directory;
  std::vector<directory_entry> some;
  const auto open_it = [&] {
    directory.reset(::opendir(path.c_str()));
    return directory != nullptr ? 0 : -errno;
  };
  const auto read_more = [&] { return -read_some(directory.get(), some); };
  detail::checked_path(co_await detail::on_thread(open_it), "list", path);
  for (;;) {
    detail::checked_path(co_await detail::on_thread(read_more), "list", path);
    if (some.empty()) co_return;
    for (directory_entry& e : some) co_yield std::move(e);
  }
}

}  // namespace eddy
