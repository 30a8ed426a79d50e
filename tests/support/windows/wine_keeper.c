/* Does nothing, for ever: while one program lives under Wine, the next one starts in a moment. */
#include <windows.h>

int main(void) {
  Sleep(INFINITE);
  return 0;
}
