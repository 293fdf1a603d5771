/* When a habit strikes, and what it then does. */
#include "exporters/faulty/faulty_internal.h"

#include "exporters/faulty/faulty.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int64_t MS = 1000000;
static const struct wg_exporter_str keep = {NULL, 0};

/* What was leaked: reachable, so that a leak checker does not speak of it instead of the host. */
static struct faulty_chunk *leaked;

/* --- when ---------------------------------------------------------------------------------- */

static int64_t since_start(const struct faulty *faulty) {
    return (faulty->host->now_ms(faulty->ctx) - FAULTY_RUN_START_MS) * MS;
}

int64_t faulty_until_mended(const struct faulty *faulty) {
    if (faulty->mend_after_ns == FAULTY_NEVER) {
        return FAULTY_NEVER;
    }
    int64_t left = faulty->mend_after_ns - since_start(faulty);
    return left > 0 ? left : 0;
}

static bool on_partition(const struct faulty *faulty) {
    int32_t partition = faulty->host->partition_id(faulty->ctx);
    if (faulty->partitions == 0) {
        return true;
    }
    return partition >= 1 && partition < FAULTY_PARTITIONS &&
           (faulty->partitions >> partition & 1) != 0;
}

static bool counts(const struct faulty *faulty, int64_t call) {
    return call >= faulty->nth && (faulty->times == 0 || call - faulty->nth < faulty->times);
}

/* 0, the dullest answer, is no fault. */
static bool happens(const struct faulty *faulty) {
    static const char site[] = "faulty.chance";
    struct wg_exporter_str name = {site, sizeof site - 1};
    return faulty->chance == 100 ||
           faulty->host->choose(faulty->ctx, name, 100) >= (uint32_t)(100 - faulty->chance);
}

void faulty_enter(struct faulty *faulty, enum faulty_place place, int64_t position) {
    int64_t call = ++faulty->calls[place];
    faulty->strikes = false;
    if (faulty->deed == FAULTY_NOTHING || faulty->place != (uint32_t)place ||
        !on_partition(faulty) || since_start(faulty) < faulty->from_ns ||
        faulty_until_mended(faulty) == 0) {
        return;
    }
    bool hit = faulty->position > 0 ? position == faulty->position : counts(faulty, call);
    faulty->strikes = hit && happens(faulty);
}

/* --- instead of working, or besides -------------------------------------------------------- */

static void leak(const struct faulty *faulty) {
    struct faulty_chunk *chunk = malloc(sizeof *chunk + (size_t)faulty->bytes);
    if (chunk == NULL) {
        return; /* it notices nothing */
    }
    memset(chunk + 1, 0xA5, (size_t)faulty->bytes);
    chunk->next = leaked;
    leaked = chunk;
}

static void refilter(const struct faulty *faulty) {
    struct wg_exporter_filter filter = {.struct_size = sizeof filter, .record_types = 1};
    (void)faulty->host->set_filter(faulty->ctx, &filter);
}

/* A time that differs between two runs of one seed. */
static int64_t real_noise(void) {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? now.tv_nsec % 1000000 : 0;
}

static void hold_back(struct faulty *faulty) {
    switch (faulty->deed) {
    case FAULTY_CRASHES:
        abort();
    case FAULTY_HANGS:
        faulty->host->spend(faulty->ctx, -1);
        return;
    case FAULTY_BLOCKS:
        for (;;) {
            pause();
        }
    case FAULTY_SLOW:
        faulty->host->spend(faulty->ctx, faulty->delay_ns);
        return;
    case FAULTY_SLOWS_DOWN:
        faulty->host->spend(faulty->ctx, faulty->delay_ns * faulty->calls[faulty->place]);
        return;
    case FAULTY_REAL_TIME:
        faulty->host->spend(faulty->ctx, real_noise());
        return;
    default:
        return;
    }
}

/* The child comes back into the host: nobody there waits for two. */
static void divide(void) {
    pid_t child = fork();
    (void)child;
}

int32_t faulty_misbehave(struct faulty *faulty) {
    if (!faulty->strikes) {
        return WG_EXPORTER_OK;
    }
    switch (faulty->deed) {
    case FAULTY_FAILS:
        return WG_EXPORTER_RETRY;
    case FAULTY_FATAL:
        return WG_EXPORTER_FATAL;
    case FAULTY_GARBAGE:
        return (int32_t)faulty->value;
    case FAULTY_LEAKS:
        leak(faulty);
        return WG_EXPORTER_OK;
    case FAULTY_FORKS:
        divide();
        return WG_EXPORTER_OK;
    case FAULTY_REFILTERS:
        refilter(faulty);
        return WG_EXPORTER_OK;
    default:
        hold_back(faulty);
        return WG_EXPORTER_OK;
    }
}

/* --- acknowledgements ---------------------------------------------------------------------- */

static void acknowledge(const struct faulty *faulty, int64_t position,
                        struct wg_exporter_str metadata) {
    (void)faulty->host->acknowledge(faulty->ctx, position, metadata);
}

static void acknowledge_metadata(struct faulty *faulty) {
    if (faulty->bulk.last_flushed < 0) {
        return; /* nothing is durable yet, and -1 would be another habit */
    }
    char *bytes = malloc((size_t)faulty->bytes);
    if (bytes != NULL) {
        memset(bytes, 'm', (size_t)faulty->bytes);
        struct wg_exporter_str metadata = {bytes, (uint64_t)faulty->bytes};
        acknowledge(faulty, faulty->bulk.last_flushed, metadata);
    }
    free(bytes);
}

int32_t faulty_be_late(struct faulty *faulty) {
    if (faulty->late_armed) {
        return WG_EXPORTER_OK;
    }
    int32_t result = faulty->host->schedule(faulty->ctx, FAULTY_TIMER_ACK, faulty->delay_ns);
    faulty->late_armed = result == WG_EXPORTER_OK;
    return result;
}

void faulty_acknowledge(struct faulty *faulty, int64_t position) {
    int64_t flushed = faulty->bulk.last_flushed;
    if (!faulty->strikes) {
        return;
    }
    switch (faulty->deed) {
    case FAULTY_ACKS_EARLY:
        acknowledge(faulty, position, keep);
        break;
    case FAULTY_ACKS_LATE:
        (void)faulty_be_late(faulty);
        break;
    case FAULTY_ACKS_TWICE:
        for (uint32_t i = 0; i < 2 && flushed >= 0; i++) {
            acknowledge(faulty, flushed, keep);
        }
        break;
    case FAULTY_ACKS_BACKWARDS:
        if (flushed > faulty->value) {
            acknowledge(faulty, flushed - faulty->value, keep);
        }
        break;
    case FAULTY_ACKS_AHEAD:
        acknowledge(faulty, position + faulty->value, keep);
        break;
    case FAULTY_ACKS_VALUE:
        acknowledge(faulty, faulty->value, keep);
        break;
    case FAULTY_METADATA:
        acknowledge_metadata(faulty);
        break;
    default:
        break;
    }
}

/* --- documents ----------------------------------------------------------------------------- */

/* Keeps the document just made; false = no memory. */
static bool hold_document(struct faulty *faulty, int64_t position) {
    char *copy = malloc((size_t)faulty->document.len);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, faulty->document.bytes, (size_t)faulty->document.len);
    faulty->held = copy;
    faulty->held_len = faulty->document.len;
    faulty->held_position = position;
    return true;
}

static int32_t put_held(struct faulty *faulty) {
    if (faulty->held == NULL) {
        return WG_EXPORTER_OK;
    }
    struct wg_exporter_str document = {faulty->held, faulty->held_len};
    int32_t result = faulty->host->sink_put(faulty->ctx, faulty->held_position, document);
    if (result == WG_EXPORTER_OK) {
        free(faulty->held);
        faulty->held = NULL;
    }
    return result;
}

/* Every second document goes before the one that came before it. */
static int32_t put_swapped(struct faulty *faulty, const struct wg_exporter_record *record) {
    if (faulty->held != NULL) {
        int32_t result = sink_document_put(&faulty->document, faulty->host, faulty->ctx, record);
        return result == WG_EXPORTER_OK ? put_held(faulty) : result;
    }
    bool made = sink_document_make(&faulty->document, record);
    return made && hold_document(faulty, record->position) ? WG_EXPORTER_OK : WG_EXPORTER_RETRY;
}

int32_t faulty_put(void *self, const struct wg_exporter_record *record) {
    struct faulty *faulty = self;
    struct wg_exporter_record changed = *record;
    if (faulty->strikes && faulty->deed == FAULTY_LOSES) {
        return WG_EXPORTER_OK;
    }
    if (faulty->strikes && faulty->deed == FAULTY_REORDERS) {
        return put_swapped(faulty, record);
    }
    if (faulty->strikes && faulty->deed == FAULTY_CHANGES) {
        changed.timestamp_ms = faulty->host->now_ms(faulty->ctx); /* of the export, not the record */
    }
    if (faulty->strikes && faulty->deed == FAULTY_DOUBLES) {
        (void)sink_document_put(&faulty->document, faulty->host, faulty->ctx, &changed);
    }
    return sink_document_put(&faulty->document, faulty->host, faulty->ctx, &changed);
}

int32_t faulty_flush(void *self) {
    struct faulty *faulty = self;
    int32_t result = put_held(faulty);
    return result == WG_EXPORTER_OK ? faulty->host->sink_flush(faulty->ctx) : result;
}

/* --- timers -------------------------------------------------------------------------------- */

int32_t faulty_arm(struct faulty *faulty) {
    const struct wg_exporter_host *host = faulty->host;
    int64_t delay = faulty->deed == FAULTY_TIMER_ZERO       ? 0
                    : faulty->deed == FAULTY_TIMER_NEGATIVE ? INT64_MIN
                    : faulty->deed == FAULTY_TIMER_HUGE     ? INT64_MAX
                                                            : faulty->delay_ns;
    bool wanted = faulty->place == FAULTY_TIMER && faulty_until_mended(faulty) != 0;
    return wanted ? host->schedule(faulty->ctx, FAULTY_TIMER_STRIKE, delay) : WG_EXPORTER_OK;
}
