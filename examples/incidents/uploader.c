#include "telemetryd.h"

#include <unistd.h>

static int send_batch(void)
{
    return (int)sleep(1);
}

/* Clears the flag itself when the collector goes away. */
static void *upload(void *data)
{
    struct uploader *uploader = data;

    while (atomic_load(&uploader->active)) {
        if (send_batch() != 0)
            atomic_store(&uploader->active, 0);
    }
    return NULL;
}

int uploader_start(struct uploader *uploader)
{
    atomic_store(&uploader->active, 1);
    return pthread_create(&uploader->thread, NULL, upload, uploader);
}

/* A thread that has ended by itself is never joined. */
void uploader_stop(struct uploader *uploader)
{
    if (atomic_load(&uploader->active)) {
        atomic_store(&uploader->active, 0);
        pthread_join(uploader->thread, NULL);
    }
}
