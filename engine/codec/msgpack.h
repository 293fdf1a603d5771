/* MessagePack, Zeebe's rules (reference: protocol 3.1): minimal-length writer, bounded reader. */
#ifndef WG_CODEC_MSGPACK_H
#define WG_CODEC_MSGPACK_H

#include "base/bytes.h"

#define WG_MP_MAX_DEPTH 64

void wg_mp_write_int(struct wg_writer *w, int64_t number);
void wg_mp_write_str(struct wg_writer *w, struct wg_bytes text);
void wg_mp_write_bin(struct wg_writer *w, struct wg_bytes bytes);
void wg_mp_write_bool(struct wg_writer *w, bool value);
void wg_mp_write_nil(struct wg_writer *w);
/* 4 bytes where they hold the number exactly, else 8. */
void wg_mp_write_float(struct wg_writer *w, double number);
void wg_mp_write_map(struct wg_writer *w, uint32_t count);
void wg_mp_write_array(struct wg_writer *w, uint32_t count);

enum wg_mp_kind {
    WG_MP_NIL, WG_MP_BOOL, WG_MP_INT, WG_MP_FLOAT, WG_MP_STR, WG_MP_BIN, WG_MP_ARRAY, WG_MP_MAP, WG_MP_EXT
};
struct wg_mp_token {
    enum wg_mp_kind kind;
    int64_t number;        /* INT; BOOL 0/1; ARRAY, MAP: count */
    double real;           /* FLOAT */
    struct wg_bytes bytes; /* STR, BIN, EXT: payload, borrowed */
};
/* Reads the next token; false and r->failed on anything malformed. */
bool wg_mp_read(struct wg_reader *r, struct wg_mp_token *ret_token);
/* Skips one whole value (nested ones included, to WG_MP_MAX_DEPTH); its raw bytes in *ret_raw. */
bool wg_mp_skip(struct wg_reader *r, struct wg_bytes *ret_raw);
/* The same for a value inside of a container that is skipped over by wg_mp_skip elsewhere: one
 * level less is allowed, so that the whole keeps to the bound. */
bool wg_mp_skip_inner(struct wg_reader *r, struct wg_bytes *ret_raw);

#endif
