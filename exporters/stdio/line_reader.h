/* Cuts bytes from a pipe into lines of bounded length. */
#ifndef WG_EXPORTERS_STDIO_LINE_READER_H
#define WG_EXPORTERS_STDIO_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct stdio_lines {
    char *ptr;
    size_t len, capacity;
    size_t from;  /* where the next line begins */
    size_t open;  /* bytes behind the last line feed */
    size_t most;  /* bytes of a line, its line feed included */
    bool failed;  /* a line was too long, or there was no memory: nothing more comes */
};

void stdio_lines_init(struct stdio_lines *lines, size_t most);
void stdio_lines_done(struct stdio_lines *lines);
/* Takes all the bytes. False once the reader has failed. */
bool stdio_lines_feed(struct stdio_lines *lines, const char *bytes, size_t len);
/* The next whole line without its line feed, valid until the next feed; false if there is none yet. */
bool stdio_lines_next(struct stdio_lines *lines, const char **ret_line, size_t *ret_len);
/* Whether bytes are left that no line feed ends: at the end of the pipe, a line that was cut off. */
bool stdio_lines_is_cut(const struct stdio_lines *lines);

#endif
