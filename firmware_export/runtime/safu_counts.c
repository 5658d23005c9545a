/* See safu_counts.h. Compile at -O2. */
#include "safu_counts.h"

#include "safu_arithmetic.h"

enum { CELL_SHIFT = 16, TOKEN_HALF = 1 << (SAFU_TOKEN_SHIFT - 1) };

static uint32_t cells_of(uint32_t size)
{
    return SAFU_GROUPS * size;
}

static uint8_t *column_of(const safu_counts *counts, uint32_t column)
{
    return counts->cells + column * cells_of(counts->size);
}

static uint32_t group_of(uint32_t cell, uint32_t size)
{
    return cell / (SAFU_PARTS * size) * SAFU_PARTS + cell % SAFU_PARTS;
}

static void total(safu_counts *counts, uint32_t column)
{
    const uint8_t *cell = column_of(counts, column);
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++) {
        uint32_t sums[SAFU_PARTS] = {0};
        for (uint32_t code = 0; code < counts->size; code++)
            for (uint32_t part = 0; part < SAFU_PARTS; part++)
                sums[part] += *cell++;
        for (uint32_t part = 0; part < SAFU_PARTS; part++)
            counts->totals[column][stream * SAFU_PARTS + part] = (uint16_t)sums[part];
    }
}

void safu_counts_total(safu_counts *counts)
{
    for (uint32_t column = 0; column < counts->columns; column++)
        total(counts, column);
}

void safu_inherit(safu_counts *counts, uint32_t stream, uint32_t code, const safu_share *share)
{
    for (uint32_t column = 0; column < counts->columns; column++) {
        uint8_t *cells = column_of(counts, column) + stream * counts->size * SAFU_PARTS;
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            uint32_t sum = 0;
            for (uint32_t near = 0; near < share->count; near++)
                sum += (uint32_t)share->shares[near] * cells[share->codes[near] * SAFU_PARTS + part];
            cells[code * SAFU_PARTS + part] = (uint8_t)(sum >> (SAFU_SHARE_BITS + SAFU_INHERITED_BITS));
        }
    }
}

void safu_tokens_begin(safu_tokens *tokens, uint32_t size)
{
    for (uint32_t cell = 0; cell < cells_of(size); cell++)
        tokens->cells[cell] = 0;
}

void safu_tokens_end(safu_tokens *tokens, uint32_t size)
{
    tokens->count = 0;
    for (uint32_t group = 0; group < SAFU_GROUPS; group++)
        tokens->sums[group] = 0;
    for (uint32_t cell = 0; cell < cells_of(size); cell++) {
        const uint32_t token = (tokens->cells[cell] + TOKEN_HALF) >> SAFU_TOKEN_SHIFT;
        if (token > 0) {
            tokens->cells[tokens->count++] = cell << CELL_SHIFT | token;
            tokens->sums[group_of(cell, size)] += token;
        }
    }
}

/* What a cell would hold after a lesson. */
static uint32_t after(uint8_t cell, uint32_t more, uint32_t step)
{
    return more > 0 ? cell + (more + step / 2) / step : cell;
}

static bool has_room(const uint8_t *cells, const uint16_t *more, uint32_t count, uint32_t step)
{
    for (uint32_t cell = 0; cell < count; cell++)
        if (after(cells[cell], more[cell], step) > UINT8_MAX)
            return false;
    return true;
}

void safu_count(safu_counts *counts, const uint16_t *more, uint32_t ways, uint32_t column)
{
    uint8_t *cells = column_of(counts, column);
    const uint32_t count = cells_of(counts->size);
    while (!has_room(cells, more, count, ways << counts->halvings[column])) {
        for (uint32_t cell = 0; cell < count; cell++)
            cells[cell] = (uint8_t)((cells[cell] + 1) >> 1);
        counts->halvings[column]++;
    }
    for (uint32_t cell = 0; cell < count; cell++)
        cells[cell] = (uint8_t)after(cells[cell], more[cell], ways << counts->halvings[column]);
    total(counts, column);
}

/* What every cell of a group is compared with. */
static int32_t expected(const safu_tokens *tokens, uint32_t group, uint64_t sum, uint32_t size)
{
    const uint64_t eighths = 8 * sum + SAFU_EIGHTHS * size;
    const bool is_great = eighths >> 32 != 0;
    const int32_t bits = safu_log2_of((uint32_t)(is_great ? eighths >> 16 : eighths)) + (is_great ? 16 << 8 : 0);
    return (int32_t)tokens->sums[group] * bits;
}

int32_t safu_evidence(const safu_counts *counts, const safu_tokens *tokens, uint32_t column)
{
    const uint8_t *cells = column_of(counts, column);
    int32_t evidence = 0;
    for (const uint32_t *token = tokens->cells; token < tokens->cells + tokens->count; token++)
        evidence += (int32_t)(*token & 0xffff) * safu_cell_logs[cells[*token >> CELL_SHIFT]];
    for (uint32_t group = 0; group < SAFU_GROUPS; group++)
        evidence -= expected(tokens, group, counts->totals[column][group], counts->size);
    return evidence;
}

int32_t safu_pooled(const safu_counts *counts, const safu_tokens *tokens, uint32_t columns)
{
    int32_t evidence = 0;
    for (const uint32_t *token = tokens->cells; token < tokens->cells + tokens->count; token++) {
        const uint8_t *cell = counts->cells + (*token >> CELL_SHIFT);
        uint32_t sum = 0;
        for (uint32_t column = 0; column < columns; column++, cell += cells_of(counts->size))
            sum += (uint32_t)*cell << counts->halvings[column];
        evidence += (int32_t)(*token & 0xffff) * safu_log2_of(8 * sum + SAFU_EIGHTHS);
    }
    for (uint32_t group = 0; group < SAFU_GROUPS; group++) {
        uint64_t sum = 0;
        for (uint32_t column = 0; column < columns; column++)
            sum += (uint64_t)counts->totals[column][group] << counts->halvings[column];
        evidence -= expected(tokens, group, sum, counts->size);
    }
    return evidence;
}
