/* Reading and writing rows of the state (step 6). The indexes of a job are functions of its row and
 * are changed nowhere else. */
#include "processing/rows.h"

#include "base/bytes.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are copied as they are in memory");
_Static_assert(sizeof(struct wg_process_row) == 32, "no padding");
_Static_assert(sizeof(struct wg_element_row) == 48, "no padding");
_Static_assert(sizeof(struct wg_job_row) == 64, "no padding");
_Static_assert(sizeof(struct wg_incident_row) == 40, "no padding");

bool wg_row_get(const struct wg_state *state, uint8_t cf, wg_key key, struct wg_bytes *ret_value) {
    uint8_t bytes[8];
    wg_state_key_u64(bytes, (uint64_t)key);
    return wg_state_get(state, cf, wg_bytes_of(bytes, 8), ret_value);
}

void wg_row_put(struct wg_state *state, uint8_t cf, wg_key key, const void *bytes, size_t len) {
    uint8_t key_bytes[8];
    wg_state_key_u64(key_bytes, (uint64_t)key);
    wg_state_put(state, cf, wg_bytes_of(key_bytes, 8), wg_bytes_of(bytes, len));
}

bool wg_row_remove(struct wg_state *state, uint8_t cf, wg_key key) {
    uint8_t bytes[8];
    wg_state_key_u64(bytes, (uint64_t)key);
    return wg_state_remove(state, cf, wg_bytes_of(bytes, 8));
}

bool wg_element_get(const struct wg_state *state, wg_key key, struct wg_element_row *ret_row) {
    struct wg_bytes value;
    if (!wg_row_get(state, WG_CF_ELEMENT_INSTANCE, key, &value) || value.len != sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, value.ptr, sizeof *ret_row);
    return true;
}

void wg_element_put(struct wg_state *state, wg_key key, const struct wg_element_row *row) {
    wg_row_put(state, WG_CF_ELEMENT_INSTANCE, key, row, sizeof *row);
}

bool wg_job_get(const struct wg_state *state, wg_key key, struct wg_job_row *ret_row,
                struct wg_job_texts *ret_texts) {
    struct wg_bytes value;
    if (!wg_row_get(state, WG_CF_JOB, key, &value) || value.len < sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, value.ptr, sizeof *ret_row);
    if (value.len !=
        sizeof *ret_row + ret_row->worker_len + ret_row->error_len + ret_row->type_len) {
        return false;
    }
    const uint8_t *text = value.ptr + sizeof *ret_row;
    memcpy(ret_texts->worker, text, ret_row->worker_len);
    memcpy(ret_texts->error, text + ret_row->worker_len, ret_row->error_len);
    memcpy(ret_texts->type, text + ret_row->worker_len + ret_row->error_len, ret_row->type_len);
    return true;
}

static struct wg_bytes deadline_key(uint8_t *out, int64_t deadline, wg_key key) {
    wg_state_key_u64(out, (uint64_t)deadline);
    wg_state_key_u64(out + 8, (uint64_t)key);
    return wg_bytes_of(out, 16);
}

struct wg_bytes wg_job_type_prefix(uint8_t *out, struct wg_bytes type) {
    uint32_t len = type.len < WG_VARIABLE_NAME_MAX ? type.len : WG_VARIABLE_NAME_MAX;
    memcpy(out, type.ptr, len);
    out[len] = 0;
    return wg_bytes_of(out, len + 1);
}

static void change(struct wg_state *state, uint8_t cf, struct wg_bytes key, bool add) {
    if (add) {
        wg_state_put(state, cf, key, wg_bytes_of(NULL, 0));
    } else {
        wg_state_remove(state, cf, key);
    }
}

/* Adds or removes the job's row in the index that goes with its state. */
static void index_job(struct wg_state *state, wg_key key, const struct wg_job_row *row,
                      const uint8_t *type, bool add) {
    uint8_t bytes[WG_STATE_MAX_KEY];
    struct wg_bytes index;
    switch (row->state) {
    case WG_JOB_ACTIVATED:
        change(state, WG_CF_JOB_DEADLINE, deadline_key(bytes, row->deadline, key), add);
        break;
    case WG_JOB_IN_BACKOFF:
        change(state, WG_CF_JOB_BACKOFF, deadline_key(bytes, row->deadline, key), add);
        break;
    case WG_JOB_ACTIVATABLE:
        if (row->type_len == 0) {
            wg_state_key_u64(bytes, (uint64_t)key);
            change(state, WG_CF_JOB_ACTIVATABLE, wg_bytes_of(bytes, 8), add);
            break;
        }
        index = wg_job_type_prefix(bytes, wg_bytes_of(type, row->type_len));
        wg_state_key_u64(bytes + index.len, (uint64_t)key);
        change(state, WG_CF_JOB_ACTIVATABLE_TYPE, wg_bytes_of(bytes, index.len + 8), add);
        break;
    default:
        break;
    }
}

static void unindex_stored(struct wg_state *state, wg_key key) {
    struct wg_bytes value;
    struct wg_job_row row;
    uint8_t type[WG_ROW_TEXT_MAX];
    if (wg_row_get(state, WG_CF_JOB, key, &value) && value.len >= sizeof row) {
        memcpy(&row, value.ptr, sizeof row);
        memcpy(type, value.ptr + value.len - row.type_len, row.type_len);
        index_job(state, key, &row, type, false);
    }
}

void wg_job_put(struct wg_state *state, wg_key key, const struct wg_job_row *row,
                const struct wg_job_texts *texts) {
    uint8_t bytes[sizeof *row + 3 * WG_ROW_TEXT_MAX];
    unindex_stored(state, key);
    struct wg_writer out = wg_writer_on(bytes, sizeof bytes);
    wg_write_bytes(&out, row, sizeof *row);
    wg_write_bytes(&out, texts->worker, row->worker_len);
    wg_write_bytes(&out, texts->error, row->error_len);
    wg_write_bytes(&out, texts->type, row->type_len);
    struct wg_bytes all = wg_writer_bytes(&out);
    wg_row_put(state, WG_CF_JOB, key, all.ptr, all.len);
    index_job(state, key, row, texts->type, true);
}

void wg_job_remove(struct wg_state *state, wg_key key) {
    unindex_stored(state, key);
    wg_row_remove(state, WG_CF_JOB, key);
}

uint8_t wg_row_text(uint8_t *out, struct wg_bytes text) {
    uint32_t len = text.len;
    if (len > WG_ROW_TEXT_MAX) {
        len = WG_ROW_TEXT_MAX;
        while (len > 0 && (text.ptr[len] & 0xC0) == 0x80) {
            len--; /* not in the middle of a UTF-8 sequence */
        }
    }
    if (len > 0) {
        memcpy(out, text.ptr, len);
    }
    return (uint8_t)len;
}

void wg_row_put_tagged(struct wg_env *env, struct wg_state *state, uint8_t cf,
                       struct wg_bytes key, int64_t number, struct wg_bytes bytes) {
    uint8_t small[512];
    size_t len = sizeof number + bytes.len;
    uint8_t *row = len <= sizeof small ? small : wg_alloc(env, len);
    wg_store_le(row, (uint64_t)number, sizeof number);
    if (bytes.len > 0) {
        memcpy(row + sizeof number, bytes.ptr, bytes.len);
    }
    wg_state_put(state, cf, key, wg_bytes_of(row, len));
    if (row != small) {
        wg_free(env, row, len);
    }
}

bool wg_row_tagged(struct wg_bytes row, int64_t *ret_number, struct wg_bytes *ret_bytes) {
    if (row.len < sizeof *ret_number) {
        return false;
    }
    *ret_number = (int64_t)wg_load_le(row.ptr, sizeof *ret_number);
    *ret_bytes = wg_bytes_of(row.ptr + sizeof *ret_number, row.len - sizeof *ret_number);
    return true;
}

struct wg_bytes wg_variable_key(uint8_t *out, wg_key scope, struct wg_bytes name) {
    uint32_t len = name.len < WG_VARIABLE_NAME_MAX ? name.len : WG_VARIABLE_NAME_MAX;
    wg_state_key_u64(out, (uint64_t)scope);
    if (len > 0) {
        memcpy(out + 8, name.ptr, len);
    }
    return wg_bytes_of(out, 8 + (size_t)len);
}

/* An id is cut to what a key can hold; no built-in process has one that long. */
struct wg_bytes wg_process_key(uint8_t *out, struct wg_bytes id, int64_t version) {
    uint32_t len = id.len < WG_VARIABLE_NAME_MAX ? id.len : WG_VARIABLE_NAME_MAX;
    if (len > 0) {
        memcpy(out, id.ptr, len);
    }
    out[len] = 0;
    wg_state_key_u64(out + len + 1, (uint64_t)version);
    return wg_bytes_of(out, len + 1 + 8);
}

bool wg_process_get(const struct wg_state *state, struct wg_bytes id, int64_t version,
                    struct wg_process_row *ret_row) {
    uint8_t key[WG_STATE_MAX_KEY];
    struct wg_bytes value;
    if (!wg_state_get(state, WG_CF_PROCESS_BY_ID, wg_process_key(key, id, version), &value) ||
        value.len != sizeof *ret_row) {
        return false;
    }
    memcpy(ret_row, value.ptr, sizeof *ret_row);
    return true;
}
