// eddy/file.hpp - files: `file`, and what is done by name.
//
//   eddy::file f = co_await eddy::open_file("data.bin", eddy::file_access::update);
//   std::size_t got = co_await f.read_at(space, 4096);
//   co_await f.write_at("header", 0);
//   co_await f.sync();
//
//   std::string text = co_await eddy::read_file("/etc/hostname");
//   co_await eddy::write_file("settings.json", text);   // whole or not at all
//
// No call blocks the loop, however slow the disk: with io_uring the kernel does it by itself, where
// it can; elsewhere a thread does (eddy/blocking.hpp), for work that ends soon. So a small read
// costs some us, and it pays to read much at a time. Several operations on one file may be under
// way at a time. To read a file from its beginning to its end, line by line: eddy::stream of its
// descriptor.
//
// Cancelled, an operation is stopped where the kernel can, and waited for in any case: its memory
// is free when it has ended. It may have been done, whole or in part.
//
// A file may be used on any loop, by one thread at a time, and must not be destroyed or assigned to
// while anything is under way on it. Paths are relative to the process's directory; one with a zero
// in it fails with invalid_argument, as does an offset that is greater than files can be (2^63).
//
// Sources: open(2), pread(2), statx(2), rename(2), fsync(2), fallocate(2); path_resolution(7).
#pragma once

#include <eddy/byte_view.hpp>
#include <eddy/descriptor.hpp>
#include <eddy/task.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace eddy {

enum class file_access : unsigned char {
  read,     // one that is there
  write,    // made if it is not there, and emptied if it is
  create,   // one that must not be there yet
  append,   // made if it is not there; whatever is written goes to its end
  update,   // read and write one that is there
  replace,  // read and write; made if it is not there
};

// What a name stands for.
enum class file_kind : unsigned char {
  regular,
  directory,
  link,
  pipe,
  socket,
  device,
  unknown,  // of a directory's entry: the file system does not say
};

// What the file system knows of a file (statx(2)).
struct file_info {
  file_kind kind = file_kind::unknown;  // never a link, unless links are asked about
  std::uint64_t size = 0;               // bytes
  unsigned permissions = 0;             // as chmod(2) takes them
  std::uint64_t links = 0;              // names
  std::uint64_t number = 0;             // of the file in its file system
  std::uint64_t device = 0;             // of the file system
  std::uint32_t owner = 0;              // its number
  std::uint32_t group = 0;              // its number

  // Of the system's clock.
  using time = std::chrono::sys_time<std::chrono::nanoseconds>;
  time modified{};  // when its bytes changed last
  time changed{};   // the same, or what else is here
  time read{};      // when it was read, roughly
};

class file {
 public:
  // None: whatever is tried with it fails with bad_file_descriptor.
  file() noexcept = default;
  // Of a descriptor, which is the file's from now on.
  explicit file(int fd) noexcept : fd_(fd) {}

  bool is_open() const noexcept { return fd_.get() >= 0; }
  // The descriptor, which stays the file's; -1: none.
  int native_handle() const noexcept { return fd_.get(); }
  // The descriptor, the caller's from now on.
  int release() noexcept { return fd_.release(); }

  // Puts bytes from `offset` on into `to`; gives how many, which may be fewer than there are.
  // 0: the end of the file (or `to` is empty).
  EDDY_API task<std::size_t> read_at(std::span<char> to, std::uint64_t offset);
  // As many as there are; fewer than `to` takes only at the end of the file.
  EDDY_API task<std::size_t> read_all_at(std::span<char> to, std::uint64_t offset);
  // Writes all of it. When that fails halfway, some of it stands there. (A file that was opened to
  // append to takes it at its end, whatever `offset` is.)
  EDDY_API task<> write_at(byte_view bytes, std::uint64_t offset);
  // Of a file that was opened to append to.
  task<> append(byte_view bytes) { return write_at(bytes, 0); }

  // Until what was written is on the disk; `data_alone` without times and the like.
  EDDY_API task<> sync(bool data_alone = false);
  // Cuts it off, or fills it up with zeroes.
  EDDY_API task<> resize(std::uint64_t size);
  // Takes room on the disk for so many bytes from `offset` on, so that writing there does not run
  // out of it. Makes the file so long, if it is shorter.
  EDDY_API task<> reserve(std::uint64_t offset, std::uint64_t size);
  // As info_of.
  EDDY_API task<file_info> info() const;
  // As the destructor does, which blocks as long as the file system takes, and tells of no error.
  // Cancelled, the file is closed all the same.
  EDDY_API task<> close();

 private:
  owned_descriptor fd_;
};

// `permissions` of one that is made, less the process's umask. Fails with
// no_such_file_or_directory, permission_denied, file_exists and so on: "open /x: Permission
// denied".
EDDY_API task<file> open_file(std::string path, file_access access = file_access::read,
                              unsigned permissions = 0666);

// Of what a link refers to, or of the link itself.
EDDY_API task<file_info> info_of(std::string path, bool follow_links = true);
// All of it. Fails with file_too_large beyond `limit` bytes.
EDDY_API task<std::string> read_file(std::string path, std::size_t limit = std::size_t{1} << 30);
// Others see the old file or the new one, and never a part; after a crash there is one of the two.
// It is written under another name in the same directory, synced, and renamed. (A link at `path` is
// replaced, not followed; the permissions of a file that was there are kept, its owner is not. A
// device or a pipe is not replaced: operation_not_supported.)
EDDY_API task<> write_file(std::string path, byte_view bytes, unsigned permissions = 0666);
// `replace` false: fails with file_exists when there is something at `to`.
EDDY_API task<> rename_file(std::string from, std::string to, bool replace = true);
// Removes a name, of a file or a link; the file stays while it has another, or is open.
EDDY_API task<> remove_file(std::string path);
// `permissions` as mkdir(2) takes them: without those of the umask.
EDDY_API task<> make_directory(std::string path, unsigned permissions = 0777);
// An empty one.
EDDY_API task<> remove_directory(std::string path);
// Another name for a file; a link that says `target`; what a link says.
EDDY_API task<> make_hard_link(std::string path, std::string other_name);
EDDY_API task<> make_link(std::string target, std::string link);
EDDY_API task<std::string> read_link(std::string path);

}  // namespace eddy
