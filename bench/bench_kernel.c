/* What the simulator's own parts cost, in ns per operation: event queue (hold model: pop the next
 * item, push it back 20 us to 5 s later), choices, pool, hash, network and disk. Wall clock on
 * purpose: this program is no part of a run. */
#include "sim/kernel/choice.h"
#include "sim/kernel/pool.h"
#include "sim/kernel/run_hash.h"
#include "sim/world/fact_hash.h"
#include "sim/world/sim_disk.h"
#include "sim/world/sim_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t wall_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void report(const char *what, uint64_t started, uint64_t operations) {
    double ns = (double)(wall_ns() - started) / (double)operations;
    printf("%-44s %8.1f ns\n", what, ns);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

static wg_time random_delay(uint64_t *state, bool mixed) {
    uint64_t bits = next_random(state);
    if (!mixed) {
        return 20 * WG_US + (wg_time)((bits >> 32) * 4980 / 4294967296u) * WG_MS;
    }
    return (wg_time)(20000 + ((bits & 0xFFFFFFF) >> (bits >> 60))); /* up to 268 ms, mostly short */
}

static void bench_queue(uint32_t pending, bool mixed) {
    struct sim_queue *queue = sim_queue_new();
    uint64_t random = 88172645463325252u;
    for (uint32_t i = 0; i < pending; i++) {
        struct sim_item item = {.at = random_delay(&random, mixed), .kind = i};
        sim_queue_push(queue, &item);
    }
    const uint64_t rounds = 3000000;
    uint64_t started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        struct sim_item item;
        sim_queue_pop(queue, &item);
        item.at += random_delay(&random, mixed);
        sim_queue_push(queue, &item);
    }
    char what[64];
    snprintf(what, sizeof what, "queue push+pop, %u pending, %s", pending,
             mixed ? "mostly short" : "20 us..5 s");
    report(what, started, rounds);
    sim_queue_free(queue);
}

static uint64_t bench_choices(void) {
    struct sim_choices *choices = sim_choices_new(1);
    struct sim_stream stream;
    sim_stream_init(&stream, choices, SIM_CONCERN_LINK, 1);
    const uint64_t rounds = 20000000;
    uint64_t sum = 0;
    uint64_t started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        sum += sim_choose(&stream, 1, 1000);
    }
    report("choose", started, rounds);
    started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        sum += (uint64_t)sim_exponential(&stream, 1, WG_MS);
    }
    report("exponential", started, rounds);
    sim_choices_free(choices);
    return sum;
}

static void bench_pool(void) {
    struct sim_pool *pool = sim_pool_new();
    void *blocks[64] = {NULL};
    size_t sizes[64] = {0};
    uint64_t random = 1;
    const uint64_t rounds = 20000000;
    uint64_t started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        uint64_t at = i % 64;
        sim_pool_release(pool, blocks[at], sizes[at]);
        sizes[at] = 16 + (next_random(&random) >> 54) * (i % 8 == 0 ? 16 : 1);
        blocks[at] = sim_pool_alloc(pool, sizes[at]);
    }
    report("pool alloc+release, 16 B..16 KiB", started, rounds);
    sim_pool_free(pool);
}

static void *env_alloc(struct wg_env *env, size_t size) {
    (void)env;
    return malloc(size);
}
static void env_free(struct wg_env *env, void *ptr, size_t size) {
    (void)env;
    (void)size;
    free(ptr);
}

static struct sim_run_hash hash;

static void hash_fact(void *ctx, const struct sim_fact *fact) {
    (void)ctx;
    sim_run_hash_fact(&hash, fact);
}

/* A journal as raft writes it: preallocated segments, appended frames, a sync per eight. */
static void bench_disk(void) {
    static const struct wg_env_ops env_ops = {.alloc = env_alloc, .free = env_free};
    struct wg_env env = {.ops = &env_ops};
    struct sim_disk_options options = {.capacity = UINT64_MAX, .sync_base = WG_MS};
    struct sim_pool *pool = sim_pool_new();
    struct sim_choices *choices = sim_choices_new(1);
    struct wg_disk *disk = sim_disk_new(pool, 0, &options, choices, hash_fact, NULL);
    sim_disk_attach(disk, &env);
    const struct wg_disk_ops *ops = &sim_disk_ops;
    struct wg_buf *frame = wg_buf_new(&env, 600);
    memset(frame->bytes, 7, 600);
    const uint32_t segments = 1000, frames = 1600;
    uint64_t views = 0, view_ns = 0;
    uint64_t started = wall_ns();
    for (uint32_t s = 0; s < segments; s++) {
        wg_file file = 0;
        if (ops->open(disk, "segment", true, &file) != WG_OK ||
            ops->resize(disk, file, 1u << 20) != WG_OK) {
            abort();
        }
        uint64_t job = 0;
        for (uint32_t i = 0; i < frames; i++) {
            if (i % 8 == 0) {
                job = sim_disk_job_begin(disk);
            }
            if (ops->write(disk, file, (uint64_t)i * 600, frame, 0, 600) != WG_OK) {
                abort();
            }
            if (i % 8 == 7) {
                if (ops->sync(disk, file) != WG_OK) {
                    abort();
                }
                sim_disk_job_end(disk, job, env.now);
            }
        }
        uint64_t reading = wall_ns();
        for (uint32_t i = 0; i < frames; i++) {
            struct wg_disk_view view;
            if (ops->view(disk, file, (uint64_t)i * 600, 600, &view) != WG_OK) {
                abort();
            }
            wg_buf_unref(view.buf);
            views++;
        }
        view_ns += wall_ns() - reading;
        ops->close(disk, file);
        if (ops->remove(disk, "segment") != WG_OK || ops->sync_dir(disk, "") != WG_OK) {
            abort();
        }
        sim_disk_job_end(disk, job, env.now);
    }
    report("disk append of a frame, facts hashed, synced", started + view_ns,
           (uint64_t)segments * frames);
    printf("%-44s %8.1f ns\n", "disk view of a frame", (double)view_ns / (double)views);
    wg_buf_unref(frame);
    sim_disk_free(disk);
    sim_choices_free(choices);
    sim_pool_free(pool);
}

static void no_destroy(struct wg_message *message) { (void)message; }

static void bench_net(void) {
    struct sim_net_options options = {.latency = WG_MS, .jitter = WG_MS, .loss = 1000};
    struct sim_choices *choices = sim_choices_new(1);
    struct sim_net *net = sim_net_new(4, &options, choices, hash_fact, NULL);
    struct wg_message message = {.refs = 1, .to = 1, .wire_bytes = 200, .destroy = no_destroy};
    const uint64_t rounds = 5000000;
    uint64_t started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        struct sim_delivery out[SIM_NET_DELIVERIES];
        message.refs = 1;
        sim_net_send(net, &message, (wg_time)i * 1000, out);
    }
    report("network send, facts hashed", started, rounds);
    sim_net_free(net);
    sim_choices_free(choices);
}

static void bench_hash(void) {
    struct sim_item item = {.kind = 1};
    const uint64_t rounds = 50000000;
    uint64_t started = wall_ns();
    for (uint64_t i = 0; i < rounds; i++) {
        item.at = (wg_time)i;
        sim_run_hash_event(&hash, &item);
    }
    report("run hash of an event", started, rounds);
}

int main(void) {
    sim_run_hash_init(&hash, 1);
    const uint32_t pending[] = {10, 100, 1000, 10000, 100000};
    for (size_t i = 0; i < sizeof pending / sizeof pending[0]; i++) {
        bench_queue(pending[i], false);
        bench_queue(pending[i], true);
    }
    uint64_t sum = bench_choices();
    bench_pool();
    bench_disk();
    bench_net();
    bench_hash();
    printf("(sums %llx %llx)\n", (unsigned long long)sum, (unsigned long long)hash.value);
    return 0;
}
