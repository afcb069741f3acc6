#include "telemetryd.h"

#include <stdio.h>
#include <unistd.h>

static void *answer(void *request)
{
    printf("answered %p\n", request);
    return NULL;
}

static void *poll_forever(void *connection)
{
    for (;;) {
        sleep(1);
        printf("polled %p\n", connection);
    }
    return NULL;
}

static void *work(void *data)
{
    struct pool *pool = data;

    while (atomic_load(&pool->running))
        sleep(1);
    return NULL;
}

/* Every turn forgets the thread of the turn before, and its stack with it. */
int pool_serve(int requests)
{
    pthread_t thread;

    for (int i = 0; i < requests; i++) {
        if (pthread_create(&thread, NULL, answer, NULL) != 0)
            return -1;
    }
    return 0;
}

/* When the second thread cannot be created, nobody joins the first. */
int pool_probe(void *primary, void *backup)
{
    pthread_t first, second;

    if (pthread_create(&first, NULL, answer, primary) != 0)
        return -1;
    if (pthread_create(&second, NULL, answer, backup) != 0)
        return -1;
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    return 0;
}

/* Detached, and still a leak: the routine never returns, and each connection starts another. */
void pool_on_connect(int fd)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, poll_forever, (void *)(long)fd) == 0)
        pthread_detach(thread);
}

/* Correct: created detached. */
int pool_post(void *report)
{
    pthread_t thread;
    pthread_attr_t attributes;
    int result;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    result = pthread_create(&thread, &attributes, answer, report);
    pthread_attr_destroy(&attributes);
    return result;
}

/* Correct: pool_stop joins what pool_start has created. */
int pool_start(struct pool *pool)
{
    atomic_store(&pool->running, 1);
    for (pool->count = 0; pool->count < MAX_WORKERS; pool->count++) {
        if (pthread_create(&pool->workers[pool->count], NULL, work, pool) != 0)
            return -1;
    }
    return 0;
}

void pool_stop(struct pool *pool)
{
    atomic_store(&pool->running, 0);
    while (pool->count > 0)
        pthread_join(pool->workers[--pool->count], NULL);
}
