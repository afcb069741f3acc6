#ifndef SHIPPER_H
#define SHIPPER_H

#include <pthread.h>
#include <stddef.h>

/* The spool thread is started by spool.c and joined by main.c. */
extern pthread_t spool_thread;
int spool_start(void);
void spool_stop(void);

/* Counters of the shipped lines; stats_lock is taken before index_lock. */
extern pthread_mutex_t stats_lock;
extern pthread_mutex_t index_lock;
void stats_add(size_t lines);
size_t index_rebuild(void);

int beacon_send(const char *host);
int probe_start(const char *device);

#endif
