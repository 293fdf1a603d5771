/* See protocol.h. Reading and writing of one message stand side by side; a field is named once, in
 * the tables and functions both share. The schema is closed: unknown keys are refused, so that a
 * misspelt one is found at once. */
#include "exporters/stdio/protocol.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const call_names[STDIO_CALL_KINDS] = {"configure", "open", "export", "timer",
                                                         "close"};
static const char *const result_names[] = {"ok", "retry", "fatal"};
static const char *const action_names[STDIO_ACTION_KINDS] = {
    "ack", "schedule", "cancel", "filter", "spend", "log", "put", "flush"};
static const char *const level_names[] = {"error", "warning", "info", "debug"};
enum { RESULTS = 3, LEVELS = 4, MASK_WORDS = 4, VALUE_TYPES = 256, RECORD_TYPES = 64 };

const char *stdio_error_name(enum stdio_error_code code) {
    static const char *const names[] = {
#define NAME(name, text) text,
        STDIO_ERROR_MAP(NAME)
#undef NAME
    };
    return (size_t)code < sizeof names / sizeof *names ? names[code] : "stdio-unknown-error";
}

__attribute__((format(printf, 3, 4))) static bool fail(struct stdio_error *error,
                                                       enum stdio_error_code code,
                                                       const char *format, ...) {
    va_list arguments;
    if (error->code == STDIO_ERROR_NONE) {
        error->code = code;
        va_start(arguments, format);
        vsnprintf(error->what, sizeof error->what, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* --- reading fields ---------------------------------------------------------------------------- */

static bool take_number(const json_t *object, const char *key, int64_t least, int64_t *number,
                        struct stdio_error *error) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        return fail(error, STDIO_ERROR_FIELD, "`%s` must be a whole number", key);
    }
    *number = json_integer_value(value);
    return *number >= least || fail(error, STDIO_ERROR_RANGE, "`%s` is out of range", key);
}

static bool take_text(const json_t *object, const char *key, struct wg_exporter_str *text,
                      struct stdio_error *error) {
    const json_t *value = json_object_get(object, key);
    if (!json_is_string(value)) {
        return fail(error, STDIO_ERROR_FIELD, "`%s` must be a text", key);
    }
    *text = (struct wg_exporter_str){json_string_value(value), json_string_length(value)};
    return true;
}

static bool take_object(const json_t *object, const char *key, const json_t **inner,
                        struct stdio_error *error) {
    *inner = json_object_get(object, key);
    return json_is_object(*inner) ||
           fail(error, STDIO_ERROR_FIELD, "`%s` must be an object", key);
}

/* The position of a name in a list, -1 if it is not there. */
static int find_name(const char *const *names, int count, const json_t *value) {
    for (int i = 0; json_is_string(value) && i < count; i++) {
        if (strcmp(names[i], json_string_value(value)) == 0) {
            return i;
        }
    }
    return -1;
}

/* Every key must be one of the list's (which NULL ends). */
static bool only_keys(const json_t *object, const char *const *keys, struct stdio_error *error) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        int i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            return fail(error, STDIO_ERROR_FIELD, "`%.60s` is not known here", key);
        }
    }
    return true;
}

static json_t *parse_line(const char *line, size_t len, struct stdio_error *error) {
    json_error_t reason;
    len -= len > 0 && line[len - 1] == '\n';
    if (len >= STDIO_MAX_LINE_BYTES) {
        fail(error, STDIO_ERROR_TOO_LONG, "a line has at most %u bytes", STDIO_MAX_LINE_BYTES);
        return NULL;
    }
    if (len > 0 && memchr(line, '\n', len) != NULL) {
        fail(error, STDIO_ERROR_SYNTAX, "one object needs one line");
        return NULL;
    }
    json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &reason);
    if (root == NULL) {
        fail(error, STDIO_ERROR_SYNTAX, "column %d: %.90s", reason.position, reason.text);
    } else if (!json_is_object(root)) {
        fail(error, STDIO_ERROR_SYNTAX, "a line must hold an object");
        json_decref(root);
        root = NULL;
    }
    return root;
}

/* --- writing fields ---------------------------------------------------------------------------- */

/* Takes over `value`; false when it could not be made (a text that is no UTF-8, no memory). */
static bool put(json_t *object, const char *key, json_t *value) {
    return json_object_set_new(object, key, value) == 0;
}

static json_t *text_value(struct wg_exporter_str text) {
    return json_stringn(text.len == 0 ? "" : text.ptr, text.len);
}

static char *write_line(json_t *root, bool good, size_t *ret_len, struct stdio_error *error) {
    char *line = good ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (line == NULL) {
        fail(error, STDIO_ERROR_FIELD, "a field is not what it must be, or a text no UTF-8");
        return NULL;
    }
    size_t len = strlen(line);
    char *grown = len + 1 > STDIO_MAX_LINE_BYTES ? NULL : realloc(line, len + 2);
    if (grown == NULL) {
        fail(error, STDIO_ERROR_TOO_LONG, "a line has at most %u bytes", STDIO_MAX_LINE_BYTES);
        free(line);
        return NULL;
    }
    grown[len] = '\n';
    grown[len + 1] = '\0';
    *ret_len = len + 1;
    return grown;
}

/* --- calls ------------------------------------------------------------------------------------- */

static bool read_call_fields(const json_t *root, struct stdio_call *call,
                             struct stdio_error *error) {
    static const char *const configure[] = {"call", "do",        "now",  "version",
                                            "exporter", "partition", "args", NULL};
    static const char *const open[] = {"call", "do", "now", "position", "metadata", NULL};
    static const char *const export[] = {"call", "do", "now", "record", NULL};
    static const char *const timer[] = {"call", "do", "now", "timer", NULL};
    static const char *const close[] = {"call", "do", "now", NULL};
    int64_t version = 0;
    switch (call->kind) {
    case STDIO_CONFIGURE:
        return only_keys(root, configure, error) &&
               take_number(root, "version", 1, &version, error) &&
               (version == STDIO_VERSION ||
                fail(error, STDIO_ERROR_RANGE, "`version` must be %d", STDIO_VERSION)) &&
               take_text(root, "exporter", &call->exporter, error) &&
               take_number(root, "partition", INT32_MIN, &call->partition, error) &&
               take_object(root, "args", &call->args, error);
    case STDIO_OPEN:
        call->has_metadata = !json_is_null(json_object_get(root, "metadata"));
        return only_keys(root, open, error) &&
               take_number(root, "position", -1, &call->position, error) &&
               (!call->has_metadata || take_text(root, "metadata", &call->metadata, error));
    case STDIO_EXPORT:
        return only_keys(root, export, error) &&
               take_object(root, "record", &call->record, error);
    case STDIO_TIMER:
        return only_keys(root, timer, error) &&
               take_number(root, "timer", 0, &call->timer, error) &&
               (call->timer <= UINT32_MAX ||
                fail(error, STDIO_ERROR_RANGE, "`timer` is out of range"));
    default:
        return only_keys(root, close, error);
    }
}

bool stdio_call_read(const char *line, size_t len, struct stdio_call *ret_call,
                     struct stdio_error *reterr) {
    struct stdio_call call = {.position = -1};
    *reterr = (struct stdio_error){STDIO_ERROR_NONE, ""};
    call.root = parse_line(line, len, reterr);
    if (call.root == NULL) {
        return false;
    }
    int kind = find_name(call_names, STDIO_CALL_KINDS, json_object_get(call.root, "do"));
    call.kind = kind < 0 ? STDIO_CLOSE : (enum stdio_call_kind)kind;
    if (kind < 0 ? !fail(reterr, STDIO_ERROR_KIND, "`do` names no call")
                 : !take_number(call.root, "call", 1, &call.call, reterr) ||
                       !take_number(call.root, "now", INT64_MIN, &call.now_ms, reterr) ||
                       !read_call_fields(call.root, &call, reterr)) {
        json_decref(call.root);
        return false;
    }
    *ret_call = call;
    return true;
}

void stdio_call_done(struct stdio_call *call) {
    json_decref(call->root);
    call->root = NULL;
}

static bool put_call_fields(json_t *root, const struct stdio_call *call) {
    switch (call->kind) {
    case STDIO_CONFIGURE:
        return put(root, "version", json_integer(STDIO_VERSION)) &&
               put(root, "exporter", text_value(call->exporter)) &&
               put(root, "partition", json_integer(call->partition)) &&
               put(root, "args", json_incref((json_t *)(uintptr_t)call->args));
    case STDIO_OPEN:
        return put(root, "position", json_integer(call->position)) &&
               put(root, "metadata", call->has_metadata ? text_value(call->metadata) : json_null());
    case STDIO_EXPORT:
        return put(root, "record", json_incref((json_t *)(uintptr_t)call->record));
    case STDIO_TIMER:
        return put(root, "timer", json_integer(call->timer));
    default:
        return true;
    }
}

char *stdio_call_write(const struct stdio_call *call, size_t *ret_len, struct stdio_error *reterr) {
    json_t *root = json_object();
    *reterr = (struct stdio_error){STDIO_ERROR_NONE, ""};
    bool good = (size_t)call->kind < STDIO_CALL_KINDS &&
                put(root, "call", json_integer(call->call)) &&
                put(root, "do", json_string(call_names[call->kind])) &&
                put(root, "now", json_integer(call->now_ms)) && put_call_fields(root, call);
    return write_line(root, good, ret_len, reterr);
}

/* --- filters ----------------------------------------------------------------------------------- */

/* A list of numbers below `bound` as a mask; null stands for all of them. */
static bool take_mask(const json_t *object, const char *key, size_t bound, uint64_t *mask,
                      struct stdio_error *error) {
    const json_t *list = json_object_get(object, key);
    size_t i;
    json_t *each;
    for (size_t word = 0; word < bound / 64; word++) {
        mask[word] = json_is_null(list) ? UINT64_MAX : 0;
    }
    if (!json_is_array(list) && !json_is_null(list)) {
        return fail(error, STDIO_ERROR_FIELD, "`%s` must be a list of numbers or null", key);
    }
    json_array_foreach(list, i, each) {
        json_int_t number = json_is_integer(each) ? json_integer_value(each) : -1;
        if (number < 0 || number >= (json_int_t)bound) {
            return fail(error, STDIO_ERROR_RANGE, "`%s` holds what is no number below %zu", key,
                        bound);
        }
        mask[number / 64] |= (uint64_t)1 << (number % 64);
    }
    return true;
}

static json_t *mask_value(const uint64_t *mask, size_t bound) {
    bool all = true;
    for (size_t word = 0; word < bound / 64; word++) {
        all = all && mask[word] == UINT64_MAX;
    }
    if (all) {
        return json_null();
    }
    json_t *list = json_array();
    for (size_t i = 0; i < bound; i++) {
        if ((mask[i / 64] >> (i % 64) & 1u) != 0) {
            json_array_append_new(list, json_integer((json_int_t)i));
        }
    }
    return list;
}

/* --- actions ----------------------------------------------------------------------------------- */

static bool read_filter(const json_t *object, struct stdio_action *action,
                        struct stdio_error *error) {
    action->filter.struct_size = sizeof action->filter;
    return take_mask(object, "recordTypes", RECORD_TYPES, &action->filter.record_types, error) &&
           take_mask(object, "valueTypes", VALUE_TYPES, action->filter.value_types, error);
}

static bool read_ack(const json_t *object, struct stdio_action *action,
                     struct stdio_error *error) {
    action->has_text = json_object_get(object, "metadata") != NULL;
    return take_number(object, "position", 0, &action->number, error) &&
           (!action->has_text || take_text(object, "metadata", &action->text, error));
}

static bool read_log(const json_t *object, struct stdio_action *action,
                     struct stdio_error *error) {
    int level = find_name(level_names, LEVELS, json_object_get(object, "level"));
    action->number = level;
    action->has_text = true;
    return (level >= 0 || fail(error, STDIO_ERROR_KIND, "`level` names no level")) &&
           take_text(object, "text", &action->text, error);
}

static bool read_put(const json_t *object, struct stdio_action *action,
                     struct stdio_error *error) {
    action->has_text = true;
    return take_number(object, "position", 0, &action->number, error) &&
           take_text(object, "document", &action->text, error);
}

static bool read_timer(const json_t *object, struct stdio_action *action,
                       struct stdio_error *error) {
    return take_number(object, "timer", 0, &action->number, error) &&
           (action->number <= UINT32_MAX ||
            fail(error, STDIO_ERROR_RANGE, "`timer` is out of range")) &&
           (action->kind == STDIO_CANCEL ||
            take_number(object, "delayNs", 0, &action->more, error));
}

/* The keys that each kind has, `do` first. */
static const char *const action_keys[STDIO_ACTION_KINDS][4] = {
    [STDIO_ACK] = {"do", "position", "metadata"}, [STDIO_SCHEDULE] = {"do", "timer", "delayNs"},
    [STDIO_CANCEL] = {"do", "timer"},             [STDIO_FILTER] = {"do", "recordTypes", "valueTypes"},
    [STDIO_SPEND] = {"do", "ns"},                 [STDIO_LOG] = {"do", "level", "text"},
    [STDIO_PUT] = {"do", "position", "document"}, [STDIO_FLUSH] = {"do"}};

static bool read_action(const json_t *object, struct stdio_action *action,
                        struct stdio_error *error) {
    int kind = find_name(action_names, STDIO_ACTION_KINDS, json_object_get(object, "do"));
    if (kind < 0) {
        return fail(error, STDIO_ERROR_KIND, "`do` names no action");
    }
    action->kind = (enum stdio_action_kind)kind;
    if (!only_keys(object, action_keys[kind], error)) {
        return false;
    }
    switch (action->kind) {
    case STDIO_ACK:
        return read_ack(object, action, error);
    case STDIO_SCHEDULE:
    case STDIO_CANCEL:
        return read_timer(object, action, error);
    case STDIO_FILTER:
        return read_filter(object, action, error);
    case STDIO_SPEND:
        return take_number(object, "ns", INT64_MIN, &action->number, error);
    case STDIO_LOG:
        return read_log(object, action, error);
    case STDIO_PUT:
        return read_put(object, action, error);
    default:
        return true;
    }
}

static json_t *action_value(const struct stdio_action *action) {
    json_t *object = json_object();
    bool good = (size_t)action->kind < STDIO_ACTION_KINDS &&
                put(object, "do", json_string(action_names[action->kind]));
    switch (action->kind) {
    case STDIO_ACK:
    case STDIO_PUT:
        good = good && put(object, "position", json_integer(action->number)) &&
               (!action->has_text || put(object, action->kind == STDIO_ACK ? "metadata" : "document",
                                         text_value(action->text)));
        break;
    case STDIO_SCHEDULE:
    case STDIO_CANCEL:
        good = good && put(object, "timer", json_integer(action->number)) &&
               (action->kind == STDIO_CANCEL || put(object, "delayNs", json_integer(action->more)));
        break;
    case STDIO_FILTER:
        good = good &&
               put(object, "recordTypes", mask_value(&action->filter.record_types, RECORD_TYPES)) &&
               put(object, "valueTypes", mask_value(action->filter.value_types, VALUE_TYPES));
        break;
    case STDIO_SPEND:
        good = good && put(object, "ns", json_integer(action->number));
        break;
    case STDIO_LOG:
        good = good && put(object, "level", json_string(level_names[action->number & 3])) &&
               put(object, "text", text_value(action->text));
        break;
    default:
        break;
    }
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* --- answers ----------------------------------------------------------------------------------- */

static bool read_actions(const json_t *list, struct stdio_answer *answer,
                         struct stdio_error *error) {
    size_t i;
    json_t *each;
    if (list == NULL) {
        return true;
    }
    if (!json_is_array(list)) {
        return fail(error, STDIO_ERROR_FIELD, "`actions` must be a list");
    }
    if (json_array_size(list) > STDIO_MAX_ACTIONS) {
        return fail(error, STDIO_ERROR_TOO_MANY, "at most %u actions", STDIO_MAX_ACTIONS);
    }
    answer->owned = calloc(json_array_size(list) + 1, sizeof *answer->owned);
    if (answer->owned == NULL) {
        return fail(error, STDIO_ERROR_MEMORY, "out of memory");
    }
    answer->actions = answer->owned;
    json_array_foreach(list, i, each) {
        if (!json_is_object(each)) {
            return fail(error, STDIO_ERROR_FIELD, "an action must be an object");
        }
        if (!read_action(each, &answer->owned[i], error)) {
            return false;
        }
        answer->action_count++;
    }
    return true;
}

bool stdio_answer_read(const char *line, size_t len, struct stdio_answer *ret_answer,
                       struct stdio_error *reterr) {
    static const char *const keys[] = {"call", "result", "reason", "actions", NULL};
    struct stdio_answer answer = {.call = 0};
    *reterr = (struct stdio_error){STDIO_ERROR_NONE, ""};
    answer.root = parse_line(line, len, reterr);
    if (answer.root == NULL) {
        return false;
    }
    answer.result = find_name(result_names, RESULTS, json_object_get(answer.root, "result"));
    bool good = only_keys(answer.root, keys, reterr) &&
                take_number(answer.root, "call", 1, &answer.call, reterr) &&
                (answer.result >= 0 ||
                 fail(reterr, STDIO_ERROR_KIND, "`result` must be ok, retry or fatal")) &&
                (json_object_get(answer.root, "reason") == NULL ||
                 take_text(answer.root, "reason", &answer.reason, reterr)) &&
                read_actions(json_object_get(answer.root, "actions"), &answer, reterr);
    if (!good) {
        stdio_answer_done(&answer);
        return false;
    }
    *ret_answer = answer;
    return true;
}

void stdio_answer_done(struct stdio_answer *answer) {
    free(answer->owned);
    json_decref(answer->root);
    answer->owned = NULL;
    answer->root = NULL;
}

static bool put_actions(json_t *root, const struct stdio_answer *answer) {
    json_t *list = json_array();
    bool good = true;
    for (uint32_t i = 0; good && i < answer->action_count; i++) {
        good = json_array_append_new(list, action_value(&answer->actions[i])) == 0;
    }
    return put(root, "actions", list) && good;
}

char *stdio_answer_write(const struct stdio_answer *answer, size_t *ret_len,
                         struct stdio_error *reterr) {
    json_t *root = json_object();
    *reterr = (struct stdio_error){STDIO_ERROR_NONE, ""};
    bool good = answer->result >= 0 && answer->result < RESULTS &&
                put(root, "call", json_integer(answer->call)) &&
                put(root, "result", json_string(result_names[answer->result])) &&
                (answer->reason.len == 0 || put(root, "reason", text_value(answer->reason))) &&
                (answer->action_count == 0 || put_actions(root, answer));
    return write_line(root, good, ret_len, reterr);
}
