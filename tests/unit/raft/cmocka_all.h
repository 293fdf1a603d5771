/* What cmocka wants included before it. */
#ifndef TEST_RAFT_CMOCKA_ALL_H
#define TEST_RAFT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
