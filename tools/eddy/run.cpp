// eddy run: a program that was built for libevent, on eddy.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "commands.h"
#include "elf_file.h"
#include "options.h"

namespace {

namespace fs = std::filesystem;

// Where the libraries stand that have libevent's names: beside this command.
fs::path alias_folder() {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const fs::path prefix = self.parent_path().parent_path();
  for (const char* folder :
       {"lib/eddy", "lib/x86_64-linux-gnu/eddy", "lib/aarch64-linux-gnu/eddy", "lib64/eddy"})
    if (fs::exists(prefix / folder / "libevent-2.1.so.7")) return prefix / folder;
  throw std::runtime_error("the libraries with libevent's names are not at " +
                           (prefix / "lib/eddy").string() +
                           "; build or install all of eddy (cmake --build, cmake --install)");
}

fs::path found_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    if (!fs::exists(name)) throw usage_error("there is no program " + name);
    return name;
  }
  const char* path = std::getenv("PATH");
  std::string folders = path != nullptr ? path : "/usr/bin:/bin";
  for (std::size_t start = 0; start <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', start), folders.size());
    const fs::path candidate = fs::path(folders.substr(start, end - start)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  throw usage_error("there is no program \"" + name + "\" in PATH");
}

constexpr const char* of_a_variable = " (a variable)";

bool is_of_libevent(const std::string& library) { return library.rfind("libevent", 0) == 0; }

bool is_name_of_libevent(const std::string& symbol) {
  for (const char* prefix : {"event_", "evbuffer_", "bufferevent_", "evutil_", "evhttp_", "evdns_",
                             "evrpc_", "evtag_", "evthread_", "evconnlistener_", "evwatch_",
                             "ev_token_bucket_", "evsig_", "evmap_", "libevent_"})
    if (symbol.rfind(prefix, 0) == 0) return true;
  return false;
}

// The functions and variables of libevent that the program wants and eddy lacks, sorted. Throws for
// one that wants none. (By name alone: libevent gives its symbols no versions, and the loader asks
// for none of a library that has none. It has variables, but no header that is installed names
// one.)
std::vector<std::string> missing_symbols(const fs::path& program, const fs::path& folder) {
  const elf_file wants = read_elf(program.string());
  if (std::none_of(wants.needed.begin(), wants.needed.end(), is_of_libevent))
    throw std::runtime_error(program.string() + " does not use libevent's shared libraries");
  const elf_file has = read_elf((folder / ".." / "libeddy.so.0").string());
  std::vector<std::string> missing;
  for (const std::string& name : wants.imports)
    if (is_name_of_libevent(name) &&
        std::find(has.exports.begin(), has.exports.end(), name) == has.exports.end())
      missing.push_back(name);
  for (std::string& name : missing)
    if (std::find(wants.imported_data.begin(), wants.imported_data.end(), name) !=
        wants.imported_data.end())
      name += of_a_variable;
  std::sort(missing.begin(), missing.end());
  return missing;
}

void tell_missing(const fs::path& program, const std::vector<std::string>& missing) {
  const bool functions = std::all_of(missing.begin(), missing.end(), [](const std::string& name) {
    return name.find(of_a_variable) == std::string::npos;
  });
  std::fprintf(stderr, "%s wants %zu %s%s that eddy does not have%s:\n", program.c_str(),
               missing.size(), functions ? "function" : "symbol", missing.size() == 1 ? "" : "s",
               functions ? " yet" : "");
  for (const std::string& name : missing) std::fprintf(stderr, "  %s\n", name.c_str());
}

void tell_set_id(const fs::path& program) {
  struct stat status {};
  if (::stat(program.c_str(), &status) != 0 || !(status.st_mode & (S_ISUID | S_ISGID))) return;
  std::fprintf(stderr,
               "eddy run: %s runs with other rights than its user's, and the loader then ignores "
               "library paths: it will use the system's libevent\n",
               program.c_str());
}

[[noreturn]] void start(const fs::path& program, const fs::path& folder, const arguments& words) {
  std::string path = fs::canonical(folder).string();
  if (const char* before = std::getenv("LD_LIBRARY_PATH"); before != nullptr && *before != '\0')
    path += ":" + std::string(before);
  ::setenv("LD_LIBRARY_PATH", path.c_str(), 1);
  std::vector<char*> argv;
  for (const std::string& w : words) argv.push_back(const_cast<char*>(w.c_str()));
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  throw std::runtime_error(program.string() + " cannot be started: " + std::strerror(errno));
}

}  // namespace

int run_command(const arguments& args) {
  bool check = false;
  std::size_t first = 0;
  for (; first < args.size() && args[first].rfind("--", 0) == 0; ++first) {
    if (args[first] == "--") {
      ++first;
      break;
    }
    if (args[first] == "--check") {
      check = true;
    } else if (args[first] == "--help") {
      std::printf(
          "usage: eddy run [--check] PROGRAM [ARGUMENTS]\n\n"
          "Runs a program that was built for libevent 2.1 on eddy: the loader finds eddy's\n"
          "libraries under libevent's names. The program and its files stay as they are.\n\n"
          "  --check   only says whether eddy has all that PROGRAM itself imports of libevent:\n"
          "            status 0 if so, 1 with a list of the others if not\n\n"
          "EDDY_BACKEND=NAME chooses how the system is asked; eddy info lists the names.\n");
      return 0;
    } else {
      throw usage_error("\"" + args[first] + "\" is not known here; --help lists what is");
    }
  }
  if (first == args.size()) throw usage_error("which program? See --help");
  const fs::path program = found_program(args[first]);
  const fs::path folder = alias_folder();
  const std::vector<std::string> missing = missing_symbols(program, folder);
  if (!missing.empty()) tell_missing(program, missing);
  if (check) {
    if (missing.empty())
      std::printf("%s: eddy has all functions of libevent that it imports\n", program.c_str());
    return missing.empty() ? 0 : 1;
  }
  tell_set_id(program);
  start(program, folder, arguments(args.begin() + static_cast<std::ptrdiff_t>(first), args.end()));
}
