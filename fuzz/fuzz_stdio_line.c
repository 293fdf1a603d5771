/* Lines of the stdio protocol. First byte: the size of the pieces in which the rest arrives. Lines
 * come out the same in whatever pieces; each is tried as a call and as an answer: what is accepted
 * is written in one form, which reads back and is written as the same line. */
#include "fuzz/fuzz.h"

#include "exporters/stdio/line_reader.h"
#include "exporters/stdio/protocol.h"

enum { LINE_MAX_BYTES = 4096 };

static void check_call(const char *line, size_t len) {
    struct stdio_call call, again;
    struct stdio_error error;
    size_t lens[2];
    if (!stdio_call_read(line, len, &call, &error)) {
        FUZZ_CHECK(error.code != STDIO_ERROR_NONE && error.what[0] != '\0');
        return;
    }
    char *first = stdio_call_write(&call, &lens[0], &error);
    FUZZ_CHECK(first != NULL && stdio_call_read(first, lens[0], &again, &error));
    FUZZ_CHECK(again.call == call.call && again.kind == call.kind && again.now_ms == call.now_ms &&
               again.position == call.position && again.timer == call.timer &&
               again.has_metadata == call.has_metadata);
    char *second = stdio_call_write(&again, &lens[1], &error);
    FUZZ_CHECK(second != NULL && lens[0] == lens[1] && memcmp(first, second, lens[0]) == 0);
    free(first);
    free(second);
    stdio_call_done(&call);
    stdio_call_done(&again);
}

static void check_answer(const char *line, size_t len) {
    struct stdio_answer answer, again;
    struct stdio_error error;
    size_t lens[2];
    if (!stdio_answer_read(line, len, &answer, &error)) {
        FUZZ_CHECK(error.code != STDIO_ERROR_NONE && error.what[0] != '\0');
        return;
    }
    char *first = stdio_answer_write(&answer, &lens[0], &error);
    FUZZ_CHECK(first != NULL && stdio_answer_read(first, lens[0], &again, &error));
    FUZZ_CHECK(again.call == answer.call && again.result == answer.result &&
               again.action_count == answer.action_count);
    for (uint32_t i = 0; i < answer.action_count; i++) {
        const struct stdio_action *a = &answer.actions[i], *b = &again.actions[i];
        FUZZ_CHECK(a->kind == b->kind && a->number == b->number && a->more == b->more &&
                   a->has_text == b->has_text && a->text.len == b->text.len);
        FUZZ_CHECK(memcmp(&a->filter, &b->filter, sizeof a->filter) == 0);
    }
    char *second = stdio_answer_write(&again, &lens[1], &error);
    FUZZ_CHECK(second != NULL && lens[0] == lens[1] && memcmp(first, second, lens[0]) == 0);
    free(first);
    free(second);
    stdio_answer_done(&answer);
    stdio_answer_done(&again);
}

/* Feeds in pieces; each line goes on, or the sum of their lengths is only counted. */
static size_t read_lines(struct wg_bytes input, size_t piece, bool check, bool *ret_failed) {
    struct stdio_lines lines;
    const char *line;
    size_t len;
    size_t sum = 0;
    stdio_lines_init(&lines, LINE_MAX_BYTES);
    while (input.len > 0 && !lines.failed) {
        struct wg_bytes taken = fuzz_take(&input, piece);
        (void)stdio_lines_feed(&lines, (const char *)taken.ptr, taken.len);
        while (stdio_lines_next(&lines, &line, &len)) {
            FUZZ_CHECK(len < LINE_MAX_BYTES && (len == 0 || memchr(line, '\n', len) == NULL));
            sum = 31 * sum + len;
            if (check) {
                check_call(line, len);
                check_answer(line, len);
            }
        }
    }
    *ret_failed = lines.failed;
    stdio_lines_done(&lines);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wg_bytes input = wg_bytes_of(data, size > UINT16_MAX ? UINT16_MAX : size);
    size_t piece = 1u + fuzz_byte(&input);
    bool failed[2];
    size_t whole = read_lines(input, SIZE_MAX, true, &failed[0]);
    size_t pieces = read_lines(input, piece, false, &failed[1]);
    FUZZ_CHECK(failed[0] == failed[1] && (failed[0] || whole == pieces));
    return 0;
}
