/* Zeebe's names of record types and value types, for filters. */
#ifndef WG_EXPORTERS_NAMES_H
#define WG_EXPORTERS_NAMES_H

/* The wire number of "EVENT", "COMMAND" or "COMMAND_REJECTION"; -1 = unknown. */
int exporter_record_type(const char *name);
/* The wire number of "JOB", "PROCESS_INSTANCE", ...; -1 = unknown. */
int exporter_value_type(const char *name);

#endif
