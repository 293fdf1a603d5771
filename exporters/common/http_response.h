/* Reads one HTTP/1.x response (RFC 9112) from bytes as they arrive: status line, headers, a body by
 * length, in chunks or up to the end of the connection. Pure: no socket, no clock. Every size is
 * bounded. Strict where leniency is dangerous: no folded headers, no length beside chunks, no
 * lengths that differ. A lone line feed ends a line as well as CR LF does. */
#ifndef WG_EXPORTERS_HTTP_RESPONSE_H
#define WG_EXPORTERS_HTTP_RESPONSE_H

#include "waggle/exporter.h"

#include <stdbool.h>
#include <stddef.h>

struct http_response_options {
    bool head;                 /* the answer to a HEAD request: no body, whatever its length says */
    uint32_t max_header_bytes; /* status line, headers, trailers and chunk sizes; 0 = 16 KiB */
    uint32_t max_headers;      /* 0 = 64 */
    uint64_t max_body_bytes;   /* 0 = 16 MiB */
};

/* The names are stable. */
#define HTTP_ERROR_MAP(X)                                                                          \
    X(NONE, "http-ok")                                                                             \
    X(STATUS_LINE, "http-status-line")                                                             \
    X(HEADER, "http-header")                                                                       \
    X(HEADERS_TOO_LARGE, "http-headers-too-large")                                                 \
    X(LENGTH, "http-length")             /* no number, or two that differ */                       \
    X(ENCODING, "http-encoding")         /* a transfer encoding other than chunked */              \
    X(CHUNK, "http-chunk")                                                                         \
    X(BODY_TOO_LARGE, "http-body-too-large")                                                       \
    X(TRUNCATED, "http-truncated")       /* the connection ended early */                          \
    X(TOO_MANY_INTERIM, "http-too-many-interim") /* more than 8 responses 1xx */

enum http_error {
#define HTTP_ERROR_ENUM(name, text) HTTP_##name,
    HTTP_ERROR_MAP(HTTP_ERROR_ENUM)
#undef HTTP_ERROR_ENUM
};
/* "http-..."; never NULL. */
const char *http_error_name(enum http_error error);

enum http_progress {
    HTTP_MORE, /* feed more bytes, or say that the connection ended */
    HTTP_DONE,
    HTTP_FAILED
};

struct http_response;

/* NULL when there is no memory. `options` NULL = all defaults. */
struct http_response *http_response_new(const struct http_response_options *options);
void http_response_free(struct http_response *response);

/* Takes bytes; *ret_used (may be NULL) says how many belong to this response. Once it is DONE or
 * FAILED nothing more is taken. */
enum http_progress http_response_feed(struct http_response *response, const char *bytes, size_t len,
                                      size_t *ret_used);
/* The connection has ended: DONE if the body was to last until then, else FAILED. */
enum http_progress http_response_finish(struct http_response *response);
/* Why it FAILED. */
enum http_error http_response_error(const struct http_response *response);

/* What was read; texts live as long as the response does. Before DONE they may be incomplete. */
int http_response_status(const struct http_response *response); /* 0 = not yet known */
struct wg_exporter_str http_response_reason(const struct http_response *response);
uint32_t http_response_header_count(const struct http_response *response);
/* In the order in which they came; trailers are not among them. */
void http_response_header_at(const struct http_response *response, uint32_t number,
                             struct wg_exporter_str *ret_name, struct wg_exporter_str *ret_value);
/* The first header of that name, in any case. False if there is none. */
bool http_response_header(const struct http_response *response, const char *name,
                          struct wg_exporter_str *ret_value);
struct wg_exporter_str http_response_body(const struct http_response *response);
/* Whether the connection can serve another request: no `Connection: close`, and an end that could be
 * told without the end of the connection. Only after DONE. */
bool http_response_keeps_alive(const struct http_response *response);

#endif
