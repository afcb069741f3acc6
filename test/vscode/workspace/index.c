#include "shipper.h"

size_t stats_shipped(void);

pthread_mutex_t index_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t entries;

size_t index_rebuild(void)
{
    pthread_mutex_lock(&index_lock);
    entries = stats_shipped();
    size_t rebuilt = entries;
    pthread_mutex_unlock(&index_lock);
    return rebuilt;
}
