/* What can be wrong with a scenario file: stable numbers, one place. Numbers are never reused and
 * never change their meaning; messages may be reworded. */
#ifndef SIM_SCENARIO_SCENARIO_ERRORS_H
#define SIM_SCENARIO_SCENARIO_ERRORS_H

/* name, number, what it means (for docs and `waggle list --errors`) */
#define SIM_SCENARIO_ERROR_MAP(X)                                                                  \
    X(UNREADABLE, 100, "the file cannot be read")                                                  \
    X(SYNTAX, 101, "the file is not YAML")                                                         \
    X(LIMIT, 102, "the file is larger, deeper or more aliased than allowed")                       \
    X(DUPLICATE_KEY, 103, "a key occurs twice in one mapping")                                     \
    X(TAG, 104, "tags are not used in scenarios")                                                  \
    X(MERGE_KEY, 105, "merge keys are not used in scenarios")                                      \
    X(AMBIGUOUS, 106, "YAML 1.1 and 1.2 read a plain scalar differently")                          \
    X(UNKNOWN_KEY, 107, "no such key here")                                                        \
    X(MISSING, 108, "a required key is missing")                                                   \
    X(WRONG_KIND, 109, "a mapping, list or scalar was expected")                                   \
    X(UNKNOWN_VALUE, 110, "not one of the known words")                                            \
    X(NUMBER, 111, "not a whole number")                                                           \
    X(UNIT, 112, "a quantity without or with an unknown unit")                                     \
    X(RANGE, 113, "outside of what is allowed")                                                    \
    X(CONFLICT, 114, "two keys exclude each other")                                                \
    X(REFERENCE, 115, "refers to something the scenario does not have")                            \
    X(DUPLICATE_ID, 116, "two things have the same id")                                            \
    X(VERSION, 117, "a format version that this waggle does not know")                             \
    X(LATER, 118, "planned, but not known to this version")                                        \
    X(NAME, 119, "a name with characters that names cannot have")                                  \
    X(JSON, 120, "a value that JSON cannot hold")                                                  \
    X(TRIGGER, 121, "`at` and `after` are missing or both there")                                  \
    X(ARGS, 122, "a built-in exporter refuses its args")                                           \
    X(LATE, 123, "a time after all else has ended (only a warning)")            \
    X(XML, 124, "a BPMN file that cannot be read, or that is no XML")                              \
    X(BPMN, 125, "a BPMN file with a process that is not supported")                               \
    X(TOO_LARGE, 126, "variables that no instance can be created with (only a warning)")

enum sim_scenario_error {
#define SIM_SCENARIO_ERROR_ENUM(name, number, text) SIM_WG_##name = number,
    SIM_SCENARIO_ERROR_MAP(SIM_SCENARIO_ERROR_ENUM)
#undef SIM_SCENARIO_ERROR_ENUM
};

#endif
