#include "telemetryd.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static atomic_bool g_running;
static struct image_list g_images = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct tracker g_tracker = { .lock = PTHREAD_MUTEX_INITIALIZER };
static struct pool g_pool;
static struct uploader g_uploader;

static void on_terminate(int signal_number)
{
    (void)signal_number;
    atomic_store(&g_running, 0);
}

static void *flush_loop(void *unused)
{
    while (atomic_load(&g_running)) {
        tracker_flush(&g_tracker, &g_images);
        tracker_try_flush(&g_tracker, &g_images);
        sleep(1);
    }
    return unused;
}

static void *reload_loop(void *unused)
{
    while (atomic_load(&g_running)) {
        images_reload(&g_images, &g_tracker);
        sleep(10);
    }
    return unused;
}

static void serve_connections(int listener)
{
    int connection;

    while ((connection = accept(listener, NULL, NULL)) >= 0)
        pool_on_connect(connection);
}

int main(int argc, char **argv)
{
    pthread_t flusher, reloader;

    signal(SIGTERM, on_terminate);
    atomic_store(&g_running, 1);
    profile_start("telemetryd");
    if (pool_start(&g_pool) != 0 || uploader_start(&g_uploader) != 0)
        return 1;
    if (pthread_create(&flusher, NULL, flush_loop, NULL) != 0)
        return 1;
    if (pthread_create(&reloader, NULL, reload_loop, NULL) != 0) {
        atomic_store(&g_running, 0);
        pthread_join(flusher, NULL);
        return 1;
    }
    if (argc > 1)
        plugin_load(argv[1], &g_tracker, &g_images);
    pool_serve(16);
    pool_probe("primary", "backup");
    serve_connections(STDIN_FILENO);
    pool_post("started");
    profile_dump_in_child();
    printf("%ld turns, %d images\n", replay_run(4), images_count());

    pthread_join(flusher, NULL);
    pthread_join(reloader, NULL);
    uploader_stop(&g_uploader);
    pool_stop(&g_pool);
    return 0;
}
