/* Wake-ups on libuv: uv_async_t. */
#define _GNU_SOURCE
#include <uv.h>

#include "wakeup/wakeup.h"

static struct {
  uv_loop_t loop;
  uv_async_t async;
} sides[2];

static void on_wake(uv_async_t *async) { wakeup_arrived(async == &sides[1].async); }

static void side_make(int side) {
  if (uv_loop_init(&sides[side].loop) != 0) bench_fail("uv_loop_init", "no loop");
  if (uv_async_init(&sides[side].loop, &sides[side].async, on_wake) != 0)
    bench_fail("uv_async_init", "refused");
}

static void side_run(int side) { uv_run(&sides[side].loop, UV_RUN_DEFAULT); }

static void side_stop(int side) { uv_stop(&sides[side].loop); }

static void side_wake(int side) { uv_async_send(&sides[side].async); }

static void side_free(int side) {
  uv_close((uv_handle_t *)&sides[side].async, NULL);
  uv_run(&sides[side].loop, UV_RUN_DEFAULT);
  uv_loop_close(&sides[side].loop);
}

int main(int argc, char **argv) { return wakeup_main(argc, argv); }
