/* What went right or wrong, and its name, from one list.
 *
 * A function that can fail returns one of these and changes nothing when it does.
 */
#ifndef SAFU_STATUS_H
#define SAFU_STATUS_H

#define SAFU_STATUSES(X) \
    X(SAFU_OK, "ok") \
    X(SAFU_MISALIGNED, "an image or memory does not begin at a multiple of four") \
    X(SAFU_NOT_AN_IMAGE, "this is no image of a model") \
    X(SAFU_OTHER_VERSION, "the image or state is of another version") \
    X(SAFU_TRUNCATED, "the image is longer than what is there") \
    X(SAFU_DAMAGED, "the image is damaged") \
    X(SAFU_OTHER_KIND, "the image is of another kind of model") \
    X(SAFU_BAD_SHAPE, "the image does not hold what it says") \
    X(SAFU_TOO_LITTLE_MEMORY, "the memory given is too small") \
    X(SAFU_LINE_TOO_LONG, "the line is longer than there is room for") \
    X(SAFU_UNKNOWN_REQUEST, "nobody here knows how to do that") \
    X(SAFU_BAD_ARGUMENT, "that is not how it is asked for") \
    X(SAFU_UNKNOWN_ACTION, "there is no action of that name") \
    X(SAFU_NO_ROOM, "no more actions can be named") \
    X(SAFU_NOTHING_TO_UNDO, "there is no lesson that could be taken back") \
    X(SAFU_OUT_OF_RANGE, "there is no action or token of that number") \
    X(SAFU_NOTHING_HEARD, "there are no words to learn from") \
    X(SAFU_TOO_LONG, "the sentence is too long to be learned") \
    X(SAFU_FULL, "a count is as great as it can be") \
    X(SAFU_NEVER_LEARNED, "no such lesson can have been learned") \
    X(SAFU_FLASH_FAILED, "the flash does not hold what was written") \
    X(SAFU_NOTHING_SAVED, "there is nothing in the slots") \
    X(SAFU_TOO_LARGE, "that does not fit into a slot") \
    X(SAFU_NOTHING_SENT, "no model is being sent") \
    X(SAFU_OUT_OF_STEP, "these are not the bytes that come next") \
    X(SAFU_NO_MODEL_BEFORE, "there is no model to return to")

#define SAFU_STATUS_CODE(code, text) code,
typedef enum safu_status { SAFU_STATUSES(SAFU_STATUS_CODE) SAFU_STATUS_COUNT } safu_status;
#undef SAFU_STATUS_CODE

/* "SAFU_DAMAGED"; of a number that is no status "SAFU_UNKNOWN". */
const char *safu_status_name(safu_status status);

/* The same in plain words. */
const char *safu_status_text(safu_status status);

#endif
