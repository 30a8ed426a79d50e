// What is in a directory; see posix.h.
#pragma once

#include "base/sys_windows/posix.h"

#define DT_UNKNOWN 0
#define DT_DIR 4
#define DT_REG 8
#define DT_LNK 10
#define DTTOIF(type) ((type) << 12)

struct dirent {
  unsigned char d_type;
  const char* d_name;
};
struct DIR;
DIR* opendir(const char* path);
// What it returns stays until the next call.
dirent* readdir(DIR* directory);
int closedir(DIR* directory);
