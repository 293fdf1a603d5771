/* Whole inputs as bytes, and bytes as text: hexadecimal and base64. */
#ifndef SIM_CLI_BYTES_IO_H
#define SIM_CLI_BYTES_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cli_form { CLI_FORM_AUTO, CLI_FORM_HEX, CLI_FORM_BASE64, CLI_FORM_BINARY, CLI_FORM_UNKNOWN };

/* By name; UNKNOWN if there is no such form. */
enum cli_form cli_form_of(const char *name);

struct cli_bytes {
    uint8_t *ptr;
    size_t len;
};

/* The whole file, or stdin for "-". False after a complaint. Free with free(). */
bool cli_read_input(const char *path, struct cli_bytes *ret_bytes);
/* Turns text into the bytes it stands for, in place; AUTO finds out which form it is. Space between
 * the digits is skipped. False: it is not of that form. */
bool cli_decode_form(struct cli_bytes *bytes, enum cli_form form);
/* Text forms end with a line feed. */
void cli_print_form(const uint8_t *bytes, size_t len, enum cli_form form, FILE *out);

#endif
