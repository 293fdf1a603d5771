/* What the exporters of a harness do, told by flags per exporter instead of a function per test. */
#ifndef TESTS_CONFORMANCE_SCRIPT_H
#define TESTS_CONFORMANCE_SCRIPT_H

#include "tests/conformance/conf.h"
#include "tests/unit/exporting/harness.h"

struct script_exporter {
    bool filters;         /* takes EVENTs of value_type only */
    uint8_t value_type;
    bool acks;            /* export acknowledges its record */
    uint32_t fails;       /* so many exports fail first */
    const char *metadata; /* with every acknowledgement; NULL = none */
    wg_position acks_in_close; /* 0 = does not */
};

struct script {
    struct script_exporter exporters[8];
    struct wg_plugin_call opened[8]; /* the last open call of each */
    char opened_metadata[8][32];
};

static struct script script;

static inline void script_export(struct harness *h, const struct wg_plugin_call *call,
                                 enum wg_plugin_result *ret) {
    struct script_exporter *e = &script.exporters[call->exporter];
    if (e->fails > 0) {
        e->fails--;
        *ret = WG_PLUGIN_FAILED;
    } else if (e->acks) {
        harness_ack(h, call->record->position, e->metadata);
    }
}

static inline void script_open(const struct wg_plugin_call *call) {
    char *text = script.opened_metadata[call->exporter];
    script.opened[call->exporter] = *call;
    assert_true(call->metadata.len < sizeof script.opened_metadata[0]);
    if (call->metadata.len > 0) {
        memcpy(text, call->metadata.ptr, call->metadata.len);
    }
    text[call->metadata.len] = '\0';
}

static enum wg_plugin_result follow_script(struct harness *h, const struct wg_plugin_call *call) {
    const struct script_exporter *e = &script.exporters[call->exporter];
    enum wg_plugin_result result = WG_PLUGIN_OK;
    if (call->kind == WG_PLUGIN_CONFIGURE && e->filters) {
        harness_filter(h, 1u << WG_EVENT, e->value_type);
    } else if (call->kind == WG_PLUGIN_OPEN) {
        script_open(call);
    } else if (call->kind == WG_PLUGIN_EXPORT) {
        script_export(h, call, &result);
    } else if (call->kind == WG_PLUGIN_CLOSE && e->acks_in_close > 0) {
        harness_ack(h, e->acks_in_close, e->metadata);
    }
    return result;
}

/* A director that is not started; every exporter takes everything and acknowledges nothing. */
static inline struct harness *scripted(uint32_t exporters, void **state) {
    struct harness *h = harness_new(exporters);
    memset(&script, 0, sizeof script);
    h->script = follow_script;
    h->options.quirks = quirks_of(state);
    return h;
}

static inline void takes_only(uint32_t exporter, uint8_t value_type) {
    script.exporters[exporter].filters = true;
    script.exporters[exporter].value_type = value_type;
}

static inline void write_and_commit(struct harness *h, uint8_t value_type) {
    harness_write_typed(h, WG_EVENT, value_type);
    harness_commit(h);
}

static inline void stored_row(struct harness *h, const char *id, wg_position position,
                              const char *metadata) {
    struct wg_exporter_row row = {
        position, 0, {(const uint8_t *)metadata, (uint32_t)strlen(metadata)}};
    wg_exporter_row_put(h->state, id, &row);
}

static inline void expect_row(struct harness *h, const char *id, wg_position position,
                              const char *metadata) {
    struct wg_exporter_row row;
    assert_true(wg_exporter_row_get(h->state, id, &row));
    assert_int_equal(row.position, position);
    assert_int_equal(row.metadata.len, strlen(metadata));
    if (row.metadata.len > 0) {
        assert_memory_equal(row.metadata.ptr, metadata, row.metadata.len);
    }
}

#endif
