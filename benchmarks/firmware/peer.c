/* A firmware around a model of emlearn: SAFU_PEER_H is the header that emlearn generates, with `peer_predict`.
 *
 * In: the number of features that are not 0, 16 bits, then place, 16 bits, and value, for each. Out: the class. What is
 * measured is the prediction alone, from a vector that is there already. */
#include "console.h"
#include "port.h"
#include "start.h"

#include SAFU_PEER_H

static SAFU_PEER_VALUE features[SAFU_PEER_FEATURES];

static int read_bytes(void *to, size_t size)
{
    for (uint8_t *at = to; size > 0; size--, at++) {
        const int byte = port_read();
        if (byte < 0)
            return 0;
        *at = (uint8_t)byte;
    }
    return 1;
}

int main(void)
{
    uint16_t count, place;
    while (read_bytes(&count, 2)) {
        for (size_t at = 0; at < SAFU_PEER_FEATURES; at++)
            features[at] = 0;
        while (count-- && read_bytes(&place, 2))
            read_bytes(features + place, sizeof *features);
        safu_begin();
        const int found = peer_predict(features, SAFU_PEER_FEATURES);
        safu_end();
        console_number((uint32_t)found);
    }
    console_number(safu_stack_bytes());
    return 0;
}
