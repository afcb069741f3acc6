#include "shipper.h"

#include <stdio.h>

static int shutdown_spool(void)
{
    spool_stop();
    pthread_join(spool_thread, NULL);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: shipper host\n");
        return 2;
    }
    if (spool_start() != 0)
        return 1;
    if (beacon_send(argv[1]) != 0)
        perror("beacon");
    if (probe_start("/dev/watchdog") != 0)
        perror("probe");
    stats_add(index_rebuild());
    return shutdown_spool();
}
