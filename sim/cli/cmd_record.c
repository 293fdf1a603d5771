/* `waggle record decode|encode`: records between Zeebe's bytes and the JSON of its exporters. Bytes
 * are log entries back to back (one, or a batch) or whole journal frames, told apart by their
 * headers. */
#include "codec/batch.h"
#include "codec/frame.h"
#include "codec/record_json.h"
#include "codec/values.h"
#include "reports/import_exact.h"
#include "reports/import_record.h"
#include "sim/cli/bytes_io.h"
#include "sim/cli/cli.h"
#include "sim/cli/host_env.h"
#include "sim/cli/record_raft.h"

#include <stdlib.h>
#include <string.h>

enum { PATHS_MAX = 256, KEY_BITS = 51, RECORDS_MAX = 1 << 20 };

struct arguments {
    const char *action;
    const char *paths[PATHS_MAX];
    uint32_t path_count;
    enum cli_form from, to;
    bool frame, complete, exact, raft_message;
    uint64_t index, term, partition; /* partition 0: from the keys */
};

static const struct cli_option options[] = {
    {"from", 0, "FORM", "decode: auto (default), hex, base64 or binary"},
    {"to", 0, "FORM", "encode: hex (default), base64 or binary"},
    {"partition", 0, "N", "decode: partition to print, where keys do not tell"},
    {"exact", 0, NULL, "decode: what that JSON does not show as well, so that encode gives it back"},
    {"as", 0, "KIND", "decode: records (default), or raft-message, one message in each input"},
    {"frame", 0, NULL, "encode: one journal frame around all records"},
    {"index", 0, "N", "encode --frame: its index (1)"},
    {"term", 0, "N", "encode --frame: its term (1)"},
    {"complete", 0, NULL, "encode: add the defaults of properties that are missing"},
};

static bool take_number(const char *name, const char *value, uint64_t least, uint64_t most,
                        uint64_t *number) {
    if (!cli_parse_u64(value, most, number) || *number < least) {
        cli_usage_error("--%s must be a whole number from %llu to %llu", name,
                        (unsigned long long)least, (unsigned long long)most);
        return false;
    }
    return true;
}

static bool take_option(struct arguments *arguments, const char *name, const char *value) {
    if (strcmp(name, "from") == 0 || strcmp(name, "to") == 0) {
        enum cli_form form = cli_form_of(value);
        if (form == CLI_FORM_UNKNOWN) {
            cli_usage_error("--%s must be hex, base64 or binary", name);
            return false;
        }
        *(name[0] == 'f' ? &arguments->from : &arguments->to) = form;
        return true;
    }
    if (strcmp(name, "frame") == 0) {
        arguments->frame = true;
        return true;
    }
    if (strcmp(name, "complete") == 0) {
        arguments->complete = true;
        return true;
    }
    if (strcmp(name, "exact") == 0) {
        arguments->exact = true;
        return true;
    }
    if (strcmp(name, "as") == 0) {
        arguments->raft_message = strcmp(value, "raft-message") == 0;
        if (!arguments->raft_message && strcmp(value, "records") != 0) {
            cli_usage_error("--as must be records or raft-message");
            return false;
        }
        return true;
    }
    if (strcmp(name, "partition") == 0) {
        return take_number(name, value, 1, 8192, &arguments->partition);
    }
    uint64_t *number = strcmp(name, "index") == 0 ? &arguments->index : &arguments->term;
    return take_number(name, value, 1, INT64_MAX, number);
}

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    if (option != NULL) {
        return take_option(arguments, option->name, value);
    }
    if (arguments->action == NULL) {
        arguments->action = value;
    } else if (arguments->path_count < PATHS_MAX) {
        arguments->paths[arguments->path_count++] = value;
    }
    return true;
}

/* --- decode ----------------------------------------------------------------------------------- */

static bool is_frame(struct wg_bytes bytes) {
    return bytes.len >= WG_FRAME_HEADER_BYTES && bytes.ptr[0] != 0 &&
           wg_load_le(bytes.ptr + 3, 2) == 1 && wg_load_le(bytes.ptr + 5, 2) == 7;
}

static int complain(const char *path, size_t offset, wg_status status) {
    fprintf(stderr, "waggle: %s: offset %zu: %s\n", path, offset, wg_status_text(status));
    return CLI_USAGE;
}

static wg_status print_record(const struct arguments *arguments, const struct wg_record *record,
                              struct wg_text *text) {
    uint64_t partition = arguments->partition;
    if (partition == 0) {
        partition = record->key > 0 ? (uint64_t)record->key >> KEY_BITS : 1;
    }
    text->len = 0;
    wg_status status =
        arguments->exact ? wg_record_json_exact(record, (wg_partition_id)partition, text)
                         : wg_record_json(record, (wg_partition_id)partition, text);
    if (status == WG_OK) {
        fwrite(text->ptr, 1, text->len, stdout);
        fputc('\n', stdout);
    }
    return status;
}

/* Log entries back to back. *at is where reading stopped. */
static wg_status decode_entries(const struct arguments *arguments, struct wg_bytes bytes,
                                struct wg_text *text, size_t *at) {
    size_t done = 0;
    wg_status status = WG_OK;
    while (status == WG_OK && done < bytes.len) {
        struct wg_record record;
        uint32_t used = 0;
        status = wg_log_entry_decode_record(wg_bytes_of(bytes.ptr + done, bytes.len - done),
                                            &record, &used);
        if (status == WG_OK) {
            status = print_record(arguments, &record, text);
        }
        done += status == WG_OK ? used : 0;
    }
    *at += done;
    return status;
}

static int decode_message(const char *path, struct wg_bytes bytes, struct wg_text *text) {
    text->len = 0;
    wg_status status = cli_raft_message_json(bytes, text);
    if (status != WG_OK) {
        return complain(path, 0, status);
    }
    fwrite(text->ptr, 1, text->len, stdout);
    fputc('\n', stdout);
    return CLI_OK;
}

static int decode_input(const struct arguments *arguments, const char *path,
                        struct wg_bytes bytes, struct wg_text *text) {
    size_t at = 0;
    wg_status status = bytes.len == 0 ? WG_TRUNCATED : WG_OK;
    if (!is_frame(bytes)) {
        if (status == WG_OK) {
            status = decode_entries(arguments, bytes, text, &at);
        }
        return status == WG_OK ? CLI_OK : complain(path, at, status);
    }
    while (at < bytes.len) {
        struct wg_frame frame;
        status = wg_frame_decode(wg_bytes_of(bytes.ptr + at, bytes.len - at), true, &frame);
        if (status != WG_OK) {
            /* Zeros behind the last frame are the rest of a segment. */
            return status == WG_NOT_FOUND && at > 0 ? CLI_OK : complain(path, at, status);
        }
        size_t inner = at + frame.data_offset;
        struct wg_bytes batch = wg_bytes_of(bytes.ptr + inner, frame.data_len);
        if (frame.kind == 0) {
            status = decode_entries(arguments, batch, text, &inner);
        }
        if (status != WG_OK) {
            return complain(path, inner, status);
        }
        at += frame.total;
    }
    return CLI_OK;
}

static int decode_file(const struct arguments *arguments, const char *path, struct wg_text *text) {
    struct cli_bytes bytes;
    if (!cli_read_input(path, &bytes)) {
        return CLI_USAGE;
    }
    int status = CLI_USAGE;
    if (!cli_decode_form(&bytes, arguments->from)) {
        cli_usage_error("%s: this is not %s", path,
                        arguments->from == CLI_FORM_HEX ? "hexadecimal" : "base64");
    } else {
        struct wg_bytes all = wg_bytes_of(bytes.ptr, bytes.len);
        status = arguments->raft_message ? decode_message(path, all, text)
                                         : decode_input(arguments, path, all, text);
    }
    free(bytes.ptr);
    return status;
}

/* --- encode ----------------------------------------------------------------------------------- */

struct records {
    struct wg_imported *items;
    size_t count, capacity;
};

static bool push_record(struct records *records, const struct wg_imported *imported) {
    if (records->count == records->capacity) {
        size_t capacity = records->capacity == 0 ? 64 : 2 * records->capacity;
        void *grown = capacity > RECORDS_MAX
                          ? NULL
                          : realloc(records->items, capacity * sizeof *records->items);
        if (grown == NULL) {
            return false;
        }
        records->items = grown;
        records->capacity = capacity;
    }
    records->items[records->count++] = *imported;
    return true;
}

static struct wg_bytes copy_bytes(struct wg_writer *out, struct wg_bytes bytes) {
    uint8_t *start = out->at;
    wg_write_bytes(out, bytes.ptr, bytes.len);
    return wg_bytes_of(start, bytes.len);
}

/* Rewrites the value with all declared properties. */
static bool complete(struct wg_imported *imported, char *why) {
    union wg_any_typed_value value;
    struct wg_record *record = &imported->record;
    wg_status status = wg_value_decode(record->value_type, record->value, &value);
    size_t size = (size_t)record->value.len + record->rejection_reason.len +
                  record->authorization.len + 4096;
    uint8_t *memory = status == WG_OK ? malloc(size) : NULL;
    if (memory == NULL) {
        snprintf(why, WG_IMPORT_WHY_BYTES, "value cannot be completed: %s",
                 wg_status_text(status));
        return status == WG_UNSUPPORTED;
    }
    struct wg_writer out = wg_writer_on(memory, size);
    record->rejection_reason = copy_bytes(&out, record->rejection_reason);
    record->authorization = copy_bytes(&out, record->authorization);
    uint8_t *start = out.at;
    status = wg_value_encode(record->value_type, &value, &out);
    record->value = wg_bytes_of(start, (size_t)(out.at - start));
    free(imported->memory);
    imported->memory = memory;
    return status == WG_OK;
}

static int encode_object(const struct arguments *arguments, const char *path, const json_t *object,
                         struct records *records) {
    char why[WG_IMPORT_WHY_BYTES] = "too many records";
    struct wg_imported imported;
    if (!wg_import_record(object, &imported, why)) {
        return cli_usage_error("%s: record %zu: %s", path, records->count + 1, why);
    }
    if ((arguments->complete && !complete(&imported, why)) || !push_record(records, &imported)) {
        wg_imported_free(&imported);
        return cli_usage_error("%s: record %zu: %s", path, records->count + 1, why);
    }
    return CLI_OK;
}

/* JSON objects one after another. */
static int encode_file(const struct arguments *arguments, const char *path,
                       struct records *records) {
    struct cli_bytes bytes;
    if (!cli_read_input(path, &bytes)) {
        return CLI_USAGE;
    }
    int status = CLI_OK;
    size_t at = 0;
    while (status == CLI_OK) {
        while (at < bytes.len && strchr(" \t\r\n", bytes.ptr[at]) != NULL && bytes.ptr[at] != 0) {
            at++;
        }
        if (at == bytes.len) {
            break;
        }
        json_error_t error;
        json_t *object = json_loadb((const char *)bytes.ptr + at, bytes.len - at,
                                    JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
        if (object == NULL) {
            status = cli_usage_error("%s: offset %zu: %s", path, at, error.text);
            break;
        }
        at += (size_t)error.position;
        status = encode_object(arguments, path, object, records);
        json_decref(object);
    }
    free(bytes.ptr);
    return status;
}

static void print_buf(const struct arguments *arguments, struct wg_buf *buf) {
    cli_print_form(buf->bytes, buf->len, arguments->to, stdout);
    wg_buf_unref(buf);
}

static void print_records(const struct arguments *arguments, struct wg_env *env,
                          const struct records *records) {
    if (!arguments->frame) {
        for (size_t i = 0; i < records->count; i++) {
            print_buf(arguments, wg_batch_encode(env, &records->items[i].record, 1));
        }
        return;
    }
    struct wg_record *all = malloc(records->count * sizeof *all + 1);
    if (all == NULL) {
        return;
    }
    for (size_t i = 0; i < records->count; i++) {
        all[i] = records->items[i].record;
    }
    struct wg_buf *batch = wg_batch_encode(env, all, (uint32_t)records->count);
    print_buf(arguments,
              wg_frame_encode(env, arguments->index, arguments->term, 0, all[0].position,
                              all[records->count - 1].position,
                              wg_bytes_of(batch->bytes, batch->len)));
    wg_buf_unref(batch);
    free(all);
}

/* --- the command ------------------------------------------------------------------------------ */

static int decode(const struct arguments *arguments) {
    struct wg_env env = cli_host_env();
    struct wg_text text = {.env = &env};
    int status = CLI_OK;
    for (uint32_t i = 0; i < arguments->path_count; i++) {
        status = cli_worse(status, decode_file(arguments, arguments->paths[i], &text));
    }
    wg_text_free(&text);
    return status;
}

static int encode(const struct arguments *arguments) {
    struct wg_env env = cli_host_env();
    struct records records = {NULL, 0, 0};
    int status = CLI_OK;
    for (uint32_t i = 0; i < arguments->path_count && status == CLI_OK; i++) {
        status = encode_file(arguments, arguments->paths[i], &records);
    }
    if (status == CLI_OK && records.count == 0) {
        status = cli_usage_error("record encode: no record to encode");
    }
    if (status == CLI_OK) {
        print_records(arguments, &env, &records);
    }
    for (size_t i = 0; i < records.count; i++) {
        wg_imported_free(&records.items[i]);
    }
    free(records.items);
    return status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.to = CLI_FORM_HEX, .index = 1, .term = 1};
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_record, argc, argv, take, &arguments, &status)) {
        return status;
    }
    if (arguments.path_count == 0) {
        arguments.paths[arguments.path_count++] = "-";
    }
    if (arguments.action != NULL && strcmp(arguments.action, "decode") == 0) {
        return decode(&arguments);
    }
    if (arguments.action != NULL && strcmp(arguments.action, "encode") == 0) {
        return encode(&arguments);
    }
    return cli_usage_error("record needs `decode` or `encode`");
}

const struct cli_command cli_command_record = {
    "record",
    "decode|encode [FILES...]",
    "turns Zeebe's bytes into the JSON of its exporters, and back (no file: stdin)",
    options,
    sizeof options / sizeof options[0],
    run};
