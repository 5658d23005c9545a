/* The bytes of a fuzzer, one after the other; zeros behind the last. */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct input {
    const uint8_t *at;
    size_t left;
} input;

static inline uint8_t next(input *from)
{
    if (from->left == 0)
        return 0;
    from->left--;
    return *from->at++;
}

#endif
