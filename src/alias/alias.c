/* Nothing: this library exists to bring in libeddy under another name. */
typedef int nothing_here;
