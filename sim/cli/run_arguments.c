/* Options of `waggle run`, and the jobs that they ask for. */
#include "sim/cli/cmd_run.h"
#include "sim/scenario/scenario_load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Keeps seeds exact in every JSON reader. */
#define SEED_MAX ((UINT64_C(1) << 53) - 1)
#define INDEX_MAX UINT64_C(1000000000)
#define JOBS_MAX 10000000u
#define RUN_TIMEOUT_NS INT64_C(30000000000)

const struct cli_option cli_run_options[CLI_RUN_OPTIONS] = {
    {"seed", 0, "S", "one run of each scenario with this seed"},
    {"seeds", 0, "A..B|N", "seeds number A to B, or the first N, of each scenario"},
    {"profile", 0, "demo|ci|nightly", "as many seeds as each scenario says (default: demo)"},
    {"j", 'j', "N", "workers (default: one per processor)"},
    {"shard", 0, "I/N", "only the runs of part I (from 1) of N"},
    {"max-fail", 0, "N", "start nothing more after N failed runs"},
    {"time-budget", 0, "D", "start nothing more after this wall time, e.g. 90s or 10m"},
    {"run-timeout", 0, "D", "a run whose virtual time stands still that long hangs (30s)"},
    {"format", 0, "human|json|ndjson", "what is written to stdout"},
    {"reporter", 0, "junit=F|json=F|md=F|github",
     "writes a report to file F, or GitHub annotations, as well; repeatable"},
    {"no-foreign-code", 0, NULL, "refuses scenarios that name shared objects"},
    {"out", 0, "DIR", "run directory (default: waggle-out/<time>-<process>)"},
    {"timelines", 0, "failed|all", "of which runs a short story is kept (failed)"},
    {"history", 0, NULL, "keeps the requests of every run (requests.ndjson), not only of failed ones"},
    {"coverage", 0, NULL, "counts records by type and intent, rejections and states of elements"},
    {"quiet", 0, NULL, "no progress"},
    {"assertions", 0, "stop|report", "what a failed engine assertion does: end the run, or only be counted (stop)"},
    {"shortcuts", 0, "on|off", NULL},
    {"perturb", 0, NULL, NULL},
    {"twice", 0, NULL, NULL},
};

void cli_run_defaults(struct cli_run_arguments *arguments) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    memset(arguments, 0, sizeof *arguments);
    arguments->jobs = processors > 0 ? (uint32_t)processors : 1;
    arguments->shard = 1;
    arguments->shards = 1;
    arguments->run_timeout_ns = RUN_TIMEOUT_NS;
}

static bool complain(const struct cli_option *option, const char *value) {
    cli_usage_error("%s%s takes %s, not %s%s%s", option->name[1] == '\0' ? "-" : "--", option->name,
                    option->argument, value, option->help == NULL ? "" : ": ",
                    option->help == NULL ? "" : option->help);
    return false;
}

/* `--seed` and `--seeds` say different things about the same. */
static bool take_source(struct cli_run_arguments *arguments, enum cli_seed_source source) {
    if (arguments->seed_source != CLI_SEEDS_OF_PROFILE && arguments->seed_source != source) {
        cli_usage_error("--seed and --seeds exclude each other");
        return false;
    }
    arguments->seed_source = source;
    return true;
}

/* The place of `value` in "a|b|c", or -1. */
static int find_word(const char *words, const char *value) {
    size_t length = strlen(value);
    for (int i = 0;; i++) {
        size_t n = strcspn(words, "|");
        if (n == length && memcmp(words, value, n) == 0) {
            return i;
        }
        if (words[n] == '\0') {
            return -1;
        }
        words += n + 1;
    }
}

static bool take_word(const struct cli_option *option, const char *value, uint32_t *ret_word) {
    int word = find_word(option->argument, value);
    if (word < 0) {
        return complain(option, value);
    }
    *ret_word = (uint32_t)word;
    return true;
}

static bool take_number(const struct cli_option *option, const char *value, uint64_t max,
                        uint32_t *ret_number) {
    uint64_t number = 0;
    if (!cli_parse_u64(value, max, &number) || number == 0) {
        return complain(option, value);
    }
    *ret_number = (uint32_t)number;
    return true;
}

/* "A..B" or "I/N": two numbers around a separator. */
static bool parse_pair(const char *value, const char *separator, uint64_t max, uint64_t *ret_a,
                       uint64_t *ret_b) {
    char first[24];
    const char *middle = strstr(value, separator);
    if (middle == NULL || (size_t)(middle - value) >= sizeof first) {
        return false;
    }
    memcpy(first, value, (size_t)(middle - value));
    first[middle - value] = '\0';
    return cli_parse_u64(first, max, ret_a) &&
           cli_parse_u64(middle + strlen(separator), max, ret_b);
}

static bool take_seeds(struct cli_run_arguments *arguments, const struct cli_option *option,
                       const char *value) {
    uint64_t count = 0;
    if (!take_source(arguments, CLI_SEEDS_BY_INDEX)) {
        return false;
    }
    if (cli_parse_u64(value, INDEX_MAX, &count) && count > 0) {
        arguments->first_index = 0;
        arguments->last_index = count - 1;
        return true;
    }
    if (parse_pair(value, "..", INDEX_MAX, &arguments->first_index, &arguments->last_index) &&
        arguments->first_index <= arguments->last_index) {
        return true;
    }
    return complain(option, value);
}

static bool take_reporter(struct cli_run_arguments *arguments, const struct cli_option *option,
                          const char *value) {
    static const struct {
        const char *name;
        bool to_file;
    } kinds[] = {[CLI_JUNIT] = {"junit", true},
                 [CLI_JSON_FILE] = {"json", true},
                 [CLI_MARKDOWN] = {"md", true},
                 [CLI_GITHUB] = {"github", false}};
    size_t length = strcspn(value, "=");
    const char *path = value[length] == '=' ? value + length + 1 : NULL;
    uint32_t kind = 0;
    while (kind < 4 && (strlen(kinds[kind].name) != length ||
                        memcmp(kinds[kind].name, value, length) != 0)) {
        kind++;
    }
    if (kind == 4 || kinds[kind].to_file != (path != NULL && *path != '\0') ||
        (!kinds[kind].to_file && path != NULL)) {
        return complain(option, value);
    }
    if (arguments->reporter_count == CLI_REPORTERS_MAX) {
        cli_usage_error("more than %d reporters", CLI_REPORTERS_MAX);
        return false;
    }
    arguments->reporters[arguments->reporter_count++] = (struct cli_reporter){kind, path};
    return true;
}

static bool take_seed(struct cli_run_arguments *arguments, const struct cli_option *option,
                      const char *value) {
    return take_source(arguments, CLI_SEED_LITERAL) &&
           (cli_parse_u64(value, SEED_MAX, &arguments->seed) || complain(option, value));
}

static bool take_shard(struct cli_run_arguments *arguments, const struct cli_option *option,
                       const char *value) {
    bool good = parse_pair(value, "/", INDEX_MAX, &arguments->shard, &arguments->shards) &&
                arguments->shard >= 1 && arguments->shard <= arguments->shards;
    return good || complain(option, value);
}

static bool is(const struct cli_option *option, const char *name) {
    return strcmp(option->name, name) == 0;
}

static bool take_flag(struct cli_run_arguments *arguments, const struct cli_option *option) {
    arguments->no_foreign_code = arguments->no_foreign_code || is(option, "no-foreign-code");
    arguments->quiet = arguments->quiet || is(option, "quiet");
    arguments->perturb = arguments->perturb || is(option, "perturb");
    arguments->twice = arguments->twice || is(option, "twice");
    arguments->history = arguments->history || is(option, "history");
    arguments->coverage = arguments->coverage || is(option, "coverage");
    return true;
}

bool cli_run_take(void *ctx, const struct cli_option *option, const char *value) {
    struct cli_run_arguments *arguments = ctx;
    if (option == NULL) {
        if (arguments->path_count == CLI_PATHS_MAX) {
            cli_usage_error("more than %d files or folders", CLI_PATHS_MAX);
            return false;
        }
        arguments->paths[arguments->path_count++] = value;
        return true;
    }
    if (option->argument == NULL) {
        return take_flag(arguments, option);
    }
    if (is(option, "seed")) {
        return take_seed(arguments, option, value);
    }
    if (is(option, "seeds")) {
        return take_seeds(arguments, option, value);
    }
    if (is(option, "profile")) {
        return take_word(option, value, &arguments->profile);
    }
    if (is(option, "j")) {
        return take_number(option, value, 256, &arguments->jobs);
    }
    if (is(option, "shard")) {
        return take_shard(arguments, option, value);
    }
    if (is(option, "max-fail")) {
        return take_number(option, value, UINT32_MAX, &arguments->max_fail);
    }
    if (is(option, "time-budget")) {
        return cli_parse_duration(value, &arguments->time_budget_ns) || complain(option, value);
    }
    if (is(option, "run-timeout")) {
        return cli_parse_duration(value, &arguments->run_timeout_ns) || complain(option, value);
    }
    if (is(option, "format")) {
        return take_word(option, value, &arguments->format);
    }
    if (is(option, "reporter")) {
        return take_reporter(arguments, option, value);
    }
    if (is(option, "timelines")) {
        uint32_t word = 0;
        bool good = take_word(option, value, &word);
        arguments->all_timelines = word == 1;
        return good;
    }
    if (is(option, "assertions")) {
        uint32_t word = 0;
        bool good = take_word(option, value, &word);
        arguments->assertions_report = word == 1;
        return good;
    }
    if (is(option, "shortcuts")) {
        uint32_t word = 0;
        bool good = take_word(option, value, &word);
        arguments->shortcuts_off = word == 1;
        return good;
    }
    arguments->out = value;
    return true;
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* A pure function of scenario and seed, so that shards can run anywhere and be added up. */
static bool in_shard(const struct cli_run_arguments *arguments, const char *name, uint64_t seed) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *name != '\0'; name++) {
        hash = (hash ^ (uint64_t)(unsigned char)*name) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ seed) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 29)) * UINT64_C(0x94d049bb133111eb);
    return (hash ^ (hash >> 32)) % arguments->shards == arguments->shard - 1;
}

static void index_range(const struct cli_run_arguments *arguments,
                        const struct sim_scenario *scenario, uint64_t *ret_first,
                        uint64_t *ret_last) {
    const uint32_t counts[] = {scenario->seeds_demo, scenario->seeds_ci, scenario->seeds_nightly};
    *ret_first = 0;
    *ret_last = 0;
    if (arguments->seed_source == CLI_SEEDS_BY_INDEX) {
        *ret_first = arguments->first_index;
        *ret_last = arguments->last_index;
    } else if (arguments->seed_source == CLI_SEEDS_OF_PROFILE) {
        *ret_last = counts[arguments->profile] - 1;
    }
}

struct cli_job *cli_make_jobs(const struct cli_run_arguments *arguments,
                              const struct cli_selection *selection, uint32_t *ret_count) {
    uint64_t total = 1;
    uint64_t first, last;
    *ret_count = 0;
    for (uint32_t i = 0; i < selection->count; i++) {
        index_range(arguments, selection->scenarios[i], &first, &last);
        total += last - first + 1;
    }
    struct cli_job *jobs = total > JOBS_MAX ? NULL : calloc(total, sizeof *jobs);
    if (jobs == NULL) {
        cli_usage_error("more runs than fit into memory; use --shard or fewer seeds");
        return NULL;
    }
    for (uint32_t i = 0; i < selection->count; i++) {
        const struct sim_scenario *scenario = selection->scenarios[i];
        index_range(arguments, scenario, &first, &last);
        for (uint64_t index = first; index <= last; index++) {
            bool literal = arguments->seed_source == CLI_SEED_LITERAL;
            uint64_t seed =
                literal ? arguments->seed : sim_scenario_seed(scenario->name, index);
            if (in_shard(arguments, scenario->name, seed)) {
                jobs[(*ret_count)++] = (struct cli_job){.scenario = scenario,
                                                        .seed = seed,
                                                        .round = index - first,
                                                        .foreign = cli_is_foreign(scenario)};
            }
        }
    }
    return jobs;
}
