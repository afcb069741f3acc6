#define _GNU_SOURCE
#include "telemetryd.h"

#include <dlfcn.h>
#include <stdio.h>

static void *(*real_calloc)(size_t, size_t);
static size_t g_allocated;
static pthread_mutex_t g_heap_lock = PTHREAD_MUTEX_INITIALIZER;

/* Holds the tracker's lock and asks for the images' lock; images_reload does it the other way round. */
void tracker_flush(struct tracker *tracker, struct image_list *images)
{
    pthread_mutex_lock(&tracker->lock);
    for (size_t i = 0; i < tracker->count; i++) {
        const char *name = images_name(images, tracker->samples[i]);
        printf("%lx %s\n", tracker->samples[i], name != NULL ? name : "?");
    }
    tracker->count = 0;
    pthread_mutex_unlock(&tracker->lock);
}

void tracker_new_generation(struct tracker *tracker)
{
    pthread_mutex_lock(&tracker->lock);
    tracker->generation++;
    pthread_mutex_unlock(&tracker->lock);
}

/* Correct: gives way instead of waiting, and holds one lock at a time. */
int tracker_try_flush(struct tracker *tracker, struct image_list *images)
{
    unsigned long newest = 0;

    if (pthread_mutex_trylock(&tracker->lock) != 0)
        return 0;
    if (tracker->count > 0)
        newest = tracker->samples[--tracker->count];
    pthread_mutex_unlock(&tracker->lock);
    return newest != 0 && images_name(images, newest) != NULL;
}

/* The program's own calloc counts what it hands out: every allocation takes the heap lock. */
void *calloc(size_t count, size_t size)
{
    void *memory = real_calloc(count, size);

    pthread_mutex_lock(&g_heap_lock);
    g_allocated += count * size;
    pthread_mutex_unlock(&g_heap_lock);
    return memory;
}

/* Holds the heap lock and enters the loader, whose lock dlopen holds while constructors call calloc. */
static void find_allocator(void)
{
    pthread_mutex_lock(&g_heap_lock);
    *(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
    pthread_mutex_unlock(&g_heap_lock);
}

void *plugin_load(const char *path, struct tracker *tracker, struct image_list *images)
{
    void *plugin;

    find_allocator();
    plugin = dlopen(path, RTLD_NOW);
    images_reload(images, tracker);
    return plugin;
}
