/* See journal_print.h. */
#include "sim/cli/journal_print.h"

#include "base/bytes.h"
#include "codec/batch.h"
#include "codec/configuration.h"
#include "codec/json.h"
#include "reports/import_exact.h"

#include <inttypes.h>
#include <string.h>

enum { KIND_APPLICATION = 0, KIND_INITIAL = 2 };

static void print_record(struct cli_journal_print *print, const struct wg_verify_entry *entry,
                         const struct wg_record *record) {
    struct wg_text *text = &print->text;
    text->len = 0;
    wg_status status = print->exact ? wg_record_json_exact(record, print->partition, text)
                                    : wg_record_json(record, print->partition, text);
    if (status != WG_OK) {
        printf("{\"index\":%" PRIu64 ",\"term\":%" PRIu64 ",\"position\":%" PRId64
               ",\"error\":\"the value is not well-formed MessagePack\"}\n",
               entry->frame.index, entry->frame.term, record->position);
        return;
    }
    fwrite(text->ptr, 1, text->len - 1, stdout); /* without its closing brace */
    printf(",\"index\":%" PRIu64 ",\"term\":%" PRIu64 "}\n", entry->frame.index,
           entry->frame.term);
}

static void put_members(struct wg_text *text, const char *name,
                        const struct wg_configuration_members *members) {
    wg_text_literal(text, ",\"");
    wg_text_put(text, name, strlen(name));
    wg_text_literal(text, "\":[");
    for (uint32_t i = 0; i < members->count; i++) {
        const struct wg_configuration_member *member = &members->items[i];
        const char *type = wg_configuration_member_type(member->type);
        wg_text_put(text, i == 0 ? "{\"id\":" : ",{\"id\":", i == 0 ? 6 : 7);
        wg_text_string(text, member->id);
        wg_text_literal(text, ",\"type\":");
        wg_text_string(text, wg_bytes_str(type != NULL ? type : "SBE_UNKNOWN"));
        wg_text_literal(text, ",\"updated\":");
        wg_text_int(text, member->updated);
        wg_text_literal(text, "}");
    }
    wg_text_literal(text, "]");
}

/* Who the members are, where that can be read. */
static void put_configuration(struct wg_text *text, struct wg_bytes data) {
    struct wg_configuration configuration;
    if (wg_configuration_decode(data, &configuration) != WG_OK) {
        wg_text_literal(text, ",\"error\":\"the members cannot be read\"");
        return;
    }
    wg_text_literal(text, ",\"timestamp\":");
    wg_text_int(text, (int64_t)configuration.timestamp);
    put_members(text, "members", &configuration.members);
    put_members(text, "oldMembers", &configuration.old_members);
}

static void print_other(struct cli_journal_print *print, const struct wg_verify_entry *entry) {
    const struct wg_frame *frame = &entry->frame;
    bool initial = frame->kind == KIND_INITIAL;
    print->text.len = 0;
    if (!initial) {
        put_configuration(&print->text,
                          wg_bytes_of(entry->bytes.ptr + frame->data_offset, frame->data_len));
    }
    printf("{\"index\":%" PRIu64 ",\"term\":%" PRIu64 ",\"entry\":\"%s\"%.*s}\n", frame->index,
           frame->term, initial ? "INITIAL" : "CONFIGURATION", (int)print->text.len,
           print->text.len > 0 ? print->text.ptr : "");
}

void cli_journal_print_entry(struct cli_journal_print *print,
                             const struct wg_verify_entry *entry) {
    const struct wg_frame *frame = &entry->frame;
    if (frame->kind != KIND_APPLICATION) {
        if (print->entries) {
            print_other(print, entry);
        }
        return;
    }
    uint32_t at = 0;
    while (at < frame->data_len) {
        struct wg_record record;
        uint32_t used;
        struct wg_bytes rest =
            wg_bytes_of(entry->bytes.ptr + frame->data_offset + at, frame->data_len - at);
        if (wg_log_entry_decode_record(rest, &record, &used) != WG_OK) {
            return; /* a finding says so */
        }
        print_record(print, entry, &record);
        at += used;
    }
}

void cli_journal_print_finding(const struct cli_journal_files *files,
                               const struct wg_verify_finding *finding, FILE *out) {
    fprintf(out, "%s/%s:%" PRIu64 ": %s\n", files->dir, files->files[finding->file].name,
            finding->offset, finding->what);
}

void cli_journal_print_kept(const struct cli_journal_files *files,
                            const struct wg_verify_result *result, wg_index last_flushed,
                            FILE *out) {
    if (result->files == 0) {
        fputs("recovery would keep nothing\n", out);
    } else if (result->last < result->first) {
        fprintf(out, "recovery would keep no entry, but the place of index %" PRIu64 "\n",
                result->first);
    } else {
        fprintf(out,
                "recovery would keep indexes %" PRIu64 " to %" PRIu64 ", up to offset %" PRIu64
                " of %s\n",
                result->first, result->last, result->end, files->files[result->files - 1].name);
    }
    if (result->refused) {
        fprintf(out,
                "recovery would refuse: index %" PRIu64 " was promised as flushed and is not "
                "among these\n",
                last_flushed);
    } else if (result->files + (result->findings == 0) < files->count) { /* one is prepared */
        const char *first = files->files[result->files].name;
        fprintf(out, "recovery would delete %s%s\n", first,
                result->files + 1 < files->count ? " and those behind it" : "");
    }
}
