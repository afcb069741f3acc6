#define _GNU_SOURCE
#include "telemetryd.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>

static char *copy_name(const char *name)
{
    size_t length = strlen(name) + 1;
    char *copy = malloc(length);

    return copy != NULL ? memcpy(copy, name, length) : NULL;
}

static void add_image(struct image_list *images, unsigned long base, const char *name)
{
    if (images->count == MAX_IMAGES)
        return;
    images->items[images->count].base = base;
    images->items[images->count].path = copy_name(name);
    images->count++;
}

/* Runs with the loader's lock held, and allocates two calls below. */
static int collect_image(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    add_image(data, info->dlpi_addr, info->dlpi_name);
    return 0;
}

/* Correct: touches only what its caller has set aside. */
static int count_image(struct dl_phdr_info *info, size_t size, void *data)
{
    int *count = data;

    (void)info;
    (void)size;
    ++*count;
    return 0;
}

int images_count(void)
{
    int count = 0;

    dl_iterate_phdr(count_image, &count);
    return count;
}

/* Holds the images' lock and asks for the tracker's. */
void images_reload(struct image_list *images, struct tracker *tracker)
{
    pthread_mutex_lock(&images->lock);
    images->count = 0;
    dl_iterate_phdr(collect_image, images);
    tracker_new_generation(tracker);
    pthread_mutex_unlock(&images->lock);
}

const char *images_name(struct image_list *images, unsigned long address)
{
    const char *name = NULL;

    pthread_mutex_lock(&images->lock);
    for (size_t i = 0; i < images->count; i++) {
        if (images->items[i].base <= address)
            name = images->items[i].path;
    }
    pthread_mutex_unlock(&images->lock);
    return name;
}
