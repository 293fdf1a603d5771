/* Must be found: shows that the machinery around the other targets works. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    FUZZ_CHECK(size < 3 || data[0] != 'b' || data[1] != 'u' || data[2] != 'g');
    return 0;
}
