/* `waggle journal dump|verify|import`: real segment files. dump and verify change nothing; import
 * writes a new journal from a zdb dump, by the engine's own journal writer. */
#include "base/bytes.h"
#include "codec/batch.h"
#include "reports/import_zdb.h"
#include "seams/log_storage.h"
#include "seams/meta_store.h"
#include "sim/cli/cli.h"
#include "sim/cli/file_disk.h"
#include "sim/cli/host_env.h"
#include "sim/cli/journal_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_BITS = 51, SEGMENT_BYTES = 1 << 20 };

struct arguments {
    const char *action, *first, *second;
    uint32_t extra;
    uint64_t partition, flushed, segment_bytes;
    bool entries, exact, has_flushed, quiet;
};

static const struct cli_option options[] = {
    {"partition", 0, "N", "dump: partition to print (default: the one of the first key)"},
    {"entries", 0, NULL, "dump: a line for entries without records, too"},
    {"exact", 0, NULL, "dump: what that JSON does not show as well"},
    {"flushed", 0, "INDEX", "last flushed index (default: from the meta file, if there is one)"},
    {"segment-bytes", 0, "N", "import: size of a segment (1048576)"},
    {"quiet", 0, NULL, "verify: say nothing when all is well"},
};

static bool take_option(struct arguments *arguments, const char *name, const char *value) {
    if (strcmp(name, "entries") == 0) {
        arguments->entries = true;
        return true;
    }
    if (strcmp(name, "exact") == 0) {
        arguments->exact = true;
        return true;
    }
    if (strcmp(name, "quiet") == 0) {
        arguments->quiet = true;
        return true;
    }
    bool partition = strcmp(name, "partition") == 0;
    bool flushed = strcmp(name, "flushed") == 0;
    uint64_t *number = partition ? &arguments->partition
                       : flushed ? &arguments->flushed
                                 : &arguments->segment_bytes;
    uint64_t least = partition ? 1 : flushed ? 0 : 4096;
    uint64_t most = partition ? 8192 : flushed ? INT64_MAX : INT32_MAX;
    arguments->has_flushed = arguments->has_flushed || flushed;
    if (!cli_parse_u64(value, most, number) || *number < least) {
        cli_usage_error("--%s must be a whole number from %" PRIu64 " to %" PRIu64, name, least,
                        most);
        return false;
    }
    return true;
}

static bool take(void *ctx, const struct cli_option *option, const char *value) {
    struct arguments *arguments = ctx;
    if (option != NULL) {
        return take_option(arguments, option->name, value);
    }
    if (arguments->action == NULL) {
        arguments->action = value;
    } else if (arguments->first == NULL) {
        arguments->first = value;
    } else if (arguments->second == NULL) {
        arguments->second = value;
    } else {
        arguments->extra++;
    }
    return true;
}

/* --- dump and verify -------------------------------------------------------------------------- */

struct reading {
    struct cli_journal_print print;
    struct cli_journal_files files;
    FILE *findings; /* where they are printed, or NULL */
};

static struct wg_bytes content(void *ctx, uint32_t file) {
    struct reading *reading = ctx;
    struct cli_bytes bytes = cli_journal_content(&reading->files, file);
    return wg_bytes_of(bytes.ptr, bytes.len);
}

static void on_finding(void *ctx, const struct wg_verify_finding *finding) {
    struct reading *reading = ctx;
    cli_journal_print_finding(&reading->files, finding, reading->findings);
}

static void on_entry(void *ctx, const struct wg_verify_entry *entry) {
    struct reading *reading = ctx;
    cli_journal_print_entry(&reading->print, entry);
}

/* The partition that the first key of the journal belongs to. */
static void find_partition(void *ctx, const struct wg_verify_entry *entry) {
    struct reading *reading = ctx;
    uint32_t at = 0;
    while (entry->frame.kind == 0 && reading->print.partition == 0 && at < entry->frame.data_len) {
        struct wg_record record;
        uint32_t used;
        struct wg_bytes rest = wg_bytes_of(entry->bytes.ptr + entry->frame.data_offset + at,
                                           entry->frame.data_len - at);
        if (wg_log_entry_decode_record(rest, &record, &used) != WG_OK) {
            return;
        }
        if (record.key > 0) {
            reading->print.partition = (wg_partition_id)((uint64_t)record.key >> KEY_BITS);
        }
        at += used;
    }
}

static bool open_reading(const struct arguments *arguments, struct reading *reading) {
    if (!cli_journal_list(arguments->first, &reading->files)) {
        return false;
    }
    if (reading->files.count == 0) {
        cli_usage_error("%s: no segment files (<journal>-<number>.log) here", arguments->first);
        cli_journal_free(&reading->files);
        return false;
    }
    if (arguments->has_flushed) {
        reading->files.last_flushed = arguments->flushed;
    }
    return true;
}

static int dump(const struct arguments *arguments) {
    struct wg_env env = cli_host_env();
    struct reading reading = {.print = {.text = {.env = &env},
                                        .partition = (wg_partition_id)arguments->partition,
                                        .entries = arguments->entries,
                                        .exact = arguments->exact},
                              .findings = stderr};
    struct wg_verify_result result;
    if (!open_reading(arguments, &reading)) {
        return CLI_USAGE;
    }
    reading.print.files = &reading.files;
    struct wg_verify_source source = {
        .ctx = &reading, .files = reading.files.count, .content = content};
    if (reading.print.partition == 0) {
        source.entry = find_partition;
        wg_journal_verify(&source, 0, &result);
        reading.print.partition = reading.print.partition == 0 ? 1 : reading.print.partition;
    }
    source.entry = on_entry;
    source.finding = on_finding;
    wg_journal_verify(&source, 0, &result);
    int status = reading.files.failed ? CLI_USAGE : result.findings > 0 ? CLI_FAILED : CLI_OK;
    wg_text_free(&reading.print.text);
    cli_journal_free(&reading.files);
    return status;
}

static int verify(const struct arguments *arguments) {
    struct reading reading = {.findings = stdout};
    struct wg_verify_result result;
    if (!open_reading(arguments, &reading)) {
        return CLI_USAGE;
    }
    struct wg_verify_source source = {
        .ctx = &reading, .files = reading.files.count, .content = content, .finding = on_finding};
    wg_index flushed = reading.files.last_flushed;
    wg_journal_verify(&source, flushed, &result);
    bool good = result.findings == 0 && !result.refused;
    if (!good || !arguments->quiet) {
        printf("%" PRIu32 " files, %" PRIu64 " entries, %" PRIu64 " records, %" PRIu32
               " findings\n",
               reading.files.count, result.entries, result.records, result.findings);
        cli_journal_print_kept(&reading.files, &result, flushed, stdout);
    }
    int status = reading.files.failed ? CLI_USAGE : good ? CLI_OK : CLI_FAILED;
    cli_journal_free(&reading.files);
    return status;
}

/* --- import ----------------------------------------------------------------------------------- */

static bool append_entry(struct wg_env *env, struct wg_log *log, const struct wg_zdb_entry *entry) {
    struct wg_bytes nothing = {NULL, 0};
    if (entry->index != wg_log_last_index(log) + 1) {
        return false;
    }
    if (entry->record_count == 0) {
        return wg_log_append(log, entry->term, WG_ENTRY_INITIAL, WG_POSITION_NONE,
                             WG_POSITION_NONE, nothing) == WG_OK;
    }
    struct wg_record *records = malloc(entry->record_count * sizeof *records);
    if (records == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < entry->record_count; i++) {
        records[i] = entry->records[i].record;
    }
    struct wg_buf *batch = wg_batch_encode(env, records, entry->record_count);
    wg_status status =
        wg_log_append(log, entry->term, WG_ENTRY_APPLICATION, records[0].position,
                      records[entry->record_count - 1].position,
                      wg_bytes_of(batch->bytes, batch->len));
    wg_buf_unref(batch);
    free(records);
    return status == WG_OK;
}

static int import_entries(struct wg_env *env, struct wg_log *log, const char *path,
                          const json_t *entries) {
    char why[WG_IMPORT_WHY_BYTES] = "";
    size_t i;
    json_t *each;
    json_array_foreach(entries, i, each) {
        struct wg_zdb_entry entry;
        if (!wg_zdb_entry_import(each, &entry, why)) {
            return cli_usage_error("%s: entry %zu: %s", path, i + 1, why);
        }
        bool appended = append_entry(env, log, &entry);
        wg_zdb_entry_free(&entry);
        if (!appended) {
            return cli_usage_error("%s: entry %zu cannot follow in a journal (indexes from 1 on, "
                                   "positions ascending, not larger than a segment)",
                                   path, i + 1);
        }
    }
    return wg_log_flush(log) == WG_OK ? CLI_OK : CLI_INTERNAL;
}

/* Where the journal's writer tells what is flushed: the meta file, as a broker does. */
static wg_status store_flushed(void *ctx, wg_index index) {
    struct wg_meta meta = {.term = 1, .voted_for = WG_NODE_NONE, .last_flushed = index};
    return wg_meta_store(ctx, &meta);
}

/* A directory that is to be written must not hold segments: recovery would touch them. */
static bool is_free_of_segments(const char *dir) {
    struct cli_journal_files files;
    if (access(dir, F_OK) != 0) {
        return true;
    }
    if (!cli_journal_list(dir, &files)) {
        return false;
    }
    bool empty = files.count == 0;
    if (!empty) {
        cli_usage_error("%s: there is a journal already", dir);
    }
    cli_journal_free(&files);
    return empty;
}

static int import_dump(const struct arguments *arguments, const json_t *entries) {
    struct wg_env env = cli_host_env();
    struct wg_log_options log_options = {.dir = "journal",
                                         .segment_bytes = (uint32_t)arguments->segment_bytes,
                                         .store_last_flushed = store_flushed};
    struct wg_meta_store *store = NULL;
    struct wg_log *log = NULL;
    struct wg_meta meta;
    if (!is_free_of_segments(arguments->second) ||
        !cli_file_disk_open(&env, arguments->second)) {
        return CLI_USAGE;
    }
    int result = CLI_USAGE;
    wg_status status = wg_meta_open(&env, log_options.dir, &store, &meta);
    if (status == WG_OK) {
        log_options.ctx = store;
        status = wg_log_open(&env, &log_options, 0, &log);
    }
    if (status == WG_OK) {
        result = import_entries(&env, log, arguments->first, entries);
        printf("%" PRIu64 " entries\n", wg_log_last_index(log));
    } else {
        cli_usage_error("%s: %s", arguments->second, wg_status_text(status));
    }
    wg_log_close(log);
    wg_meta_close(store);
    cli_file_disk_close(&env);
    return result;
}

static int import(const struct arguments *arguments) {
    struct cli_bytes bytes;
    if (arguments->second == NULL) {
        return cli_usage_error("journal import needs a zdb dump and a directory");
    }
    if (!cli_read_input(arguments->first, &bytes)) {
        return CLI_USAGE;
    }
    json_error_t error;
    json_t *parsed =
        json_loadb((const char *)bytes.ptr, bytes.len, JSON_ALLOW_NUL, &error);
    free(bytes.ptr);
    if (parsed == NULL) {
        return cli_usage_error("%s:%d: %s", arguments->first, error.line, error.text);
    }
    const json_t *entries = wg_zdb_entries(parsed);
    int status = entries == NULL
                     ? cli_usage_error("%s: no list of entries in it", arguments->first)
                     : import_dump(arguments, entries);
    json_decref(parsed);
    return status;
}

static int run(const struct cli *cli, int argc, char **argv) {
    struct arguments arguments = {.segment_bytes = SEGMENT_BYTES};
    int status;
    (void)cli;
    if (!cli_parse(&cli_command_journal, argc, argv, take, &arguments, &status)) {
        return status;
    }
    const char *action = arguments.action == NULL ? "" : arguments.action;
    bool imports = strcmp(action, "import") == 0;
    if (strcmp(action, "dump") != 0 && strcmp(action, "verify") != 0 && !imports) {
        return cli_usage_error("journal needs `dump`, `verify` or `import`");
    }
    if (arguments.first == NULL || arguments.extra > 0 || (arguments.second != NULL && !imports)) {
        return cli_usage_error("journal %s needs one %s", action,
                               imports ? "dump and one directory" : "directory");
    }
    if (imports) {
        return import(&arguments);
    }
    return strcmp(action, "dump") == 0 ? dump(&arguments) : verify(&arguments);
}

const struct cli_command cli_command_journal = {
    "journal",
    "dump|verify DIR | import DUMP DIR",
    "prints or checks the segment files of a journal, or makes some from a dump of zdb",
    options,
    sizeof options / sizeof options[0],
    run};
