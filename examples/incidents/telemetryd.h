/* telemetryd samples a machine and sends what it saw to a collector. */
#ifndef TELEMETRYD_H
#define TELEMETRYD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

enum { MAX_SAMPLES = 256, MAX_IMAGES = 128, MAX_WORKERS = 4 };

/* images.c: the shared libraries that are loaded right now */
struct image {
    unsigned long base;
    char *path;
};

struct image_list {
    pthread_mutex_t lock;
    size_t count;
    struct image items[MAX_IMAGES];
};

/* tracker.c: what was sampled since the last flush */
struct tracker {
    pthread_mutex_t lock;
    size_t count;
    size_t generation;
    unsigned long samples[MAX_SAMPLES];
};

/* pool.c: threads that answer requests */
struct pool {
    pthread_t workers[MAX_WORKERS];
    int count;
    atomic_bool running;
};

/* uploader.c: the thread that sends batches to the collector */
struct uploader {
    pthread_t thread;
    atomic_bool active;
};

void images_reload(struct image_list *images, struct tracker *tracker);
const char *images_name(struct image_list *images, unsigned long address);
int images_count(void);

void tracker_flush(struct tracker *tracker, struct image_list *images);
void tracker_new_generation(struct tracker *tracker);
int tracker_try_flush(struct tracker *tracker, struct image_list *images);
void *plugin_load(const char *path, struct tracker *tracker, struct image_list *images);

int pool_start(struct pool *pool);
void pool_stop(struct pool *pool);
int pool_serve(int requests);
int pool_probe(void *primary, void *backup);
void pool_on_connect(int fd);
int pool_post(void *report);

int uploader_start(struct uploader *uploader);
void uploader_stop(struct uploader *uploader);

void profile_start(const char *base);
void *profile_alloc(size_t bytes);
int profile_dump_in_child(void);
int profile_convert(char *const command[]);

long replay_run(int slots);

#endif
