/* No symbols: the library consists of its name and of what it needs. */
typedef int an_empty_file_is_not_iso_c;
