/* Seam: what the stream processor tells the snapshot director (reference: engine 4.5). */
#ifndef WG_SEAMS_STREAM_POSITIONS_H
#define WG_SEAMS_STREAM_POSITIONS_H
#include "waggle/ids.h"
struct wg_stream_positions {
    wg_position last_processed; /* WG_POSITION_NONE = nothing yet */
    wg_position last_written;   /* WG_POSITION_NONE while a leader is still replaying */
};
#endif
