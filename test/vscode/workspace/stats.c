#include "shipper.h"

pthread_mutex_t stats_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t shipped;
static size_t indexed;

void stats_add(size_t lines)
{
    pthread_mutex_lock(&stats_lock);
    shipped += lines;
    pthread_mutex_lock(&index_lock);
    indexed = shipped;
    pthread_mutex_unlock(&index_lock);
    pthread_mutex_unlock(&stats_lock);
}

size_t stats_shipped(void)
{
    pthread_mutex_lock(&stats_lock);
    size_t lines = shipped;
    pthread_mutex_unlock(&stats_lock);
    return lines;
}
