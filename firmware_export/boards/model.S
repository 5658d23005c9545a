/* The image of a model, as it is, in flash: SAFU_MODEL names the file. */
    .section .rodata.safu_model, "a"
    .balign 4
    .globl safu_model, safu_model_end
safu_model:
    .incbin SAFU_MODEL
safu_model_end:
