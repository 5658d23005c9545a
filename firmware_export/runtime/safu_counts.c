/* See safu_counts.h. Compile at -O2. */
#include "safu_counts.h"

#include "safu_arithmetic.h"

enum { TOKEN_HALF = 1 << (SAFU_TOKEN_SHIFT - 1) };

static uint32_t cells_of(uint32_t size)
{
    return SAFU_GROUPS * size;
}

static uint8_t *column_of(const safu_counts *counts, uint32_t column)
{
    return counts->cells + column * cells_of(counts->size);
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
            sum >>= SAFU_SHARE_BITS + SAFU_INHERITED_BITS;
            cells[code * SAFU_PARTS + part] = (uint8_t)(sum < UINT8_MAX ? sum : UINT8_MAX);
        }
    }
}

void safu_tokens_begin(safu_sound_tokens *tokens, uint32_t size)
{
    for (uint32_t cell = 0; cell < cells_of(size); cell++)
        tokens->heard.cells[cell] = 0;
}

void safu_tokens_end(safu_sound_tokens *tokens, uint32_t size)
{
    const uint32_t *cell = tokens->heard.cells;
    tokens->count = 0;
    for (uint32_t group = 0; group < SAFU_GROUPS; group++)
        tokens->sums[group] = 0;
    for (uint32_t code = 0; code < SAFU_STREAMS * size; code++) {
        safu_token token = {(uint16_t)code, {0}};
        uint32_t *sums = tokens->sums + code / size * SAFU_PARTS, all = 0;
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            token.parts[part] = (uint16_t)((*cell++ + TOKEN_HALF) >> SAFU_TOKEN_SHIFT);
            sums[part] += token.parts[part];
            all += token.parts[part];
        }
        if (all > 0)
            tokens->heard.of[tokens->count++] = token;
    }
}

void safu_tokens_add(const safu_sound_tokens *tokens, uint16_t *total, uint32_t times)
{
    for (const safu_token *token = tokens->heard.of; token < tokens->heard.of + tokens->count; token++)
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            uint16_t *cell = total + token->code * SAFU_PARTS + part;
            *cell = (uint16_t)(*cell + times * token->parts[part]);
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

/* What a cell, or all cells of a codeword, say where nothing is known. */
static int32_t wide_log2(uint64_t eighths)
{
    const bool is_great = eighths >> 32 != 0;
    return safu_log2_of((uint32_t)(is_great ? eighths >> 16 : eighths)) + (is_great ? 16 << 8 : 0);
}

/* What the tokens of each part, and of all parts together, are compared with. */
static int32_t expected(const safu_sound_tokens *tokens, const uint64_t sums[SAFU_GROUPS], uint32_t size)
{
    int32_t evidence = 0;
    for (uint32_t stream = 0; stream < SAFU_STREAMS; stream++) {
        const uint64_t *sum = sums + stream * SAFU_PARTS;
        const uint32_t *heard = tokens->sums + stream * SAFU_PARTS;
        uint64_t whole = 0;
        uint32_t all = 0;
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            evidence += (int32_t)heard[part] * wide_log2(8 * sum[part] + SAFU_EIGHTHS * size);
            whole += sum[part];
            all += heard[part];
        }
        evidence += (int32_t)all * wide_log2(8 * whole + SAFU_EIGHTHS * size);
    }
    return evidence;
}

int32_t safu_evidence(const safu_counts *counts, const safu_sound_tokens *tokens, uint32_t column)
{
    const uint8_t *cells = column_of(counts, column);
    uint64_t sums[SAFU_GROUPS];
    int32_t evidence = 0;
    for (const safu_token *token = tokens->heard.of; token < tokens->heard.of + tokens->count; token++) {
        const uint8_t *cell = cells + token->code * SAFU_PARTS;
        uint32_t whole = 0;
        int32_t all = 0;
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            evidence += token->parts[part] * safu_cell_logs[cell[part]];
            whole += cell[part];
            all += token->parts[part];
        }
        evidence += all * safu_cell_logs[whole];
    }
    for (uint32_t group = 0; group < SAFU_GROUPS; group++)
        sums[group] = counts->totals[column][group];
    return evidence - expected(tokens, sums, counts->size);
}

/* What the first columns hold of a cell. */
static uint32_t pool(const safu_counts *counts, uint32_t cell, uint32_t columns)
{
    const uint8_t *at = counts->cells + cell;
    uint32_t sum = 0;
    for (uint32_t column = 0; column < columns; column++, at += cells_of(counts->size))
        sum += (uint32_t)*at << counts->halvings[column];
    return sum;
}

int32_t safu_pooled(const safu_counts *counts, const safu_sound_tokens *tokens, uint32_t columns)
{
    uint64_t sums[SAFU_GROUPS];
    int32_t evidence = 0;
    for (const safu_token *token = tokens->heard.of; token < tokens->heard.of + tokens->count; token++) {
        uint32_t whole = 0;
        int32_t all = 0;
        for (uint32_t part = 0; part < SAFU_PARTS; part++) {
            const uint32_t sum = pool(counts, token->code * SAFU_PARTS + part, columns);
            evidence += token->parts[part] * wide_log2(8 * (uint64_t)sum + SAFU_EIGHTHS);
            whole += sum;
            all += token->parts[part];
        }
        evidence += all * wide_log2(8 * (uint64_t)whole + SAFU_EIGHTHS);
    }
    for (uint32_t group = 0; group < SAFU_GROUPS; group++) {
        sums[group] = 0;
        for (uint32_t column = 0; column < columns; column++)
            sums[group] += (uint64_t)counts->totals[column][group] << counts->halvings[column];
    }
    return evidence - expected(tokens, sums, counts->size);
}
