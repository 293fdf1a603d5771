/* Facts and claims as text, one line each: "[   12.345678] n1 p1 ROLE a b c d". The legend is
 * docs/TRACE.md. Only for people: nothing reads it back. */
#include "sim/run/cluster_internal.h"

static const char *const claim_names[] = {
#define CLAIM_NAME(name) #name,
    WG_CLAIM_MAP(CLAIM_NAME)
#undef CLAIM_NAME
};

static const char *const fact_names[] = {
#define FACT_NAME(name) #name,
    SIM_FACT_MAP(FACT_NAME)
#undef FACT_NAME
};

static void print_head(FILE *out, wg_time at, wg_node_id node, wg_partition_id partition, char sort) {
    fprintf(out, "[%6lld.%06lld] %c ", (long long)(at / WG_SECOND),
            (long long)(at % WG_SECOND / WG_US), sort);
    if (node != WG_NODE_NONE) {
        fprintf(out, "n%u ", node);
    }
    if (partition != 0) {
        fprintf(out, "p%u ", partition);
    }
}

static void print_numbers(FILE *out, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    fprintf(out, " %lld %lld %lld %lld", (long long)a, (long long)b, (long long)c, (long long)d);
}

void sim_trace_claim(FILE *out, wg_time at, wg_node_id node, const struct wg_claim *claim) {
    print_head(out, at, node, claim->partition, '.');
    fputs(claim_names[claim->kind], out);
    print_numbers(out, claim->a, claim->b, claim->c, claim->d);
    fputc('\n', out);
}

void sim_trace_fact(FILE *out, const struct sim_fact *fact) {
    print_head(out, fact->at, fact->node, fact->partition, '!');
    fputs(fact_names[fact->kind], out);
    print_numbers(out, fact->a, fact->b, fact->c, fact->d);
    if (fact->kind == SIM_FACT_DISK_OPEN || fact->kind == SIM_FACT_DISK_REMOVED ||
        fact->kind == SIM_FACT_PLUGIN_BREACH || fact->kind == SIM_FACT_BROKER_REFUSED) {
        fprintf(out, " %.*s", (int)fact->len, (const char *)fact->ptr);
    } else if (fact->len > 0) {
        fprintf(out, " (%u bytes)", fact->len);
    }
    fputc('\n', out);
}
