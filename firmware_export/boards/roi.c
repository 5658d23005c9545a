/* A plugin of QEMU that counts instructions between two addresses, exactly: every time from `begin` to `end`, one line
 * in `out`. Debian ships no header of plugins, so the few functions are declared here (QEMU 7.2, API version 1). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
typedef void (*when_translated)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*when_executed)(unsigned int, void *);
typedef void (*when_over)(qemu_plugin_id_t, void *);

extern void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, when_translated);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, when_executed, int, void *);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
extern void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, when_over, void *);

int qemu_plugin_version = 1;
static uint64_t executed, begun, begin_at, end_at;
static int inside;
static FILE *out;

static void begins(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    inside = 1;
    begun = executed;
}

static void ends(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (inside)
        fprintf(out, "%llu\n", (unsigned long long)(executed - begun));
    inside = 0;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t at = 0; at < qemu_plugin_tb_n_insns(block); at++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, at);
        const uint64_t address = qemu_plugin_insn_vaddr(instruction);
        if (address == begin_at)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begins, 0, NULL);
        if (address == end_at)
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, ends, 0, NULL);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, 0, &executed, 1);
    }
}

static void finished(qemu_plugin_id_t id, void *data)
{
    (void)id;
    (void)data;
    fclose(out);
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int at = 0; at < argc; at++) {
        if (!strncmp(argv[at], "begin=", 6))
            begin_at = strtoull(argv[at] + 6, NULL, 0);
        else if (!strncmp(argv[at], "end=", 4))
            end_at = strtoull(argv[at] + 4, NULL, 0);
        else if (!strncmp(argv[at], "out=", 4))
            out = fopen(argv[at] + 4, "w");
    }
    if (out == NULL)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, finished, NULL);
    return 0;
}
