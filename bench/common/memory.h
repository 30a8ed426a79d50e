/* What a process has of memory. C. */
#ifndef BENCH_COMMON_MEMORY_H
#define BENCH_COMMON_MEMORY_H

#include <malloc.h>
#include <unistd.h>

#include "common/measure.h"

/* What was allocated and not freed, mapped blocks of malloc included. */
static inline double bench_heap_bytes(void) {
  struct mallinfo2 info = mallinfo2();
  return (double)(info.uordblks + info.hblkhd);
}

/* All address space, so that memory mapped outside of malloc is seen too; or with `resident` what
 * of it is in memory. */
static inline double bench_statm_bytes(int resident) {
  long pages[2] = {0, 0};
  FILE *statm = fopen("/proc/self/statm", "r");
  if (statm == NULL || fscanf(statm, "%ld %ld", &pages[0], &pages[1]) != 2)
    bench_fail("/proc/self/statm", "cannot be read");
  fclose(statm);
  return (double)pages[resident != 0] * (double)sysconf(_SC_PAGESIZE);
}

#endif
