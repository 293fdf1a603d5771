/* CRC32C (Castagnoli), as in Zeebe's journal and snapshot checksums. */
#ifndef WG_BASE_CRC32C_H
#define WG_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Checksum of bytes appended to data whose checksum is `crc` (0 to start). Hardware instructions
 * are used where the CPU has them; the result is the same. */
uint32_t wg_crc32c(uint32_t crc, const void *bytes, size_t len);
/* The table-driven version, for tests and CPUs without the instruction. */
uint32_t wg_crc32c_table(uint32_t crc, const void *bytes, size_t len);

#endif
