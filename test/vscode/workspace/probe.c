#include "shipper.h"

#include <stdio.h>

static void *probe_run(void *device)
{
    FILE *file = fopen(device, "r");
    if (file != NULL)
        fclose(file);
    return NULL;
}

int probe_start(const char *device)
{
    pthread_t prober;
    int rc = pthread_create(&prober, NULL, probe_run, (void *)device);
    if (rc != 0) {
        fprintf(stderr, "probe: error %d\n", rc);
        return -1;
    }
    return 0;
}
