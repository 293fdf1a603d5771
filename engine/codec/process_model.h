/* The compact form of a process: what the engine runs. It is compiled outside from a readable text
 * and travels at the end of the deployed resource (docs/PROCESSES.md), so that the deployment's
 * record carries both. Element 0 is the process itself; sequence flows are elements too, those that
 * leave one node stand next to each other, and every node but start events, boundary events and what
 * a multi-instance body repeats is entered by flows. Each element names the one around it, which has
 * a lower number. A body and what it repeats have the same id, as in Zeebe.
 *
 * Bytes: "WGM1", u8 number of elements, u8 0, u16 length of the texts, the elements (struct
 * wg_model_element as it is in memory, little-endian), the texts. */
#ifndef WG_CODEC_PROCESS_MODEL_H
#define WG_CODEC_PROCESS_MODEL_H

#include "base/bytes.h"
#include "codec/values.h"
#include "waggle/status.h"

#define WG_MODEL_ELEMENTS_MAX 250u
#define WG_MODEL_TEXTS_MAX 32768u
#define WG_MODEL_NAME_MAX 60u /* bytes of an id, job type or variable */
#define WG_MODEL_TIMER_MAX_MS 3600000
#define WG_MODEL_RETRIES_MAX 100
/* Begins the last line of a resource that holds a process, before the compact form in hex. In BPMN
 * files it stands in a comment, whose end may follow. */
#define WG_MODEL_MARK "\n# compiled: "

enum wg_model_kind {
    WG_MODEL_PROCESS,
    WG_MODEL_FLOW,
    WG_MODEL_START,
    WG_MODEL_END,
    WG_MODEL_TASK,      /* text: job type, number: retries */
    WG_MODEL_EXCLUSIVE, /* takes the first flow whose condition holds, else the last one */
    WG_MODEL_PARALLEL,  /* waits for all flows in, takes all flows out */
    WG_MODEL_TIMER,     /* number: ms */
    WG_MODEL_SUBPROCESS, /* embedded; target: its start event */
    WG_MODEL_MULTI, /* multi-instance body; target: what it repeats, text: the collection's variable,
                       second text: the variable that an instance gets its item in, may be empty,
                       outputs: see wg_model_output */
    WG_MODEL_USER_TASK,      /* text: "" */
    WG_MODEL_BOUNDARY_TIMER, /* source: the activity it stands at; number: ms */
    WG_MODEL_BOUNDARY_ERROR, /* source: the activity; text: the error's code, empty = any */
    WG_MODEL_MESSAGE, /* text: the message's name, second text: the variable that holds the correlation
                         key */
    WG_MODEL_BOUNDARY_MESSAGE, /* source: the activity; texts as MESSAGE */
    WG_MODEL_KIND_COUNT
};

#define WG_MODEL_DEPTH_MAX 16u /* scopes inside each other, the process among them */

/* Flags of an element. */
#define WG_MODEL_SEQUENTIAL 1u       /* MULTI: one instance after the other */
#define WG_MODEL_NON_INTERRUPTING 1u /* BOUNDARY_TIMER, _MESSAGE: the activity goes on */

struct wg_model_element {
    int64_t number; /* FLOW with a text: the constant that the variable has to equal */
    uint16_t id_at, text_at; /* in the texts */
    uint8_t id_len, text_len; /* FLOW: the text names the condition's variable, empty = none */
    uint8_t kind;             /* enum wg_model_kind */
    uint8_t in_count;
    uint8_t first_out, out_count; /* flows that leave: their numbers; PROCESS: the start event */
    uint8_t source, target;       /* FLOW; see the kinds for others */
    uint8_t scope;      /* the process, sub-process or body around it; PROCESS: 0 */
    uint8_t boundaries; /* events that stand at it */
    uint8_t flags;
    uint8_t unused; /* 0 */
};

/* Borrows the bytes. */
struct wg_model {
    const uint8_t *elements;
    const char *texts;
    uint32_t count;
};

/* Checks everything that readers rely on. CORRUPT. */
WG_MUST_USE wg_status wg_model_read(struct wg_bytes bytes, struct wg_model *ret_model);
/* The same for bytes that were checked before: only places are worked out. */
struct wg_model wg_model_on(struct wg_bytes checked);
struct wg_model_element wg_model_at(const struct wg_model *model, uint32_t element);
struct wg_bytes wg_model_id(const struct wg_model *model, uint32_t element);
struct wg_bytes wg_model_text(const struct wg_model *model, uint32_t element);
/* `model->count` if there is none of that id. Never a multi-instance body, see below. */
uint32_t wg_model_find(const struct wg_model *model, struct wg_bytes id);
/* The element that a record speaks of: its type tells a body from what it repeats. */
uint32_t wg_model_find_instance(const struct wg_model *model,
                                const struct wg_value_process_instance *value);
/* The second text of a kind that has one (see there): it is packed into the number. */
struct wg_bytes wg_model_second(const struct wg_model *model, uint32_t element);
/* MULTI: the variable of the collection that results are put into, empty = none, and the variable that
 * an instance's result is read from. */
struct wg_bytes wg_model_output(const struct wg_model *model, uint32_t body);
struct wg_bytes wg_model_result(const struct wg_model *model, uint32_t body);
/* Sets element id, types and process id in `value`. */
void wg_model_describe(const struct wg_model *model, uint32_t element,
                       struct wg_value_process_instance *value);

/* Turns the mark's hex behind `resource` into bytes at `out`; 0 = there is no mark or it is bad. */
uint32_t wg_model_extract(struct wg_bytes resource, uint8_t *out, uint32_t room);
/* How long the compact form behind `resource` is at most; 0 = there is no mark. */
uint32_t wg_model_extract_room(struct wg_bytes resource);

/* Builds the compact form: nodes in any order, then for each node its flows. */
struct wg_model_builder {
    uint32_t scope; /* of what is added next: set by the caller, 0 = the process */
    struct wg_model_element elements[WG_MODEL_ELEMENTS_MAX];
    char texts[WG_MODEL_TEXTS_MAX];
    uint32_t count, text_len;
    bool failed; /* too large, or a name too long */
};

/* The number of the new element; `id` and `text` are copied. */
uint32_t wg_model_add(struct wg_model_builder *builder, enum wg_model_kind kind, struct wg_bytes id,
                      struct wg_bytes text, int64_t number);
/* Puts a second text into the element's number. */
void wg_model_add_second(struct wg_model_builder *builder, uint32_t element, struct wg_bytes text);
/* Gives a MULTI that has its second text an output collection; neither text is empty. */
void wg_model_add_output(struct wg_model_builder *builder, uint32_t body, struct wg_bytes collection,
                         struct wg_bytes result);
/* Makes `element` (a BOUNDARY kind) stand at `activity`. */
void wg_model_attach(struct wg_model_builder *builder, uint32_t element, uint32_t activity);
/* A flow; those of one source have to be added one after the other. */
uint32_t wg_model_connect(struct wg_model_builder *builder, struct wg_bytes id, uint32_t source,
                          uint32_t target, struct wg_bytes variable, int64_t constant);
/* FULL: the builder failed or `out` is too small; CORRUPT: not a process. */
WG_MUST_USE wg_status wg_model_finish(const struct wg_model_builder *builder,
                                      struct wg_writer *out);

#endif
