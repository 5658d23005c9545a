/* Any lessons about any text, from a blank state or from any bytes as a state: no undefined behaviour, what is refused
 * changes nothing, and what is taken back was never learned. */
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "safu.h"

enum { MOST_ACTIONS = 8, ROOM = 4096 };

static void hear(input *from, safu_said *said)
{
    const size_t length = next(from);
    safu_word line = {from->at, length < from->left ? length : from->left}, word;
    from->at += line.size;
    from->left -= line.size;
    safu_said_begin(said);
    while (safu_next_word(&line, &word)) {
        safu_said_word(said, word);
        if (said->words % 16 == 3)
            safu_said_end(said); /* a pause */
    }
}

static void answer(const safu_learn *learn, const safu_said *said, input *from)
{
    int32_t slow[MOST_ACTIONS + 1], logits[MOST_ACTIONS];
    const uint32_t known = next(from) % (MOST_ACTIONS + 2), actions = learn->head->actions;
    for (uint32_t action = 0; action < known; action++)
        slow[action] = (int32_t)((uint32_t)next(from) << 24 | (uint32_t)next(from) << 8);
    const safu_status status = safu_learn_answer(learn, said, slow, known, logits);
    if (status != (known > actions ? SAFU_OUT_OF_RANGE : SAFU_OK))
        abort();
    if (status == SAFU_OK && safu_best(logits, actions).share > SAFU_ONE)
        abort();
}

static uint32_t room_of(uint32_t capacity)
{
    return capacity > 0 ? capacity + SAFU_SPARE : 0;
}

/* A lesson and back is nothing, if no phrase had to make way. */
static void there_and_back(safu_learn *learn, const safu_said *said, uint32_t action, size_t bytes)
{
    static uint8_t before[ROOM];
    const safu_learn_head *head = learn->head;
    memcpy(before, head, bytes);
    const safu_status status = safu_learn_one(learn, said, action);
    if (status == SAFU_OK && safu_unlearn_one(learn, said, action) != SAFU_OK)
        abort();
    const safu_learn_head *old = (const safu_learn_head *)(const void *)before;
    const int made_way = status == SAFU_OK && old->capacity > 0 && old->phrases == room_of(old->capacity);
    if (!made_way && memcmp(before, head, bytes) != 0)
        abort();
}

static void lesson(safu_learn *learn, const safu_said *said, uint32_t action, int is_back, size_t bytes)
{
    static uint8_t before[ROOM];
    memcpy(before, learn->head, bytes);
    if ((is_back ? safu_unlearn_one : safu_learn_one)(learn, said, action) != SAFU_OK &&
        memcmp(before, learn->head, bytes) != 0)
        abort();
}

static void live(safu_learn *learn, input *from, size_t bytes)
{
    safu_said said;
    safu_said_begin(&said);
    while (from->left > 0) {
        const uint8_t step = next(from);
        const uint32_t action = (step >> 3) % (MOST_ACTIONS + 1u);
        if (step % 8 == 0)
            hear(from, &said);
        else if (step % 8 == 1)
            safu_said_end(&said);
        else if (step % 8 == 2)
            answer(learn, &said, from);
        else if (step % 8 == 3)
            there_and_back(learn, &said, action, bytes);
        else
            lesson(learn, &said, action, step % 8 == 4, bytes);
    }
}

/* Any bytes as phrases and counts, with sums that are right, or nothing behind them would ever be read. */
static void fill(safu_learn *learn, input *from, size_t bytes)
{
    const safu_learn_head *head = learn->head;
    uint8_t *state = (uint8_t *)learn->head;
    learn->head->phrases = next(from);
    for (size_t at = (size_t)((uint8_t *)learn->phrases - state); at < bytes; at++)
        state[at] = next(from);
    for (uint32_t place = head->phrases; place < room_of(head->capacity); place++)
        memset(learn->phrases + place, 0, sizeof *learn->phrases);
    for (uint32_t action = 0; action < head->actions; action++) {
        for (uint32_t row = 0; row < head->rows; row++)
            learn->totals[action] += learn->counts[row * head->actions + action];
        const uint32_t total = learn->totals[action];
        learn->lessons[action] = total > 0 ? 1 + next(from) * 255u % total : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t memory[ROOM / 4];
    safu_learn learn;
    input from = {data, size};
    const int is_state = next(&from) & 1;
    const uint32_t rows = 1 + next(&from) % 64u, actions = 1 + next(&from) % MOST_ACTIONS, phrases = next(&from) % 8u;
    const size_t bytes = safu_learn_bytes(rows, actions, phrases);
    if (safu_learn_begin(&learn, memory, sizeof memory, rows, actions, phrases, next(&from) % actions) != SAFU_OK)
        abort();
    if (is_state) {
        fill(&learn, &from, bytes);
        if (safu_learn_resume(&learn, memory, sizeof memory) != SAFU_OK)
            return 0;
    }
    live(&learn, &from, bytes);
    if (safu_learn_resume(&learn, memory, bytes) != SAFU_OK)
        abort();
    return 0;
}
