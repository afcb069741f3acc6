#include "shipper.h"

#include <stdio.h>

static void *beacon_run(void *host)
{
    printf("alive: %s\n", (const char *)host);
    return NULL;
}

int beacon_send(const char *host)
{
    pthread_t beacon;

    if (pthread_create(&beacon, NULL, beacon_run, (void *)host) != 0)
        return -1;
    return 0;
}
