#include "safu_status.h"

#define SAFU_NAME(code, text) #code,
#define SAFU_TEXT(code, text) text,

static const char *const names[] = {SAFU_STATUSES(SAFU_NAME)};
static const char *const texts[] = {SAFU_STATUSES(SAFU_TEXT)};

const char *safu_status_name(safu_status status)
{
    return (unsigned)status < SAFU_STATUS_COUNT ? names[status] : "SAFU_UNKNOWN";
}

const char *safu_status_text(safu_status status)
{
    return (unsigned)status < SAFU_STATUS_COUNT ? texts[status] : "no status of this version";
}
