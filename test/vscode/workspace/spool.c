#include "shipper.h"

#include <stdatomic.h>
#include <unistd.h>

pthread_t spool_thread;
static atomic_int running;

static void *spool_loop(void *unused)
{
    (void)unused;
    while (atomic_load(&running)) {
        stats_add(1);
        usleep(1000);
    }
    return NULL;
}

int spool_start(void)
{
    atomic_store(&running, 1);
    return pthread_create(&spool_thread, NULL, spool_loop, NULL);
}

void spool_stop(void)
{
    atomic_store(&running, 0);
}
