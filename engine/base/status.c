#include "waggle/status.h"

const char *wg_status_text(wg_status status) {
    switch (status) {
#define WG_STATUS_CASE(name, text)                                                                 \
    case WG_##name:                                                                                \
        return text;
        WG_STATUS_MAP(WG_STATUS_CASE)
#undef WG_STATUS_CASE
    }
    return "unknown status";
}
