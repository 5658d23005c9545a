/* The four functions that a compiler calls where there is no C library: small rather than fast. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *one, const void *other, size_t size);

void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)out < (uintptr_t)in)
        while (size--)
            *out++ = *in++;
    else
        while (size--)
            out[size] = in[size];
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    return memmove(to, from, size);
}

void *memset(void *to, int value, size_t size)
{
    for (uint8_t *out = to; size--;)
        *out++ = (uint8_t)value;
    return to;
}

int memcmp(const void *one, const void *other, size_t size)
{
    const uint8_t *left = one, *right = other;
    for (; size; size--, left++, right++)
        if (*left != *right)
            return *left - *right;
    return 0;
}
