/* Keeps a core from resting: it turns on it whenever nothing else wants to run, and ends with whoever started it.
 *
 * On a virtual machine a core that rests is given away, and comes back late and cold: a server that waits for a token
 * every 20 ms then pays more for being woken than for the token. Servers that are in use don't rest.
 *
 *     awake CORE
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    cpu_set_t core;
    struct sched_param none = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: awake CORE\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CPU_ZERO(&core);
    CPU_SET(atoi(argv[1]), &core);
    if (sched_setaffinity(0, sizeof core, &core) || sched_setscheduler(0, SCHED_IDLE, &none)) {
        perror("awake");
        return 1;
    }
    while (getppid() != 1)
        for (int i = 0; i < 100000; i++) {
#if defined(__x86_64__) || defined(__i386__)
            __builtin_ia32_pause();
#elif defined(__aarch64__)
            __asm__ volatile("yield");
#endif
        }
    return 0;
}
