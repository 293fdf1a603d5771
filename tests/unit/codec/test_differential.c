/* The codec against implementations that share nothing with it: MessagePack against msgpack-c, on
 * generated values and on damaged bytes; CRC32C against the definition, bit by bit; the mixing hash
 * against schoolbook arithmetic. */
#include "golden.h"

#include "base/crc32c.h"
#include "base/hash.h"
#include "codec/msgpack.h"

#include <msgpack.h>

enum { ROUNDS = 120000, ROOM = 1 << 16, DEEPEST = 6 };

struct pair {
    struct wg_writer ours;
    msgpack_sbuffer buffer;
    msgpack_packer theirs;
    uint64_t random;
    uint64_t values;
};

static uint64_t below(struct pair *p, uint64_t bound) { return test_random(&p->random) % bound; }

/* All magnitudes alike, and the neighbours of powers of two. */
static int64_t some_int(struct pair *p) {
    uint64_t bits = test_random(&p->random) >> below(p, 64);
    int64_t number = (int64_t)(bits & INT64_MAX) + (int64_t)below(p, 3) - 1;
    number = number < 0 ? 0 : number;
    return below(p, 2) == 0 ? number : -number - 1;
}

static uint32_t some_length(struct pair *p) {
    static const uint32_t edges[] = {0, 1, 15, 16, 31, 32, 255, 256};
    return below(p, 200) == 0 ? edges[below(p, 8)] : (uint32_t)below(p, 20);
}

static void put_value(struct pair *p, uint32_t depth);

static void put_container(struct pair *p, uint32_t depth, bool map) {
    uint32_t count = depth == 1 && below(p, 400) == 0 ? 65536u / 128 : (uint32_t)below(p, 18);
    if (map) {
        wg_mp_write_map(&p->ours, count);
        msgpack_pack_map(&p->theirs, count);
    } else {
        wg_mp_write_array(&p->ours, count);
        msgpack_pack_array(&p->theirs, count);
    }
    for (uint32_t i = 0; i < (map ? 2 * count : count); i++) {
        put_value(p, depth + 1);
    }
}

static void put_bytes(struct pair *p, bool text) {
    uint8_t bytes[256];
    uint32_t len = some_length(p);
    memset(bytes, (int)below(p, 256), sizeof bytes);
    if (text) {
        wg_mp_write_str(&p->ours, wg_bytes_of(bytes, len));
        msgpack_pack_str_with_body(&p->theirs, bytes, len);
    } else {
        wg_mp_write_bin(&p->ours, wg_bytes_of(bytes, len));
        msgpack_pack_bin_with_body(&p->theirs, bytes, len);
    }
}

static void put_float(struct pair *p) {
    int64_t number = some_int(p);
    if (below(p, 2) == 0) {
        float narrow = (float)number / 8.0f; /* held by 4 bytes exactly */
        wg_mp_write_float(&p->ours, (double)narrow);
        msgpack_pack_float(&p->theirs, narrow);
    } else {
        double wide = (double)number + 1e-9;
        wide = (double)(float)wide == wide ? 0.1 : wide;
        wg_mp_write_float(&p->ours, wide);
        msgpack_pack_double(&p->theirs, wide);
    }
}

static void put_value(struct pair *p, uint32_t depth) {
    uint64_t kind = below(p, depth >= DEEPEST ? 6 : 8);
    int64_t number = some_int(p);
    p->values++;
    switch (kind) {
    case 0:
        wg_mp_write_nil(&p->ours);
        msgpack_pack_nil(&p->theirs);
        return;
    case 1:
        wg_mp_write_bool(&p->ours, number > 0);
        (void)(number > 0 ? msgpack_pack_true(&p->theirs) : msgpack_pack_false(&p->theirs));
        return;
    case 2:
        put_float(p);
        return;
    case 3:
    case 4:
        put_bytes(p, kind == 3);
        return;
    case 5:
        wg_mp_write_int(&p->ours, number);
        msgpack_pack_int64(&p->theirs, number);
        return;
    default:
        if (depth <= 1 || below(p, 2 * depth) == 0) {
            put_container(p, depth, kind == 6);
        } else {
            wg_mp_write_int(&p->ours, number);
            msgpack_pack_int64(&p->theirs, number);
        }
    }
}

static void pair_new(struct pair *p, uint8_t *memory) {
    *p = (struct pair){.ours = wg_writer_on(memory, ROOM), .random = 42};
    msgpack_sbuffer_init(&p->buffer);
    msgpack_packer_init(&p->theirs, &p->buffer, msgpack_sbuffer_write);
}

/* Both write the same bytes, and both readers take all of them. */
static void written_alike(void **state) {
    (void)state;
    uint8_t *memory = malloc(ROOM);
    struct pair p;
    pair_new(&p, memory);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        p.ours = wg_writer_on(memory, ROOM);
        p.buffer.size = 0;
        put_value(&p, 0);
        if (p.ours.failed) {
            continue; /* larger than the room */
        }
        struct wg_bytes ours = wg_writer_bytes(&p.ours);
        assert_int_equal(ours.len, p.buffer.size);
        assert_memory_equal(ours.ptr, p.buffer.data, ours.len);
        struct wg_reader r = wg_reader_on(ours);
        struct wg_bytes raw;
        assert_true(wg_mp_skip(&r, &raw));
        assert_int_equal(wg_reader_left(&r), 0);
    }
    print_message("%llu values written alike\n", (unsigned long long)p.values);
    msgpack_sbuffer_destroy(&p.buffer);
    free(memory);
}

/* Same token as an object of msgpack-c; containers element by element. */
static void read_alike(struct wg_reader *r, const msgpack_object *object, uint64_t *values) {
    struct wg_mp_token token;
    assert_true(wg_mp_read(r, &token));
    (*values)++;
    switch (object->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        assert_int_equal(token.kind, WG_MP_INT);
        assert_true(token.number == object->via.i64);
        return;
    case MSGPACK_OBJECT_BOOLEAN:
        assert_true(token.kind == WG_MP_BOOL && (token.number != 0) == object->via.boolean);
        return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        assert_int_equal(token.kind, WG_MP_FLOAT);
        assert_memory_equal(&token.real, &object->via.f64, sizeof token.real);
        return;
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN:
        assert_int_equal(token.kind, object->type == MSGPACK_OBJECT_STR ? WG_MP_STR : WG_MP_BIN);
        assert_int_equal(token.bytes.len, object->via.str.size);
        assert_memory_equal(token.bytes.ptr, object->via.str.ptr, token.bytes.len);
        return;
    case MSGPACK_OBJECT_ARRAY:
        assert_true(token.kind == WG_MP_ARRAY && token.number == object->via.array.size);
        for (uint32_t i = 0; i < object->via.array.size; i++) {
            read_alike(r, &object->via.array.ptr[i], values);
        }
        return;
    case MSGPACK_OBJECT_MAP:
        assert_true(token.kind == WG_MP_MAP && token.number == object->via.map.size);
        for (uint32_t i = 0; i < object->via.map.size; i++) {
            read_alike(r, &object->via.map.ptr[i].key, values);
            read_alike(r, &object->via.map.ptr[i].val, values);
        }
        return;
    case MSGPACK_OBJECT_EXT: /* ours counts the type byte to the payload */
        assert_true(token.kind == WG_MP_EXT && token.bytes.len == object->via.ext.size + 1);
        return;
    case MSGPACK_OBJECT_NIL:
        assert_int_equal(token.kind, WG_MP_NIL);
        return;
    }
    fail();
}

/* Bytes that are damaged or random: what ours accepts theirs accepts, with the same meaning. Ours
 * may refuse more: numbers and lengths beyond Java's, and what is nested deeper than 64. */
static void damaged_alike(void **state) {
    (void)state;
    uint8_t *memory = malloc(ROOM);
    struct pair p;
    uint64_t accepted = 0, values = 0;
    pair_new(&p, memory);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        p.ours = wg_writer_on(memory, ROOM);
        p.buffer.size = 0;
        put_value(&p, 0);
        struct wg_bytes bytes = wg_writer_bytes(&p.ours);
        bytes.len = bytes.len > 600 ? 600 : bytes.len;
        for (uint64_t hits = below(&p, 4); hits > 0 && bytes.len > 0; hits--) {
            memory[below(&p, bytes.len)] = (uint8_t)test_random(&p.random);
        }
        struct wg_reader r = wg_reader_on(bytes);
        struct wg_bytes raw;
        if (!wg_mp_skip(&r, &raw)) {
            continue;
        }
        msgpack_unpacked object;
        size_t used = 0;
        msgpack_unpacked_init(&object);
        assert_int_equal(msgpack_unpack_next(&object, (const char *)bytes.ptr, bytes.len, &used),
                         MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(used, raw.len);
        struct wg_reader again = wg_reader_on(raw);
        read_alike(&again, &object.data, &values);
        msgpack_unpacked_destroy(&object);
        accepted++;
    }
    print_message("%llu of %d damaged inputs accepted alike, %llu values\n",
                  (unsigned long long)accepted, ROUNDS, (unsigned long long)values);
    msgpack_sbuffer_destroy(&p.buffer);
    free(memory);
}

static uint32_t crc_by_bits(const uint8_t *bytes, size_t len) {
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1u)));
        }
    }
    return ~crc;
}

static void checksums_alike(void **state) {
    (void)state;
    uint8_t bytes[512];
    uint64_t random = 7;
    uint32_t inputs = 1000000;
    for (uint32_t i = 0; i < inputs; i++) {
        uint64_t word = test_random(&random);
        memcpy(bytes + 8 * (i % 64), &word, sizeof word);
        size_t from = word % 16;
        size_t len = i % 1000 == 0 ? 490 : (word >> 8) % 24;
        uint32_t expected = crc_by_bits(bytes + from, len);
        assert_int_equal(wg_crc32c(0, bytes + from, len), expected);
        assert_int_equal(wg_crc32c_table(0, bytes + from, len), expected);
    }
}

/* The high and the low half of a product xored, by schoolbook multiplication of 16-bit digits. */
static uint64_t mix_by_digits(uint64_t a, uint64_t b) {
    uint64_t digits[8] = {0};
    a ^= 0x9E3779B97F4A7C15u;
    b ^= 0xD1B54A32D192ED03u;
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t carry = 0;
        for (uint32_t k = 0; k < 4; k++) {
            carry += digits[i + k] + (a >> (16 * i) & 0xffff) * (b >> (16 * k) & 0xffff);
            digits[i + k] = carry & 0xffff;
            carry >>= 16;
        }
        digits[i + 4] += carry;
    }
    uint64_t mixed = 0;
    for (uint32_t i = 0; i < 4; i++) {
        mixed |= (digits[i] ^ digits[i + 4]) << (16 * i);
    }
    return mixed;
}

static uint64_t hash_by_bytes(const uint8_t *bytes, size_t len, uint64_t seed) {
    uint64_t hash = mix_by_digits(seed, len);
    size_t at = 0;
    for (size_t words = len / 8 + 1; words > 0; words--) { /* the last one is what is left */
        uint64_t word = 0;
        for (uint32_t i = 0; i < 8 && at < len; i++, at++) {
            word |= (uint64_t)bytes[at] << (8 * i);
        }
        hash = mix_by_digits(hash, word);
    }
    return hash;
}

static void hashes_alike(void **state) {
    (void)state;
    uint8_t bytes[512];
    uint64_t random = 9;
    for (uint32_t i = 0; i < 1000000; i++) {
        uint64_t word = test_random(&random);
        memcpy(bytes + 8 * (i % 64), &word, sizeof word);
        size_t from = word % 16;
        size_t len = i % 1000 == 0 ? 490 : (word >> 8) % 40;
        assert_true(wg_hash_bytes(bytes + from, len, word) ==
                    hash_by_bytes(bytes + from, len, word));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(written_alike),
                                       cmocka_unit_test(damaged_alike),
                                       cmocka_unit_test(checksums_alike),
                                       cmocka_unit_test(hashes_alike)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
