// eddy/directory.hpp - what is in a directory, and what changes there.
//
//   auto entries = eddy::list_directory("/etc");
//   while (auto entry = co_await entries.next()) use(entry->name);
//
//   eddy::directory_watch watch;
//   watch.add("/etc");
//   for (;;) {
//     eddy::change c = co_await watch.next();
//     if (c.kind == eddy::change_kind::written) read_again(c.directory + "/" + c.name);
//   }
//
// On Windows the system tells less of changes: `written` is each write, told as often as it is seen
// on the disk, and a change of attributes; what is renamed into another directory is `removed`
// there and `created` here; whether what was removed is a directory is not known; files cannot be
// added.
//
// Sources: readdir(3), inotify(7), "ReadDirectoryChangesW" of Microsoft's documentation.
#pragma once

#include <eddy/async_generator.hpp>
#include <eddy/file.hpp>

#include <memory>

namespace eddy {
namespace detail {

struct watched_directories;
struct end_watching {
  EDDY_API void operator()(watched_directories* w) const noexcept;
};

}  // namespace detail

// A name in a directory.
struct directory_entry {
  std::string name;                     // without the directory
  file_kind kind = file_kind::unknown;  // a link is a link; see info_of where it is unknown
};

// One after the other, in the file system's order, without "." and "..". They are read by a thread,
// some hundred at a time: what is made or removed meanwhile may be there or not. `next` throws:
// "list /x: No such file or directory".
EDDY_API async_generator<directory_entry> list_directory(std::string path);

enum class change_kind : unsigned char {
  created,     // or moved here from elsewhere
  removed,     // or moved elsewhere
  renamed,     // within what is watched: `name` is the new one
  written,     // who wrote has closed it
  attributes,  // permissions, times, owner, the number of names
  gone,        // the directory itself is no more, or its file system: it is not watched any longer
  lost,        // there were too many changes, or a name was too much: look at everything again
};

struct change {
  change_kind kind = change_kind::lost;  // what happened
  bool is_directory = false;             // what it happened to
  std::string directory;                 // as it was added; of `renamed`: the one with the new name
  std::string name;                      // in the directory; empty when it is the directory itself
  std::string from_directory;            // of `renamed`
  std::string from_name;                 // of `renamed`: what it was called
};

// Tells of changes in directories; not in those below them, which are added one by one. Changes by
// this machine alone: what others do in a network's file system is not seen.
//
// Belongs to one thread; must not be destroyed while somebody awaits it. While nobody does, changes
// wait in the kernel (fs.inotify.max_queued_events, then `lost`). A cancelled `next` loses none.
class directory_watch {
 public:
  // Throws: too_many_files_open, where the user has too many (fs.inotify.max_user_instances).
  EDDY_API directory_watch();
  directory_watch(directory_watch&&) noexcept = default;
  directory_watch& operator=(directory_watch&&) noexcept = default;

  // A directory, or a file. Does not block but for the file system. Throws: "watch /x: No such file
  // or directory"; no_space_on_device is a limit too (fs.inotify.max_user_watches).
  EDDY_API void add(const std::string& path);
  // Nothing more of it is told. Nothing, when it was not added.
  EDDY_API void remove(const std::string& path) noexcept;

  // One coroutine at a time.
  EDDY_API task<change> next();

 private:
  std::unique_ptr<detail::watched_directories, detail::end_watching> state_;
};

}  // namespace eddy
