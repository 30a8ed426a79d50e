#include "elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace {

class mapped_file {
 public:
  explicit mapped_file(const std::string& path) : path_(path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) throw std::runtime_error(path + ": " + std::strerror(errno));
    struct stat status {};
    void* memory = MAP_FAILED;
    if (::fstat(fd, &status) == 0 && status.st_size > 0) {
      size_ = static_cast<std::size_t>(status.st_size);
      memory = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    ::close(fd);
    if (memory == MAP_FAILED) throw std::runtime_error(path + ": cannot be read");
    data_ = static_cast<const char*>(memory);
  }
  ~mapped_file() { ::munmap(const_cast<char*>(data_), size_); }
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;

  // `count` of T at `offset`; every access is checked, the file may be anything.
  template <class T>
  const T* at(std::size_t offset, std::size_t count = 1) const {
    if (offset > size_ || count > (size_ - offset) / sizeof(T))
      throw std::runtime_error(path_ + ": its headers lead out of the file");
    return reinterpret_cast<const T*>(data_ + offset);
  }
  std::string text(std::size_t offset) const {
    const char* start = at<char>(offset);
    const void* end = std::memchr(start, 0, size_ - offset);
    if (end == nullptr) throw std::runtime_error(path_ + ": a name does not end");
    return std::string(start, static_cast<const char*>(end));
  }
  std::size_t size() const { return size_; }

 private:
  std::string path_;
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// The dynamic symbols and their names.
struct symbol_table {
  const Elf64_Sym* all = nullptr;
  std::size_t count = 0;
  std::size_t names = 0;
};

// A variable of a library that a program refers to by a fixed address lies in the program, and is
// copied there: it looks like the program's own but for its relocation.
bool is_copy(const Elf64_Rela& r) {
#if defined(__aarch64__)
  return ELF64_R_TYPE(r.r_info) == R_AARCH64_COPY;
#else
  return ELF64_R_TYPE(r.r_info) == R_X86_64_COPY;
#endif
}

void add_needed(const mapped_file& file, const Elf64_Shdr& s, std::size_t names, elf_file& to) {
  const std::size_t count = s.sh_size / sizeof(Elf64_Dyn);
  const auto* entries = file.at<Elf64_Dyn>(s.sh_offset, count);
  for (std::size_t n = 0; n < count; ++n)
    if (entries[n].d_tag == DT_NEEDED)
      to.needed.push_back(file.text(names + entries[n].d_un.d_val));
}

void add_symbols(const mapped_file& file, const symbol_table& symbols, elf_file& to) {
  for (std::size_t n = 1; n < symbols.count; ++n) {
    const Elf64_Sym& s = symbols.all[n];
    std::string name = file.text(symbols.names + s.st_name);
    if (s.st_shndx != SHN_UNDEF) {
      to.exports.push_back(std::move(name));
    } else if (ELF64_ST_BIND(s.st_info) != STB_WEAK) {  // a weak one is null where it is missing
      if (ELF64_ST_TYPE(s.st_info) == STT_OBJECT) to.imported_data.push_back(name);
      to.imports.push_back(std::move(name));
    }
  }
}

void add_copies(const mapped_file& file, const Elf64_Shdr& s, const symbol_table& symbols,
                elf_file& to) {
  const std::size_t count = s.sh_size / sizeof(Elf64_Rela);
  const auto* entries = file.at<Elf64_Rela>(s.sh_offset, count);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t which = ELF64_R_SYM(entries[n].r_info);
    if (!is_copy(entries[n]) || which >= symbols.count) continue;
    to.imports.push_back(file.text(symbols.names + symbols.all[which].st_name));
    to.imported_data.push_back(to.imports.back());
  }
}

}  // namespace

elf_file read_elf(const std::string& path) {
  const mapped_file file(path);
  if (file.size() < sizeof(Elf64_Ehdr) || std::memcmp(file.at<char>(0), ELFMAG, SELFMAG) != 0)
    throw std::runtime_error(
        path + ": not a program for the loader (a script? then name its interpreter)");
  const auto* header = file.at<Elf64_Ehdr>(0);
  if (header->e_ident[EI_CLASS] != ELFCLASS64)
    throw std::runtime_error(path + ": a 32-bit program; this eddy is a 64-bit library");
  elf_file result;
  const auto* sections = file.at<Elf64_Shdr>(header->e_shoff, header->e_shnum);
  symbol_table symbols;
  for (unsigned i = 0; i < header->e_shnum; ++i) {
    const Elf64_Shdr& s = sections[i];
    if ((s.sh_type != SHT_DYNSYM && s.sh_type != SHT_DYNAMIC) || s.sh_link >= header->e_shnum)
      continue;
    const std::size_t names = sections[s.sh_link].sh_offset;
    if (s.sh_type == SHT_DYNAMIC) {
      add_needed(file, s, names, result);
      continue;
    }
    symbols.names = names;
    symbols.count = s.sh_size / sizeof(Elf64_Sym);
    symbols.all = file.at<Elf64_Sym>(s.sh_offset, symbols.count);
  }
  add_symbols(file, symbols, result);
  for (unsigned i = 0; i < header->e_shnum; ++i)
    if (sections[i].sh_type == SHT_RELA && sections[i].sh_link < header->e_shnum &&
        sections[sections[i].sh_link].sh_type == SHT_DYNSYM)
      add_copies(file, sections[i], symbols, result);
  return result;
}
