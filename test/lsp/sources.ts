/**
 * C programs of the kind that users have, small enough to read.
 */

/** Starts a thread and forgets it. */
export const BEACON = `#include <pthread.h>
#include <stdio.h>

static void *send_beacons(void *arg)
{
    puts((const char *)arg);
    return NULL;
}

int beacon_start(void)
{
    pthread_t beacon;
    if (pthread_create(&beacon, NULL, send_beacons, "beacon") != 0)
        return -1;
    return 0;
}
`;

export const BEACON_DETACHED = BEACON.replace(
  '    return 0;\n',
  '    pthread_detach(beacon);\n    return 0;\n',
);

export const POOL_HEADER = `#ifndef POOL_H
#define POOL_H

#include <pthread.h>

extern pthread_t pool_thread;
int pool_start(void);

#endif
`;

/** Starts a thread that main.c joins. */
export const POOL = `#include "pool.h"
#include <stdio.h>

pthread_t pool_thread;

static void *pool_run(void *arg)
{
    (void)arg;
    puts("pool");
    return NULL;
}

int pool_start(void)
{
    return pthread_create(&pool_thread, NULL, pool_run, NULL);
}
`;

export const MAIN = `#include "pool.h"

int main(void)
{
    if (pool_start() != 0)
        return 1;
    pthread_join(pool_thread, NULL);
    return 0;
}
`;

/** The line of MAIN that keeps POOL free of findings. */
export const JOIN = '    pthread_join(pool_thread, NULL);\n';

/** A program of several files without a finding. */
export const POOL_PROGRAM = { 'src/pool.h': POOL_HEADER, 'src/pool.c': POOL, 'src/main.c': MAIN };

export const LEAK = 'thread-not-joined';
